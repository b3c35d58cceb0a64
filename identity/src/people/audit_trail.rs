//! The audit trail beside the log: whose personal data staff read, and what they had the machinery do. Facts say for themselves who
//! brought them about and are not told again.

use domain::ids::AccountId;
use jiff::Timestamp;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{QueryBuilder, Row};
use uuid::Uuid;

use super::{People, rows, shown};
use crate::refusal::IdentityError;

/// What staff may have the machinery do where no fact says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorAct {
    /// A read model is built anew.
    Rebuild,
    /// What is parked in a read model is tried again.
    Unpark,
    /// An intent is tried again.
    RetryIntent,
    /// Our books are compared with the providers'.
    Reconcile,
    /// A view or the log leaves as a file.
    Export,
}

impl OperatorAct {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Rebuild,
        Self::Unpark,
        Self::RetryIntent,
        Self::Reconcile,
        Self::Export,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::Unpark => "unpark",
            Self::RetryIntent => "retry_intent",
            Self::Reconcile => "reconcile",
            Self::Export => "export",
        }
    }
}

/// Of which kind an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditKind {
    /// Personal data were shown.
    Read,
    /// The machinery was asked for something.
    Act,
}

impl AuditKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Read, Self::Act];

    /// `read` or `act`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Act => "act",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Where in the trail an entry stands; the latest entry has the greatest place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPlace {
    /// When it was recorded.
    pub at: Timestamp,
    /// Of which kind it is.
    pub kind: AuditKind,
    /// Its number among those of its kind.
    pub id: i64,
}

/// One entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Where it stands.
    pub place: AuditPlace,
    /// Who read or asked.
    pub account_id: AccountId,
    /// What for (`history`, `search_by_phone`), or what was asked ([`OperatorAct`]).
    pub what: String,
    /// What an act was about: a read model, an intent, a view.
    pub target: Option<String>,
    /// Whose data were shown; nobody's where a search found nobody.
    pub subject_ids: Vec<Uuid>,
    /// The trace of an act's request.
    pub trace_id: Option<String>,
}

/// Which entries.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter {
    /// Only of this kind.
    pub kind: Option<AuditKind>,
    /// Only of this account's.
    pub account_id: Option<AccountId>,
    /// Only reads of this person's data.
    pub subject_id: Option<Uuid>,
    /// Only from this instant on.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub to: Option<Timestamp>,
    /// Only what stands before this place: where the page before ended.
    pub before: Option<AuditPlace>,
    /// How many entries at most.
    pub rows: i64,
}

/// A table of the trail: its columns in one order, and the names of those that are asked about.
struct Part {
    kind: AuditKind,
    select: &'static str,
    at: &'static str,
    account: &'static str,
}

const PARTS: [Part; 2] = [
    Part {
        kind: AuditKind::Read,
        select: "select used_at as at, 0 as kind, id, reader_id as account_id, purpose as what, null::text as target, \
                 subject_ids, null::text as trace_id from identity.personal_data_uses where true",
        at: "used_at",
        account: "reader_id",
    },
    Part {
        kind: AuditKind::Act,
        select: "select acted_at as at, 1 as kind, id, actor_id as account_id, act as what, target, \
                 '{}'::uuid[] as subject_ids, trace_id from identity.operator_acts where true",
        at: "acted_at",
        account: "actor_id",
    },
];

impl People {
    /// Records what `actor` asks for, before it is done: it stands even when nothing comes of it.
    ///
    /// # Errors
    /// Faults of the database; nothing may be done then.
    pub async fn record_act(
        &self,
        actor: AccountId,
        act: OperatorAct,
        target: &str,
        trace_id: &str,
    ) -> Result<(), IdentityError> {
        sqlx::query(
            "insert into identity.operator_acts (actor_id, act, target, trace_id) values ($1, $2, left($3, 256), left($4, 64))",
        )
        .bind(actor.uuid())
        .bind(act.as_str())
        .bind(target)
        .bind(trace_id)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Records that `reader`, who is staff, is about to be shown `subject`'s data, and what for.
    ///
    /// # Errors
    /// Faults of the database; nothing may be shown then.
    pub async fn record_read(
        &self,
        reader: AccountId,
        purpose: &str,
        subject: AccountId,
    ) -> Result<(), IdentityError> {
        let mut connection = self.pool().acquire().await?;
        shown::record(&mut connection, reader, purpose, &[subject.uuid()]).await?;
        Ok(())
    }

    /// Entries of the trail, the latest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn audit_trail(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, IdentityError> {
        let wanted = PARTS.iter().filter(|part| {
            filter.kind.is_none_or(|kind| kind == part.kind)
                && (part.kind == AuditKind::Read || filter.subject_id.is_none())
        });
        let wanted: Vec<&Part> = wanted.collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new("select * from (");
        for (number, part) in wanted.into_iter().enumerate() {
            query.push(if number == 0 { "(" } else { " union all (" });
            push_part(&mut query, part, filter);
            query.push(")");
        }
        query
            .push(") entries order by at desc, kind desc, id desc limit ")
            .push_bind(filter.rows);
        let found = query.build().persistent(false).fetch_all(self.pool()).await?;
        Ok(found.iter().map(entry).collect::<Result<_, _>>()?)
    }
}

/// Each table by itself from its index, and only so many rows: how many there are in all does not matter.
fn push_part(query: &mut QueryBuilder<'_, Postgres>, part: &Part, filter: &AuditFilter) {
    query.push(part.select);
    if let Some(account) = filter.account_id {
        query
            .push(format!(" and {} = ", part.account))
            .push_bind(account.uuid());
    }
    if let Some(subject) = filter.subject_id {
        query
            .push(" and subject_ids @> array[")
            .push_bind(subject)
            .push("]");
    }
    if let Some(from) = filter.from {
        query
            .push(format!(" and {} >= ", part.at))
            .push_bind(rows::sql(from));
    }
    if let Some(to) = filter.to {
        query
            .push(format!(" and {} < ", part.at))
            .push_bind(rows::sql(to));
    }
    if let Some(before) = filter.before {
        // At the same instant acts stand after reads; so the row comparison differs by kind.
        let id = match part.kind.cmp(&before.kind) {
            std::cmp::Ordering::Less => i64::MAX,
            std::cmp::Ordering::Equal => before.id,
            std::cmp::Ordering::Greater => 0,
        };
        query.push(format!(" and ({}, id) < (", part.at));
        query
            .push_bind(rows::sql(before.at))
            .push(", ")
            .push_bind(id)
            .push(")");
    }
    query
        .push(format!(" order by {} desc, id desc limit ", part.at))
        .push_bind(filter.rows);
}

fn entry(row: &PgRow) -> Result<AuditEntry, sqlx::Error> {
    let kind: i32 = row.try_get("kind")?;
    Ok(AuditEntry {
        place: AuditPlace {
            at: rows::instant(row, "at")?,
            kind: if kind == 0 {
                AuditKind::Read
            } else {
                AuditKind::Act
            },
            id: row.try_get("id")?,
        },
        account_id: AccountId::from_uuid(row.try_get("account_id")?),
        what: row.try_get("what")?,
        target: row.try_get("target")?,
        subject_ids: row.try_get("subject_ids")?,
        trace_id: row.try_get("trace_id")?,
    })
}
