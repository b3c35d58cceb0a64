//! Clinics invite doctors by their id or by their address. Whether there is such an account nobody is told: an invitation is kept in any
//! case, and whoever it is meant for finds it by who they are. That one is accepted is a fact first, which the database carries out.

use std::fmt;

use domain::ids::{AccountId, ClinicId, DoctorId, InvitationId};
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::People;
use super::rows::{instant, maybe_instant, sql, unreadable};
use super::sealed_contacts::ContactField;
use super::subject_keys::SubjectKey;
use crate::keys::master::MasterKeyError;
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::contact::Email;

/// How many invitations of one clinic are open at most, and how many are shown.
pub const INVITATIONS_MAX: i64 = 200;
/// For how long one can be accepted.
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// For how long one that has ended is shown.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

const COLUMNS: &str = "i.id, i.clinic_id, i.doctor_id, i.email_sealed, i.made_at, i.expires_at, i.ended_at, i.outcome, k.name as clinic";
/// Meant for the doctor `$1`: by id, or by the address that they hold now ([`HOLDS_EMAIL`](super::claims::HOLDS_EMAIL)).
const THEIRS: &str = "(i.doctor_id = $1 or i.email_index = (select c.email_index from identity.contacts c \
     where c.account_id = $1 and (c.email_proven_at is not null or c.email_vouched)))";

/// Whom a clinic invites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invitee {
    /// By the doctor's id.
    Doctor(DoctorId),
    /// By the address that the doctor signs in with.
    Email(Email),
}

/// How an invitation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationStatus {
    /// It can be accepted.
    Open,
    /// The doctor is of the clinic since.
    Accepted,
    /// The doctor does not want to be.
    Declined,
    /// The clinic took it back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
}

impl InvitationStatus {
    /// Every status, in the order of the contract.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Accepted,
        Self::Declined,
        Self::Withdrawn,
        Self::Expired,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

/// One invitation.
#[derive(Clone, PartialEq, Eq)]
pub struct ClinicInvitation {
    /// Which.
    pub id: InvitationId,
    /// Who invites.
    pub clinic_id: ClinicId,
    /// What that clinic is called.
    pub clinic: String,
    /// Whom, where the clinic named an id.
    pub doctor_id: Option<DoctorId>,
    /// Whom, where the clinic named an address; told to the clinic alone.
    pub email: Option<Email>,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// How it stands.
    pub status: InvitationStatus,
}

/// Nobody's address is written into a log.
impl fmt::Debug for ClinicInvitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClinicInvitation")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl People {
    /// Invites a doctor to a clinic, or renews the invitation there is. What is answered tells nothing of accounts.
    ///
    /// # Errors
    /// [`IdentityRefusal::TooManyInvitations`], and faults.
    pub async fn invite_doctor(
        &self,
        clinic: ClinicId,
        invitee: &Invitee,
        now: Timestamp,
    ) -> Result<ClinicInvitation, IdentityError> {
        let key = self.subject_key(clinic.into()).await?;
        let id = InvitationId::from_uuid(random::id_at(now));
        let (doctor, index, sealed, conflict) = match invitee {
            Invitee::Doctor(doctor) => (Some(doctor.uuid()), None, None, "doctor_id"),
            Invitee::Email(email) => {
                let index = ContactField::Email.index(self.blind_index().await?, email.as_str());
                let sealed = key.seal(&context(clinic), email.as_str().as_bytes())?;
                (None, Some(index), Some(sealed), "email_index")
            }
        };
        let mut tx = self.pool().begin().await?;
        // One after the other, so that no crowd of them passes the limit.
        let locked =
            sqlx::query("select account_id from identity.clinics where account_id = $1 for no key update");
        locked.bind(clinic.uuid()).fetch_one(&mut *tx).await?;
        sqlx::query(
            "delete from identity.clinic_invitations \
             where clinic_id = $1 and coalesce(ended_at, expires_at) < $2",
        )
        .bind(clinic.uuid())
        .bind(sql(now - KEPT_FOR))
        .execute(&mut *tx)
        .await?;
        let query = format!(
            "with i as ( \
                 insert into identity.clinic_invitations (id, clinic_id, doctor_id, email_index, email_sealed, made_at, expires_at) \
                 values ($1, $2, $3, $4, $5, $6, $7) \
                 on conflict ({conflict}, clinic_id) where ended_at is null and {conflict} is not null \
                     do update set expires_at = excluded.expires_at returning * \
             ) select {COLUMNS} from i join identity.clinics k on k.account_id = i.clinic_id"
        );
        let row = sqlx::query(&query)
            .bind(id.uuid())
            .bind(clinic.uuid())
            .bind(doctor)
            .bind(index)
            .bind(sealed)
            .bind(sql(now))
            .bind(sql(now + OPEN_FOR))
            .fetch_one(&mut *tx)
            .await?;
        let open: i64 = sqlx::query_scalar(
            "select count(*) from identity.clinic_invitations where clinic_id = $1 and ended_at is null",
        )
        .bind(clinic.uuid())
        .fetch_one(&mut *tx)
        .await?;
        if open > INVITATIONS_MAX {
            return Err(IdentityRefusal::TooManyInvitations.into());
        }
        tx.commit().await?;
        invitation(&row, Some(&key), now)
    }

    /// A clinic's invitations, the newest first, at most [`INVITATIONS_MAX`].
    ///
    /// # Errors
    /// Faults of the database, and [`IdentityError::Sealing`].
    pub async fn invitations_by(
        &self,
        clinic: ClinicId,
        now: Timestamp,
    ) -> Result<Vec<ClinicInvitation>, IdentityError> {
        let key = self.subject_key(clinic.into()).await?;
        let query = format!(
            "select {COLUMNS} from identity.clinic_invitations i join identity.clinics k on k.account_id = i.clinic_id \
             where i.clinic_id = $1 order by i.id desc limit $2"
        );
        let found = sqlx::query(&query)
            .bind(clinic.uuid())
            .bind(INVITATIONS_MAX)
            .fetch_all(self.pool())
            .await?;
        found.iter().map(|row| invitation(row, Some(&key), now)).collect()
    }

    /// Takes a clinic's invitation back; one that has ended stays as it ended. None where the clinic has no such.
    ///
    /// # Errors
    /// Faults of the database, and [`IdentityError::Sealing`].
    pub async fn withdraw_invitation(
        &self,
        clinic: ClinicId,
        id: InvitationId,
        now: Timestamp,
    ) -> Result<Option<ClinicInvitation>, IdentityError> {
        let key = self.subject_key(clinic.into()).await?;
        let query = format!(
            "with i as ( \
                 update identity.clinic_invitations set ended_at = coalesce(ended_at, $3), outcome = coalesce(outcome, 'withdrawn') \
                 where id = $2 and clinic_id = $1 returning * \
             ) select {COLUMNS} from i join identity.clinics k on k.account_id = i.clinic_id"
        );
        let row = sqlx::query(&query)
            .bind(clinic.uuid())
            .bind(id.uuid())
            .bind(sql(now))
            .fetch_optional(self.pool())
            .await?;
        row.as_ref()
            .map(|row| invitation(row, Some(&key), now))
            .transpose()
    }

    /// The invitations that a doctor can accept, the newest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn invitations_of(
        &self,
        doctor: AccountId,
        now: Timestamp,
    ) -> Result<Vec<ClinicInvitation>, IdentityError> {
        let query = format!(
            "select {COLUMNS} from identity.clinic_invitations i join identity.clinics k on k.account_id = i.clinic_id \
             where {THEIRS} and i.ended_at is null and i.expires_at > $2 order by i.id desc limit $3"
        );
        let found = sqlx::query(&query)
            .bind(doctor.uuid())
            .bind(sql(now))
            .bind(INVITATIONS_MAX)
            .fetch_all(self.pool())
            .await?;
        found.iter().map(|row| invitation(row, None, now)).collect()
    }

    /// One invitation meant for this doctor, however it stands.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn invitation_of(
        &self,
        doctor: AccountId,
        id: InvitationId,
        now: Timestamp,
    ) -> Result<Option<ClinicInvitation>, IdentityError> {
        let query = format!(
            "select {COLUMNS} from identity.clinic_invitations i join identity.clinics k on k.account_id = i.clinic_id \
             where {THEIRS} and i.id = $2"
        );
        let row = sqlx::query(&query)
            .bind(doctor.uuid())
            .bind(id.uuid())
            .fetch_optional(self.pool())
            .await?;
        row.as_ref().map(|row| invitation(row, None, now)).transpose()
    }

    /// Declines an invitation meant for this doctor; one that has ended stays as it ended. None where there is no such.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn decline_invitation(
        &self,
        doctor: AccountId,
        id: InvitationId,
        now: Timestamp,
    ) -> Result<Option<ClinicInvitation>, IdentityError> {
        let query = format!(
            "with i as ( \
                 update identity.clinic_invitations i set ended_at = coalesce(ended_at, $3), outcome = coalesce(outcome, 'declined') \
                 where i.id = $2 and {THEIRS} returning * \
             ) select {COLUMNS} from i join identity.clinics k on k.account_id = i.clinic_id"
        );
        let row = sqlx::query(&query)
            .bind(doctor.uuid())
            .bind(id.uuid())
            .bind(sql(now))
            .fetch_optional(self.pool())
            .await?;
        row.as_ref().map(|row| invitation(row, None, now)).transpose()
    }

    /// The clinic that a doctor is of now.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn clinic_of(&self, doctor: AccountId) -> Result<Option<ClinicId>, IdentityError> {
        let clinic: Option<Option<_>> =
            sqlx::query_scalar("select clinic_id from identity.doctor_profiles where doctor_id = $1")
                .bind(doctor.uuid())
                .fetch_optional(self.pool())
                .await?;
        Ok(clinic.flatten().map(ClinicId::from_uuid))
    }
}

/// What sealing binds an address to.
fn context(clinic: ClinicId) -> Vec<u8> {
    [b"invitation ".as_slice(), clinic.uuid().as_bytes()].concat()
}

/// The address is opened where there is a key: for the clinic that typed it.
fn invitation(
    row: &PgRow,
    key: Option<&SubjectKey>,
    now: Timestamp,
) -> Result<ClinicInvitation, IdentityError> {
    let clinic_id = ClinicId::from_uuid(row.try_get("clinic_id")?);
    let sealed: Option<Vec<u8>> = row.try_get("email_sealed")?;
    let email = match (key, sealed) {
        (Some(key), Some(sealed)) => {
            let text = key.open(&context(clinic_id), &sealed)?;
            let text = String::from_utf8(text.to_vec()).map_err(|_| MasterKeyError::DoesNotOpen)?;
            Some(Email::stored(text))
        }
        (None, _) | (_, None) => None,
    };
    let expires_at = instant(row, "expires_at")?;
    let status = match row.try_get::<Option<&str>, _>("outcome")? {
        None if maybe_instant(row, "ended_at")?.is_none() && expires_at > now => InvitationStatus::Open,
        None => InvitationStatus::Expired,
        Some("accepted") => InvitationStatus::Accepted,
        Some("declined") => InvitationStatus::Declined,
        Some("withdrawn") => InvitationStatus::Withdrawn,
        Some(_) => return Err(unreadable("outcome").into()),
    };
    Ok(ClinicInvitation {
        id: InvitationId::from_uuid(row.try_get("id")?),
        clinic_id,
        clinic: row.try_get("clinic")?,
        doctor_id: row.try_get::<Option<_>, _>("doctor_id")?.map(DoctorId::from_uuid),
        email,
        made_at: instant(row, "made_at")?,
        expires_at,
        status,
    })
}
