//! What others than its owner change about an account. The new values enter with the fact that names the fields, as a row of
//! the vault, in one commit (`migrations/sql/0046_account_facts.sql`); here it is found out what really changes, and
//! addresses and numbers are kept from everybody else until that commit is there.

use domain::account::events::AccountField;
use domain::ids::{AccountId, ClinicId};
use domain::people::Role;
use serde_json::{Map, Value};
use sqlx::{PgConnection, PgTransaction, Row};
use uuid::Uuid;

use super::rows;
use super::{People, contacts};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::contact::{Email, Phone};
use crate::values::doctor::{ExperienceYears, Language, PriceClass, Specialization, Zone};
use crate::values::name::{ClinicName, PersonName};

/// A field that can be emptied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldChange<T> {
    /// It stays.
    #[default]
    Keep,
    /// It is emptied.
    Empty,
    /// It becomes this.
    Set(T),
}

/// What changes about an account; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    pub email: Option<Email>,
    pub phone: FieldChange<Phone>,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub specialization: Option<Specialization>,
    pub experience_years: Option<ExperienceYears>,
    pub languages: Option<Vec<Language>>,
    pub clinic_id: FieldChange<ClinicId>,
    pub price_class: Option<PriceClass>,
    pub zone: Option<Zone>,
    pub clinic_name: Option<ClinicName>,
}

/// A change about to be recorded; its address and number are kept for the account until this is finished or dropped.
pub struct PreparedEdit {
    pub role: Role,
    /// What really changes, in the order of the contract.
    pub fields: Vec<AccountField>,
    /// What it changes to, for the vault.
    pub values: Map<String, Value>,
    reservation: PgTransaction<'static>,
}

impl PreparedEdit {
    /// Lets others have what was kept, once the change is recorded or refused.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn finish(self) -> Result<(), IdentityError> {
        Ok(self.reservation.commit().await?)
    }
}

impl std::fmt::Debug for PreparedEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedEdit")
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

impl AccountChange {
    /// What it would set, in the order of the contract, as the vault has it.
    pub fn values(&self) -> Vec<(AccountField, Value)> {
        let text = |value: &str| Value::String(value.to_owned());
        let values = [
            (
                AccountField::Email,
                self.email.as_ref().map(|email| text(email.as_str())),
            ),
            (
                AccountField::Phone,
                changed(&self.phone, |phone| text(phone.as_str())),
            ),
            (
                AccountField::FirstName,
                self.first_name.as_ref().map(|name| text(name.as_str())),
            ),
            (
                AccountField::LastName,
                self.last_name.as_ref().map(|name| text(name.as_str())),
            ),
            (
                AccountField::Specialization,
                self.specialization.as_ref().map(|words| text(words.as_str())),
            ),
            (
                AccountField::ExperienceYears,
                self.experience_years.map(|years| years.years().into()),
            ),
            (
                AccountField::Languages,
                self.languages
                    .as_ref()
                    .map(|codes| codes.iter().map(|code| text(code.as_str())).collect()),
            ),
            (
                AccountField::ClinicId,
                changed(&self.clinic_id, |id| text(&id.uuid().to_string())),
            ),
            (
                AccountField::PriceClass,
                self.price_class.map(|class| text(class.as_str())),
            ),
            (
                AccountField::Zone,
                self.zone.as_ref().map(|zone| text(zone.as_str())),
            ),
            (
                AccountField::ClinicName,
                self.clinic_name.as_ref().map(|name| text(name.as_str())),
            ),
        ];
        let set = |(field, value): (AccountField, Option<Value>)| value.map(|value| (field, value));
        values.into_iter().filter_map(set).collect()
    }
}

/// Null where the field is emptied.
fn changed<T>(change: &FieldChange<T>, shown: impl FnOnce(&T) -> Value) -> Option<Value> {
    match change {
        FieldChange::Keep => None,
        FieldChange::Empty => Some(Value::Null),
        FieldChange::Set(value) => Some(shown(value)),
    }
}

impl People {
    /// Finds out what `change` really changes, and keeps its address and number from everybody else meanwhile.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], [`IdentityRefusal::EmailTaken`], [`IdentityRefusal::PhoneTaken`],
    /// [`IdentityRefusal::NoSuchClinic`], and faults.
    pub async fn prepare_edit(
        &self,
        id: AccountId,
        change: &AccountChange,
    ) -> Result<PreparedEdit, IdentityError> {
        let mut tx = self.pool().begin().await?;
        if let Some(email) = &change.email {
            contacts::reserve_email(&mut tx, email, id).await?;
        }
        if let FieldChange::Set(phone) = &change.phone {
            contacts::reserve_phone(&mut tx, phone, id).await?;
        }
        if let FieldChange::Set(clinic) = &change.clinic_id {
            require_clinic(&mut tx, *clinic).await?;
        }
        let (role, current) = current(&mut tx, id).await?;
        let mut fields = Vec::new();
        let mut values = Map::new();
        for (field, value) in change.values() {
            if current.get(field.as_str()) != Some(&value) {
                fields.push(field);
                values.insert(field.as_str().to_owned(), value);
            }
        }
        Ok(PreparedEdit {
            role,
            fields,
            values,
            reservation: tx,
        })
    }
}

async fn require_clinic(tx: &mut PgConnection, clinic: ClinicId) -> Result<(), IdentityError> {
    let known: Option<Uuid> =
        sqlx::query_scalar("select account_id from identity.clinics where account_id = $1")
            .bind(clinic.uuid())
            .fetch_optional(tx)
            .await?;
    known
        .map(drop)
        .ok_or_else(|| IdentityRefusal::NoSuchClinic.into())
}

/// What the account says now, by the names of its fields.
async fn current(tx: &mut PgConnection, id: AccountId) -> Result<(Role, Value), IdentityError> {
    let row = sqlx::query(
        "select a.role, jsonb_build_object( \
                'email', c.email, 'phone', c.phone, 'first_name', c.first_name, 'last_name', c.last_name, \
                'specialization', p.specialization, 'experience_years', p.experience_years, 'languages', p.languages, \
                'clinic_id', p.clinic_id, 'price_class', p.price_class, 'zone', p.zone, 'clinic_name', k.name) as said \
         from identity.accounts a join identity.contacts c on c.account_id = a.id \
         left join identity.doctor_profiles p on p.doctor_id = a.id \
         left join identity.clinics k on k.account_id = a.id \
         where a.id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(tx)
    .await?;
    let row = row.ok_or(IdentityRefusal::NoSuchAccount)?;
    Ok((rows::role(&row)?, row.try_get("said")?))
}
