//! Accounts as admins see them: pages of them, and one with its sessions. Each look is recorded in the statement's own
//! transaction.

use domain::ids::{AccountId, ClinicId, DoctorId, SessionId};
use domain::people::Role;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::personal_fields::PersonalField;
use super::rows::{self, ACCOUNT_COLUMNS, instant, maybe_instant, sql};
use super::security_events::{AuditActor, AuditTarget};
use super::shown::{CONTACTS, Sought};
use super::trail_writer::insert_read;
use super::{Account, DoctorProfile, People, doctors};
use crate::keys::master::MasterKeys;
use crate::refusal::IdentityError;

/// Accounts in one page at most.
const PAGE_MAX: u32 = 200;
/// How many sessions of an account are shown at most, the newest first.
pub const SESSIONS_SHOWN_MAX: i64 = 50;

/// Which accounts; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    pub role: Option<Role>,
    /// Only those whose owners may sign in, or only those whose may not.
    pub active: Option<bool>,
    /// Only doctors an admin answers for, or only doctors none does.
    pub verified: Option<bool>,
    /// Only doctors whose application waits for an admin, or only others.
    pub applied: Option<bool>,
    /// Only doctors of this clinic.
    pub clinic_id: Option<ClinicId>,
    pub id: Option<AccountId>,
    pub sought: Option<Sought>,
}

/// In which order; ids are UUIDv7, so no later change moves an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountOrder {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// An account with how it stands.
#[derive(Clone, Debug)]
pub struct AccountEntry {
    pub account: Account,
    pub deactivated_at: Option<Timestamp>,
    /// A doctor's clinic.
    pub clinic_id: Option<ClinicId>,
    /// The name of a doctor's clinic, or a clinic's own.
    pub clinic: Option<String>,
    /// Since when an admin answers for a doctor.
    pub verified_at: Option<Timestamp>,
    /// Since when a doctor's application waits for an admin.
    pub applied_at: Option<Timestamp>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct AccountPage {
    pub items: Vec<AccountEntry>,
    /// Where the next page starts: pass it as `after`; `None` at the end.
    pub next: Option<AccountId>,
}

/// One account whole.
#[derive(Clone, Debug)]
pub struct AccountDetails {
    pub entry: AccountEntry,
    /// What patients see of a doctor, with what the doctor says of taking visits.
    pub doctor: Option<DoctorProfile>,
    /// At most [`SESSIONS_SHOWN_MAX`], the newest first.
    pub sessions: Vec<SessionEntry>,
}

/// One sign-in, without its secrets.
#[derive(Clone, Debug)]
pub struct SessionEntry {
    pub id: SessionId,
    pub created_at: Timestamp,
    /// Whether it is one of the command line.
    pub on_command_line: bool,
    /// When it was last renewed, or used on the command line; using an access token in between leaves no trace.
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Why it ended: a word such as `logout`, `deactivated` or `ended_by_admin`.
    pub ended_reason: Option<String>,
}

const ENTRIES: &str = "from identity.accounts a \
     join identity.contacts c on c.account_id = a.id \
     join identity.data_keys dk on dk.subject_id = a.id \
     left join identity.doctor_profiles p on p.doctor_id = a.id \
     left join identity.clinics k on k.account_id = coalesce(p.clinic_id, a.id)";

impl People {
    /// The accounts after `after`, at most `limit` (1 to 200) of them, for `reader`, who is staff.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn accounts_for(
        &self,
        reader: &AuditActor,
        filter: &AccountFilter,
        order: AccountOrder,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<AccountPage, IdentityError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let (purpose, condition) = filter.sought.as_ref().map_or(
            ("accounts", "$1::bytea[] is null and $2::bytea[] is null"),
            Sought::condition,
        );
        let index = self.blind_index().await?;
        let (one, other) = filter.sought.as_ref().map(|sought| sought.bound(index)).unzip();
        let (behind, direction) = match order {
            AccountOrder::NewestFirst => ("<", "desc"),
            AccountOrder::OldestFirst => (">", "asc"),
        };
        let query = format!(
            "select {ACCOUNT_COLUMNS}, p.clinic_id, k.name as clinic, p.verified_at, p.applied_at {ENTRIES} \
             where ({condition}) and ($2::bytea[] is null or true) \
             and ($3::text is null or a.role = $3) \
             and ($4::boolean is null or (a.deactivated_at is null) = $4) \
             and ($5::boolean is null or (p.doctor_id is not null and (p.verified_at is not null) = $5)) \
             and ($6::uuid is null or p.clinic_id = $6) \
             and ($7::uuid is null or a.id = $7) \
             and ($8::uuid is null or a.id {behind} $8) \
             and ($9::boolean is null or (p.applied_at is not null) = $9) \
             order by a.id {direction} limit $10"
        );
        let mut tx = self.pool().begin().await?;
        let found = sqlx::query(&query)
            .bind(one)
            .bind(other)
            .bind(filter.role.map(Role::as_str))
            .bind(filter.active)
            .bind(filter.verified)
            .bind(filter.clinic_id.map(ClinicId::uuid))
            .bind(filter.id.map(AccountId::uuid))
            .bind(after.map(AccountId::uuid))
            .bind(filter.applied)
            // One more than asked tells whether there is a next page.
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *tx)
            .await?;
        let mut items: Vec<AccountEntry> = found
            .iter()
            .map(|row| entry(row, self.master_keys()))
            .collect::<Result<_, _>>()?;
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > page;
        items.truncate(page);
        let ids: Vec<Uuid> = items.iter().map(|entry| entry.account.id.uuid()).collect();
        insert_read(&mut tx, reader, (purpose, None), &ids, &CONTACTS).await?;
        tx.commit().await?;
        let next = items.last().filter(|_| more).map(|entry| entry.account.id);
        Ok(AccountPage { items, next })
    }

    /// One account whole, unless there is none or it has been erased, for `reader`, who is staff.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn account_details_for(
        &self,
        reader: &AuditActor,
        id: AccountId,
    ) -> Result<Option<AccountDetails>, IdentityError> {
        let query = format!(
            "select {ACCOUNT_COLUMNS}, p.clinic_id, k.name as clinic, p.verified_at, p.applied_at, \
                    coalesce(p.has_applied, false) as has_applied {ENTRIES} where a.id = $1"
        );
        let mut tx = self.pool().begin().await?;
        let found = sqlx::query(&query)
            .bind(id.uuid())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(found) = found else { return Ok(None) };
        let doctor = doctors::as_said(&mut tx, DoctorId::from_uuid(id.uuid())).await?;
        let sessions = sessions(&mut tx, id, None).await?;
        let about = ("account", Some(AuditTarget::new("account", id)));
        let mut fields = CONTACTS.to_vec();
        if found.try_get("has_applied")? {
            fields.push(PersonalField::Licence);
        }
        insert_read(&mut tx, reader, about, &[id.uuid()], &fields).await?;
        tx.commit().await?;
        Ok(Some(AccountDetails {
            entry: entry(&found, self.master_keys())?,
            doctor,
            sessions,
        }))
    }

    /// How many living sessions the account has; with `only`, whether that one of it lives.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn living_sessions(
        &self,
        id: AccountId,
        only: Option<SessionId>,
        now: Timestamp,
    ) -> Result<u32, IdentityError> {
        let living: i64 = sqlx::query_scalar(
            "select count(*) from identity.sessions \
             where account_id = $1 and revoked_at is null and expires_at > $2 and ($3::uuid is null or id = $3)",
        )
        .bind(id.uuid())
        .bind(sql(now))
        .bind(only.map(SessionId::uuid))
        .fetch_one(self.pool())
        .await?;
        Ok(u32::try_from(living).unwrap_or(u32::MAX))
    }
}

/// At most [`SESSIONS_SHOWN_MAX`], the newest first; those alone that live at `living_at`, or all.
pub(super) async fn sessions(
    connection: &mut PgConnection,
    id: AccountId,
    living_at: Option<Timestamp>,
) -> Result<Vec<SessionEntry>, sqlx::Error> {
    let found = sqlx::query(
        "select s.id, s.created_at, s.expires_at, s.revoked_at, s.revoked_reason, \
                o.session_id is not null as on_command_line, \
                greatest(s.created_at, o.last_used_at, (select max(t.issued_at) from identity.refresh_tokens t \
                                                        where t.session_id = s.id)) as last_used_at \
         from identity.sessions s left join identity.operator_tokens o on o.session_id = s.id \
         where s.account_id = $1 and ($3::timestamptz is null or (s.revoked_at is null and s.expires_at > $3)) \
         order by s.created_at desc, s.id desc limit $2",
    )
    .bind(id.uuid())
    .bind(SESSIONS_SHOWN_MAX)
    .bind(living_at.map(sql))
    .fetch_all(connection)
    .await?;
    found.iter().map(session).collect()
}

fn entry(row: &PgRow, master: &MasterKeys) -> Result<AccountEntry, IdentityError> {
    Ok(AccountEntry {
        account: rows::account(row, master)?,
        deactivated_at: maybe_instant(row, "deactivated_at")?,
        clinic_id: row.try_get::<Option<_>, _>("clinic_id")?.map(ClinicId::from_uuid),
        clinic: row.try_get("clinic")?,
        verified_at: maybe_instant(row, "verified_at")?,
        applied_at: maybe_instant(row, "applied_at")?,
    })
}

fn session(row: &PgRow) -> Result<SessionEntry, sqlx::Error> {
    Ok(SessionEntry {
        id: SessionId::from_uuid(row.try_get("id")?),
        on_command_line: row.try_get("on_command_line")?,
        created_at: instant(row, "created_at")?,
        last_used_at: instant(row, "last_used_at")?,
        expires_at: instant(row, "expires_at")?,
        ended_at: maybe_instant(row, "revoked_at")?,
        ended_reason: row.try_get("revoked_reason")?,
    })
}
