//! Accounts: made, looked up, changed by their owners. What others do to them is a fact first: see `edits` and ADR 23.

use domain::ids::AccountId;
use domain::people::Role;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use tracing::info;

use super::audit_trail::OperatorAct;
use super::rows::{self, ACCOUNT_COLUMNS, sql};
use super::sealed_contacts::{ContactField, ContactSealer};
use super::security_events::{AuditActor, AuditTarget, SecurityEvent};
use super::subject_keys::read_or_make;
use super::{
    Account, NewAccount, NewPatient, NewRole, People, ProfileChange, contacts, doctors, trail_writer,
};
use crate::passwords::Verdict;
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::turns::Place;
use crate::values::contact::Email;

/// For how long a registration that is sent again is the same one.
const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);

impl People {
    /// Makes a patient's account.
    ///
    /// # Errors
    /// [`IdentityRefusal::EmailTaken`], [`IdentityRefusal::PhoneTaken`], and faults.
    pub async fn register(&self, patient: NewPatient, now: Timestamp) -> Result<Account, IdentityError> {
        self.register_at(patient, Place::KNOWN, now).await
    }

    /// The same for somebody who waits at this place for the password's hash.
    ///
    /// # Errors
    /// As [`People::register`].
    pub async fn register_at(
        &self,
        patient: NewPatient,
        place: Place,
        now: Timestamp,
    ) -> Result<Account, IdentityError> {
        let NewPatient {
            email,
            password,
            first_name,
            last_name,
            phone,
        } = patient;
        let new = NewAccount {
            role: NewRole::Patient,
            email,
            password,
            first_name,
            last_name,
            phone,
        };
        self.create(new, place, now, None).await
    }

    /// The account that this very registration made less than ten minutes ago: whoever lost the answer sends it again. None where
    /// anything differs, be it the password or a name; the work is that of one password in any case.
    ///
    /// # Errors
    /// [`IdentityError::Busy`], and faults.
    pub async fn registered_before(
        &self,
        patient: &NewPatient,
        place: Place,
        now: Timestamp,
    ) -> Result<Option<Account>, IdentityError> {
        let found = self.credentials(&patient.email).await?;
        let same = found.filter(|(account, _)| is_of_the_same_registration(account, patient, now));
        let stored_hash = same.as_ref().map(|(_, hash)| hash.clone());
        let verdict = self
            .inner
            .hasher
            .check(&patient.password, stored_hash, place)
            .await?;
        Ok(match verdict {
            Verdict::Right | Verdict::RightButWeak => same.map(|(account, _)| account),
            Verdict::Wrong => None,
        })
    }

    /// Makes an account of any role. Who may ask for which role is the caller's to decide.
    ///
    /// # Errors
    /// [`IdentityRefusal::EmailTaken`], [`IdentityRefusal::PhoneTaken`], [`IdentityRefusal::NoSuchClinic`], and faults.
    pub async fn create_account(&self, new: NewAccount, now: Timestamp) -> Result<Account, IdentityError> {
        self.create(new, Place::KNOWN, now, None).await
    }

    /// The same as an admin's act, which stands in the audit trail with the account's role and id, or nothing is made.
    ///
    /// # Errors
    /// As [`People::create_account`].
    pub async fn create_account_by(
        &self,
        actor: &AuditActor,
        new: NewAccount,
        now: Timestamp,
    ) -> Result<Account, IdentityError> {
        self.create(new, Place::KNOWN, now, Some(actor)).await
    }

    async fn create(
        &self,
        new: NewAccount,
        place: Place,
        now: Timestamp,
        by: Option<&AuditActor>,
    ) -> Result<Account, IdentityError> {
        let password_hash = self.inner.hasher.hash(&new.password, place).await?;
        let account = Account {
            id: AccountId::from_uuid(random::id_at(now)),
            role: new.role.role(),
            email: new.email,
            phone: new.phone,
            first_name: new.first_name,
            last_name: new.last_name,
            active: true,
            created_at: now,
            email_proven: false,
        };
        let index = self.blind_index().await?;
        let mut tx = self.pool.begin().await?;
        let sealer = ContactSealer {
            account: account.id,
            key: read_or_make(&mut tx, self.master_keys(), account.id).await?,
            index,
        };
        insert_account(&mut tx, &account, &sealer, &password_hash).await?;
        insert_role(&mut tx, &account, &new.role, now).await?;
        if let Some(actor) = by {
            let target = AuditTarget {
                kind: format!("{}_account", account.role.as_str()).into(),
                id: account.id.to_string(),
            };
            let act = OperatorAct::CreateAccount.event(actor, SecurityEvent::ActDone, target);
            trail_writer::insert(&mut tx, &act, &[account.id.uuid()], &[]).await?;
        }
        tx.commit().await?;
        info!(account.id = %account.id, account.role = account.role.as_str(), "Account {} created", account.id);
        Ok(account)
    }

    /// The account with this id, if it has not been erased.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, IdentityError> {
        let query = format!(
            "select {ACCOUNT_COLUMNS} from identity.accounts a join identity.contacts c on c.account_id = a.id \
             join identity.data_keys dk on dk.subject_id = a.id where a.id = $1"
        );
        let row = sqlx::query(&query)
            .bind(id.uuid())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| rows::account(&row, self.master_keys())).transpose()
    }

    /// The account that signs in with this address. For the CLI and the demo: an API that told this would enumerate
    /// people.
    pub async fn account_with_email(&self, email: &Email) -> Result<Option<Account>, IdentityError> {
        let query = format!(
            "select {ACCOUNT_COLUMNS} from identity.accounts a join identity.contacts c on c.account_id = a.id \
             join identity.data_keys dk on dk.subject_id = a.id where c.email_index = $1"
        );
        let index = ContactField::Email.index(self.blind_index().await?, email.as_str());
        let row = sqlx::query(&query).bind(index).fetch_optional(&self.pool).await?;
        row.map(|row| rows::account(&row, self.master_keys())).transpose()
    }

    /// Changes what `change` names and answers the account as it is then.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], [`IdentityRefusal::PhoneTaken`], and faults.
    pub async fn update_profile(
        &self,
        id: AccountId,
        change: ProfileChange,
    ) -> Result<Account, IdentityError> {
        let index = self.blind_index().await?;
        let mut tx = self.pool.begin().await?;
        if let Some(phone) = &change.phone {
            contacts::reserve_phone(&mut tx, index, phone, id).await?;
        }
        let sealer = ContactSealer {
            account: id,
            key: read_or_make(&mut tx, self.master_keys(), id).await?,
            index,
        };
        let (first_name, last_name) = (change.first_name.as_ref(), change.last_name.as_ref());
        let phone = change.phone.as_ref().map(|phone| phone.as_str());
        let (phone, phone_index) = sealer.seal_any(ContactField::Phone, phone)?;
        let (first, first_index) =
            sealer.seal_any(ContactField::FirstName, first_name.map(|name| name.as_str()))?;
        let (last, last_index) =
            sealer.seal_any(ContactField::LastName, last_name.map(|name| name.as_str()))?;
        let query = format!(
            "with c as ( \
                 update identity.contacts set \
                     first_name_sealed = coalesce($2, first_name_sealed), first_name_index = coalesce($3, first_name_index), \
                     last_name_sealed = coalesce($4, last_name_sealed), last_name_index = coalesce($5, last_name_index), \
                     phone_sealed = coalesce($6, phone_sealed), phone_index = coalesce($7, phone_index) \
                 where account_id = $1 returning * \
             ), profile as ( \
                 update identity.doctor_profiles set first_name = coalesce($8, first_name), last_name = coalesce($9, last_name) \
                 where doctor_id = $1 \
             ) \
             select {ACCOUNT_COLUMNS} from identity.accounts a join c on c.account_id = a.id \
             join identity.data_keys dk on dk.subject_id = a.id"
        );
        let row = sqlx::query(&query)
            .bind(id.uuid())
            .bind(first)
            .bind(first_index)
            .bind(last)
            .bind(last_index)
            .bind(phone)
            .bind(phone_index)
            .bind(first_name.map(|name| name.as_str()))
            .bind(last_name.map(|name| name.as_str()))
            .fetch_optional(&mut *tx)
            .await?;
        // Of an account that is not there, no key stays either.
        let row = row.ok_or(IdentityRefusal::NoSuchAccount)?;
        tx.commit().await?;
        rows::account(&row, self.master_keys())
    }
}

fn is_of_the_same_registration(account: &Account, patient: &NewPatient, now: Timestamp) -> bool {
    account.role == Role::Patient
        && account.first_name == patient.first_name
        && account.last_name == patient.last_name
        && account.phone == patient.phone
        && now.duration_since(account.created_at) < SAME_WITHIN
}

async fn insert_account(
    tx: &mut PgConnection,
    account: &Account,
    sealer: &ContactSealer<'_>,
    password_hash: &str,
) -> Result<(), IdentityError> {
    sqlx::query("insert into identity.accounts (id, role, created_at) values ($1, $2, $3)")
        .bind(account.id.uuid())
        .bind(account.role.as_str())
        .bind(sql(account.created_at))
        .execute(&mut *tx)
        .await?;
    contacts::insert(&mut *tx, account, sealer).await?;
    sqlx::query(
        "insert into identity.credentials (account_id, password_hash, changed_at) values ($1, $2, $3)",
    )
    .bind(account.id.uuid())
    .bind(password_hash)
    .bind(sql(account.created_at))
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert_role(
    tx: &mut PgConnection,
    account: &Account,
    role: &NewRole,
    now: Timestamp,
) -> Result<(), IdentityError> {
    match role {
        NewRole::Patient | NewRole::Admin | NewRole::Analyst => {}
        NewRole::Clinic(name) => {
            sqlx::query("insert into identity.clinics (account_id, name) values ($1, $2)")
                .bind(account.id.uuid())
                .bind(name.as_str())
                .execute(tx)
                .await?;
        }
        NewRole::Doctor(details) => {
            const INSERT: &str = "insert into identity.doctor_profiles \
                (doctor_id, specialization, experience_years, languages, clinic_id, price_class, zone, accepts, verified_at, \
                 first_name, last_name) \
                values ($1, $2, $3, $4, $5, $6, $7, $8, case when $9 then $10::timestamptz end, $11, $12)";
            let profile = doctors::profile(INSERT, account.id.uuid(), details);
            let profile = profile.bind(details.verified).bind(sql(now));
            let (first_name, last_name) = (account.first_name.as_str(), account.last_name.as_str());
            profile
                .bind(first_name)
                .bind(last_name)
                .execute(tx)
                .await
                .map_err(rows::refused)?;
        }
    }
    Ok(())
}
