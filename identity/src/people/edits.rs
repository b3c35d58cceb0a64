//! What changes about an account, by others or, of a public profile, by its owner. The new values enter with the fact that names the fields, as a row of
//! the vault, in one commit (`migrations/sql/0096_personal_data_sealed.sql`); here it is found out what really changes, and
//! addresses and numbers are kept from everybody else until that commit is there.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::account::events::AccountField;
use domain::ids::{AccountId, ClinicId, PrivateId};
use domain::people::{PrivateRef, Role};
use serde_json::{Map, Value};
use sqlx::types::Json;
use sqlx::{PgConnection, PgTransaction, Row};
use uuid::Uuid;

use super::rows;
use super::rows::ACCOUNT_COLUMNS;
use super::sealed_contacts::{ContactField, ContactSealer};
use super::subject_keys::read_or_make;
use super::vault::{self, Sealed};
use super::{People, contacts, profiles};
use crate::keys::master::MasterKeys;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::contact::{Email, Phone};
use crate::values::doctor::{ExperienceYears, Language, PriceClass, Specialization, Zone};
use crate::values::name::{ClinicName, PersonName};
use crate::values::profile::{About, BasePoint, ClinicAddress, TravelKm};

/// The vault's word for new values of an account: what the database carries out.
const ACCOUNT_EDIT: &str = "account_edit";

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
    pub about: FieldChange<About>,
    pub base_point: FieldChange<BasePoint>,
    pub travel_km: FieldChange<TravelKm>,
    pub address: FieldChange<ClinicAddress>,
    pub public_phone: FieldChange<Phone>,
}

/// A change about to be recorded; its address and number are kept for the account until this is finished or dropped.
pub struct PreparedEdit {
    pub role: Role,
    /// What really changes, in the order of the contract.
    pub fields: Vec<AccountField>,
    /// What it changes to, for the vault.
    pub values: Map<String, Value>,
    account: AccountId,
    /// What the database carries out: contacts sealed as they are to stand, and what is public.
    carried_out: Map<String, Value>,
    reservation: PgTransaction<'static>,
}

impl PreparedEdit {
    /// The new values as a row of the vault, with what the database carries out when it is written.
    ///
    /// # Errors
    /// [`IdentityError::Sealing`], and faults of the database.
    pub async fn sealed(
        &self,
        people: &People,
        id: PrivateId,
    ) -> Result<(Sealed, PrivateRef), IdentityError> {
        let values = Value::Object(self.values.clone());
        let (mut row, reference) = vault::seal(people, ACCOUNT_EDIT, self.account, values, id).await?;
        row.carry_out(&self.carried_out);
        Ok((row, reference))
    }

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
        let values = values.into_iter().chain(self.profile_values());
        let set = |(field, value): (AccountField, Option<Value>)| value.map(|value| (field, value));
        values.filter_map(set).collect()
    }

    /// The same of what doctors and clinics say of themselves.
    fn profile_values(&self) -> [(AccountField, Option<Value>); 5] {
        let text = |value: &str| Value::String(value.to_owned());
        [
            (
                AccountField::About,
                changed(&self.about, |about| text(about.as_str())),
            ),
            (
                AccountField::BasePoint,
                changed(&self.base_point, |point| text(&point.degrees())),
            ),
            (
                AccountField::TravelKm,
                changed(&self.travel_km, |km| km.km().into()),
            ),
            (
                AccountField::Address,
                changed(&self.address, |address| text(address.as_str())),
            ),
            (
                AccountField::PublicPhone,
                changed(&self.public_phone, |phone| text(phone.as_str())),
            ),
        ]
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
        let index = self.blind_index().await?;
        let mut tx = self.pool().begin().await?;
        if let Some(email) = &change.email {
            contacts::reserve_email(&mut tx, index, email, id).await?;
        }
        if let FieldChange::Set(phone) = &change.phone {
            contacts::reserve_phone(&mut tx, index, phone, id).await?;
        }
        if let FieldChange::Set(clinic) = &change.clinic_id {
            require_clinic(&mut tx, *clinic).await?;
        }
        let (role, current) = current(&mut tx, self.master_keys(), id).await?;
        let sealer = ContactSealer {
            account: id,
            key: read_or_make(&mut tx, self.master_keys(), id).await?,
            index,
        };
        let mut fields = Vec::new();
        let mut values = Map::new();
        let mut carried_out = Map::new();
        for (field, value) in change.values() {
            if current.get(field.as_str()) != Some(&value) {
                fields.push(field);
                carry_out(&mut carried_out, &sealer, role, field, &value)?;
                values.insert(field.as_str().to_owned(), value);
            }
        }
        Ok(PreparedEdit {
            role,
            fields,
            values,
            account: id,
            carried_out,
            reservation: tx,
        })
    }
}

/// What the database is to set for this field. A doctor's name is public and stands in the profile as well.
fn carry_out(
    carried_out: &mut Map<String, Value>,
    sealer: &ContactSealer<'_>,
    role: Role,
    field: AccountField,
    value: &Value,
) -> Result<(), IdentityError> {
    let contact = match field {
        AccountField::Email => Some(ContactField::Email),
        AccountField::Phone => Some(ContactField::Phone),
        AccountField::FirstName => Some(ContactField::FirstName),
        AccountField::LastName => Some(ContactField::LastName),
        AccountField::Specialization
        | AccountField::ExperienceYears
        | AccountField::Languages
        | AccountField::ClinicId
        | AccountField::PriceClass
        | AccountField::Zone
        | AccountField::ClinicName
        | AccountField::About
        | AccountField::BasePoint
        | AccountField::TravelKm
        | AccountField::Address
        | AccountField::PublicPhone => None,
    };
    if let Some(contact) = contact {
        let (sealed, index) = sealer.seal_any(contact, value.as_str())?;
        let text = |bytes: Option<Vec<u8>>| bytes.map_or(Value::Null, |bytes| STANDARD.encode(bytes).into());
        carried_out.insert(format!("{}_sealed", contact.as_str()), text(sealed));
        carried_out.insert(format!("{}_index", contact.as_str()), text(index));
    }
    let is_name = matches!(field, AccountField::FirstName | AccountField::LastName);
    if contact.is_none() || (is_name && role == Role::Doctor) {
        carried_out.insert(field.as_str().to_owned(), value.clone());
    }
    Ok(())
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
async fn current(
    tx: &mut PgConnection,
    master: &MasterKeys,
    id: AccountId,
) -> Result<(Role, Map<String, Value>), IdentityError> {
    let query = format!(
        "select {ACCOUNT_COLUMNS}, jsonb_build_object( \
                'specialization', p.specialization, 'experience_years', p.experience_years, 'languages', p.languages, \
                'clinic_id', p.clinic_id, 'price_class', p.price_class, 'zone', p.zone, 'clinic_name', k.name, \
                'about', coalesce(p.about, k.about), 'travel_km', p.travel_km, 'address', k.address, \
                'public_phone', k.public_phone) as said, \
                coalesce(p.latitude, k.latitude) as latitude, coalesce(p.longitude, k.longitude) as longitude \
         from identity.accounts a join identity.contacts c on c.account_id = a.id \
         join identity.data_keys dk on dk.subject_id = a.id \
         left join identity.doctor_profiles p on p.doctor_id = a.id \
         left join identity.clinics k on k.account_id = a.id \
         where a.id = $1"
    );
    let row = sqlx::query(&query).bind(id.uuid()).fetch_optional(tx).await?;
    let row = row.ok_or(IdentityRefusal::NoSuchAccount)?;
    let account = rows::account(&row, master)?;
    let Json(mut said): Json<Map<String, Value>> = row.try_get("said")?;
    let phone = account.phone.as_ref().map(|phone| phone.as_str());
    let point = profiles::base_point(&row)?.map(BasePoint::degrees);
    said.insert(AccountField::BasePoint.as_str().to_owned(), point.into());
    for (field, value) in [
        (AccountField::Email, Some(account.email.as_str())),
        (AccountField::Phone, phone),
        (AccountField::FirstName, Some(account.first_name.as_str())),
        (AccountField::LastName, Some(account.last_name.as_str())),
    ] {
        said.insert(field.as_str().to_owned(), value.into());
    }
    Ok((account.role, said))
}
