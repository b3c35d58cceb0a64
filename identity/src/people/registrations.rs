//! Accounts made: by patients for themselves, of whom nobody learns whether the address is anybody's (ADR 41), and by operators.

use domain::ids::AccountId;
use domain::people::Role;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use tracing::info;

use super::audit_trail::OperatorAct;
use super::claims::{Claims, claims};
use super::contacts::{self, GivenBy};
use super::rows::{self, sql};
use super::sealed_contacts::ContactSealer;
use super::security_events::{AuditActor, AuditTarget, SecurityEvent};
use super::subject_keys::read_or_make;
use super::{Account, NewAccount, NewPatient, NewRole, People, doctors, trail_writer};
use crate::passwords::have_one_header;
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::turns::Place;

/// For how long a registration that is sent again is the same one.
const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How often a password is hashed for one registration: again where another account of another salt came under the address meanwhile.
const TRIES_MAX: u32 = 3;

/// What became of one try to add an account.
enum Added {
    Made(Account),
    /// An account that came under the address meanwhile has this password.
    Fits(AccountId),
    /// One came whose password is hashed otherwise: this one is to be hashed and compared anew.
    Anew(Claims),
}

impl People {
    /// Makes a patient's account.
    ///
    /// # Errors
    /// As [`People::register_at`].
    pub async fn register(&self, patient: NewPatient, now: Timestamp) -> Result<Account, IdentityError> {
        self.register_at(patient, Place::KNOWN, now).await
    }

    /// Makes a patient's account for somebody who waits at this place for the password's hash, whoever else says that address and number are
    /// theirs: neither is proven by it. Where the password is that of an account under the address, whoever registers is no stranger to it:
    /// the same registration sent again within ten minutes is answered with the account that it made, anything else is refused. The work is
    /// that of one password in any case.
    ///
    /// # Errors
    /// [`IdentityRefusal::EmailTaken`], [`IdentityError::Busy`], and faults.
    pub async fn register_at(
        &self,
        patient: NewPatient,
        place: Place,
        now: Timestamp,
    ) -> Result<Account, IdentityError> {
        let mut known = self.claims_of(&patient.email, None).await?;
        for _ in 0..TRIES_MAX {
            let hashing = self
                .inner
                .hasher
                .compute(&patient.password, known.hashes(), place);
            let computed = hashing.await?;
            let fitting = computed.fits.first().and_then(|place| known.at(*place));
            if let Some(claim) = fitting {
                return self.registered_before(claim.account_id, &patient, now).await;
            }
            let made = Making {
                new: patient.clone().into(),
                phc: &computed.phc,
                known: &known,
                by: None,
                given_by: GivenBy::Owner,
            };
            match self.add(made, now).await? {
                Added::Made(account) => return Ok(account),
                Added::Fits(id) => return self.registered_before(id, &patient, now).await,
                Added::Anew(claims) => known = claims,
            }
        }
        Err(IdentityError::Busy)
    }

    /// The account that this very registration made less than ten minutes ago: whoever lost the answer sends it again.
    async fn registered_before(
        &self,
        id: AccountId,
        patient: &NewPatient,
        now: Timestamp,
    ) -> Result<Account, IdentityError> {
        let account = self.account(id).await?;
        let same = account.filter(|account| is_of_the_same_registration(account, patient, now));
        same.ok_or_else(|| IdentityRefusal::EmailTaken.into())
    }

    /// Makes an account of any role, as an operator. Who may ask for which role is the caller's to decide.
    ///
    /// # Errors
    /// [`IdentityRefusal::EmailTaken`] and [`IdentityRefusal::PhoneTaken`] where somebody holds them, [`IdentityRefusal::NoSuchClinic`],
    /// and faults.
    pub async fn create_account(&self, new: NewAccount, now: Timestamp) -> Result<Account, IdentityError> {
        self.create(new, now, None).await
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
        self.create(new, now, Some(actor)).await
    }

    /// What an operator says of whose address and number these are counts as proof.
    async fn create(
        &self,
        new: NewAccount,
        now: Timestamp,
        by: Option<&AuditActor>,
    ) -> Result<Account, IdentityError> {
        let mut known = self.claims_of(&new.email, None).await?;
        for _ in 0..TRIES_MAX {
            let hashing = self
                .inner
                .hasher
                .compute(&new.password, known.hashes(), Place::KNOWN);
            let made = Making {
                new: new.clone(),
                phc: &hashing.await?.phc,
                known: &known,
                by,
                given_by: GivenBy::Operator,
            };
            match self.add(made, now).await? {
                Added::Made(account) => return Ok(account),
                // Whose password is whose, the order of the accounts tells: this one holds the address.
                Added::Fits(_) => known = self.claims_of(&new.email, None).await?,
                Added::Anew(claims) => known = claims,
            }
        }
        Err(IdentityError::Busy)
    }

    async fn add(&self, making: Making<'_>, now: Timestamp) -> Result<Added, IdentityError> {
        let Making {
            new,
            phc,
            known,
            by,
            given_by,
        } = making;
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
            email_vouched: given_by == GivenBy::Operator,
            phone_proven: false,
        };
        let index = self.blind_index().await?;
        let email = self.email_index(&account.email).await?;
        let mut tx = self.pool().begin().await?;
        contacts::lock_email(&mut tx, &email).await?;
        let claims = claims(&mut tx, &email, None).await?;
        let newer = claims.newer_than(known);
        if let Some(fitting) = newer.iter().find(|claim| claim.password_hash == phc) {
            return Ok(Added::Fits(fitting.account_id));
        }
        if newer
            .iter()
            .any(|claim| !have_one_header(&claim.password_hash, phc))
        {
            return Ok(Added::Anew(claims));
        }
        let sealer = ContactSealer {
            account: account.id,
            key: read_or_make(&mut tx, self.master_keys(), account.id).await?,
            index,
        };
        insert_account(&mut tx, &account, (&sealer, given_by), phc).await?;
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
        Ok(Added::Made(account))
    }
}

/// An account about to be added, and whom its password was compared with.
struct Making<'m> {
    new: NewAccount,
    phc: &'m str,
    known: &'m Claims,
    by: Option<&'m AuditActor>,
    given_by: GivenBy,
}

impl From<NewPatient> for NewAccount {
    fn from(patient: NewPatient) -> Self {
        let NewPatient {
            email,
            password,
            first_name,
            last_name,
            phone,
        } = patient;
        Self {
            role: NewRole::Patient,
            email,
            password,
            first_name,
            last_name,
            phone,
        }
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
    contacts: (&ContactSealer<'_>, GivenBy),
    password_hash: &str,
) -> Result<(), IdentityError> {
    sqlx::query("insert into identity.accounts (id, role, created_at) values ($1, $2, $3)")
        .bind(account.id.uuid())
        .bind(account.role.as_str())
        .bind(sql(account.created_at))
        .execute(&mut *tx)
        .await?;
    contacts::insert(&mut *tx, account, contacts).await?;
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
