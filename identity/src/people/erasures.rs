//! Erasing a person: asked for, taken back until it is due, carried out in one transaction, and the act of it kept.

use domain::ids::AccountId;
use domain::people::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::rows::{self, instant, maybe_instant, sql, unreadable};
use super::security_events::{AuditActor, AuditTarget, EventOrigin, NewSecurityEvent, SecurityEvent};
use super::{People, trail_writer};
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};

pub(super) const COLUMNS: &str = "id, subject_id, subject_role, state, requested_at, requested_by, reason, due_at, withdrawn_at, holds, \
     tried_at, erased_at, rewritten_at, act";

/// How far an erasure has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureState {
    /// It can be taken back until it is due, and longer where something stands against it.
    Waiting,
    /// It was taken back.
    Withdrawn,
    /// It is being carried out: the account is off for good.
    Erasing,
    /// Done.
    Erased,
}

impl ErasureState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Withdrawn, Self::Erasing, Self::Erased];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Withdrawn => "withdrawn",
            Self::Erasing => "erasing",
            Self::Erased => "erased",
        }
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Why somebody is erased, as the act tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureReason {
    /// The person asked for it themselves, signed in.
    OwnRequest,
    /// The person asked for it in writing.
    WrittenRequest,
    /// Consent was withdrawn, and nothing else allows to keep the data.
    ConsentWithdrawn,
    /// What the data were kept for is over.
    PurposeReached,
    /// The data ought not to have been kept.
    Unlawful,
}

impl ErasureReason {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::OwnRequest,
        Self::WrittenRequest,
        Self::ConsentWithdrawn,
        Self::PurposeReached,
        Self::Unlawful,
    ];
    /// Those of an admin.
    pub const BY_ADMIN: [Self; 4] = [
        Self::WrittenRequest,
        Self::ConsentWithdrawn,
        Self::PurposeReached,
        Self::Unlawful,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnRequest => "own_request",
            Self::WrittenRequest => "written_request",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::PurposeReached => "purpose_reached",
            Self::Unlawful => "unlawful",
        }
    }

    /// The reason of this word that an admin may give.
    pub fn parse_of_admin(word: &str) -> Option<Self> {
        Self::BY_ADMIN.into_iter().find(|reason| reason.as_str() == word)
    }

    fn stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// An erasure as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Erasure {
    pub id: Uuid,
    /// Whose data.
    pub subject: AccountId,
    pub subject_role: Role,
    pub state: ErasureState,
    pub requested_at: Timestamp,
    /// The person, or an admin on their behalf.
    pub requested_by: AccountId,
    pub reason: ErasureReason,
    /// Until then it can be taken back for certain.
    pub due_at: Timestamp,
    pub withdrawn_at: Option<Timestamp>,
    /// What stood against it when it was last tried.
    pub holds: Vec<String>,
    pub tried_at: Option<Timestamp>,
    pub erased_at: Option<Timestamp>,
    /// When no page of the database held the destroyed key any more.
    pub rewritten_at: Option<Timestamp>,
    /// The act of destruction.
    pub act: Option<Value>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NewErasure {
    /// Whose data.
    pub subject: AccountId,
    pub reason: ErasureReason,
    /// How long it can be taken back.
    pub cooling_off: SignedDuration,
}

/// A place in the list of erasures, the latest first.
pub type ErasurePlace = (Timestamp, Uuid);

impl People {
    /// Asks for somebody's erasure; where one is under way, that one is answered and nothing is added.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], and faults of the database.
    pub async fn request_erasure(
        &self,
        asked: NewErasure,
        by: &AuditActor,
        now: Timestamp,
    ) -> Result<Erasure, IdentityError> {
        let subject = asked.subject;
        let mut tx = self.pool().begin().await?;
        let role = sqlx::query(
            "select a.role from identity.accounts a join identity.contacts c on c.account_id = a.id where a.id = $1",
        )
        .bind(subject.uuid())
        .fetch_optional(&mut *tx)
        .await?;
        let role = role.ok_or(IdentityRefusal::NoSuchAccount)?;
        let due = now.checked_add(asked.cooling_off).unwrap_or(Timestamp::MAX);
        let made = sqlx::query(&format!(
            "insert into identity.erasures (id, subject_id, subject_role, requested_at, requested_by, reason, due_at) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning {COLUMNS}"
        ))
        .bind(random::id_at(now))
        .bind(subject.uuid())
        .bind(rows::role(&role)?.as_str())
        .bind(sql(now))
        .bind(by.account_id.uuid())
        .bind(asked.reason.as_str())
        .bind(sql(due))
        .fetch_optional(&mut *tx)
        .await?;
        let Some(made) = made else {
            drop(tx);
            return self
                .erasure_of(subject)
                .await?
                .ok_or_else(|| sqlx::Error::RowNotFound.into());
        };
        let erasure = read(&made)?;
        let event = told(SecurityEvent::ErasureRequested, by.origin.clone(), &erasure);
        let event = event.by(Some((by.account_id, by.role)));
        trail_writer::insert(&mut tx, &event, &[subject.uuid()], &[]).await?;
        tx.commit().await?;
        Ok(erasure)
    }

    /// Takes an erasure back that waits; answers how the latest one stands, if there ever was one.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn withdraw_erasure(
        &self,
        by: &AuditActor,
        now: Timestamp,
    ) -> Result<Option<Erasure>, IdentityError> {
        let subject = by.account_id;
        let mut tx = self.pool().begin().await?;
        let withdrawn = sqlx::query(&format!(
            "update identity.erasures set state = 'withdrawn', withdrawn_at = $2 \
             where subject_id = $1 and state = 'waiting' returning {COLUMNS}"
        ))
        .bind(subject.uuid())
        .bind(sql(now))
        .fetch_optional(&mut *tx)
        .await?;
        let Some(withdrawn) = withdrawn else {
            drop(tx);
            return self.erasure_of(subject).await;
        };
        let erasure = read(&withdrawn)?;
        let event = told(SecurityEvent::ErasureWithdrawn, by.origin.clone(), &erasure);
        let event = event.by(Some((by.account_id, by.role)));
        trail_writer::insert(&mut tx, &event, &[subject.uuid()], &[]).await?;
        tx.commit().await?;
        Ok(Some(erasure))
    }

    /// The latest erasure of this person.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn erasure_of(&self, subject: AccountId) -> Result<Option<Erasure>, IdentityError> {
        let found = sqlx::query(&format!(
            "select {COLUMNS} from identity.erasures where subject_id = $1 order by requested_at desc, id desc limit 1"
        ))
        .bind(subject.uuid())
        .fetch_optional(self.pool())
        .await?;
        Ok(found.as_ref().map(read).transpose()?)
    }

    /// The erasure with this id.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn erasure(&self, id: Uuid) -> Result<Option<Erasure>, IdentityError> {
        let found = sqlx::query(&format!("select {COLUMNS} from identity.erasures where id = $1"))
            .bind(id)
            .fetch_optional(self.pool())
            .await?;
        Ok(found.as_ref().map(read).transpose()?)
    }

    /// Erasures, the latest first, behind `before`; only those in this state where one is named.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn erasures(
        &self,
        state: Option<ErasureState>,
        before: Option<ErasurePlace>,
        limit: i64,
    ) -> Result<Vec<Erasure>, IdentityError> {
        let (at, id) = before.unzip();
        let found = sqlx::query(&format!(
            "select {COLUMNS} from identity.erasures \
             where ($1::text is null or state = $1) and ($2::timestamptz is null or (requested_at, id) < ($2, $3)) \
             order by requested_at desc, id desc limit $4"
        ))
        .bind(state.map(ErasureState::as_str))
        .bind(at.map(sql))
        .bind(id)
        .bind(limit)
        .fetch_all(self.pool())
        .await?;
        Ok(found.iter().map(read).collect::<Result<_, _>>()?)
    }
}

pub(super) fn told(event: SecurityEvent, origin: EventOrigin, erasure: &Erasure) -> NewSecurityEvent {
    let event = NewSecurityEvent {
        purpose: Some(erasure.reason.as_str().into()),
        ..NewSecurityEvent::new(event, origin)
    };
    event
        .about(Some(erasure.subject))
        .on(Some(AuditTarget::new("erasure", erasure.id)))
}

pub(super) fn read(row: &PgRow) -> Result<Erasure, sqlx::Error> {
    let subject_role = Role::parse(row.try_get("subject_role")?);
    Ok(Erasure {
        id: row.try_get("id")?,
        subject: AccountId::from_uuid(row.try_get("subject_id")?),
        subject_role: subject_role.ok_or_else(|| unreadable("subject_role"))?,
        state: ErasureState::parse(row.try_get("state")?).ok_or_else(|| unreadable("state"))?,
        requested_at: instant(row, "requested_at")?,
        requested_by: AccountId::from_uuid(row.try_get("requested_by")?),
        reason: ErasureReason::stored(row.try_get("reason")?).ok_or_else(|| unreadable("reason"))?,
        due_at: instant(row, "due_at")?,
        withdrawn_at: maybe_instant(row, "withdrawn_at")?,
        holds: row.try_get("holds")?,
        tried_at: maybe_instant(row, "tried_at")?,
        erased_at: maybe_instant(row, "erased_at")?,
        rewritten_at: maybe_instant(row, "rewritten_at")?,
        act: row.try_get("act")?,
    })
}
