//! The audit trail beside the log: whose personal data staff read, what they had the machinery do, and what was done on the command
//! line. Facts say for themselves who brought them about and are not told again, but for the command that led to them.

use domain::ids::AccountId;
use jiff::Timestamp;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{PgConnection, QueryBuilder, Row};
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
    /// An account is made.
    CreateAccount,
    /// The second factor of an account is taken away from it.
    ResetSecondFactor,
    /// An endpoint of webhooks is made, changed or taken away.
    CreateWebhookEndpoint,
    EditWebhookEndpoint,
    DeleteWebhookEndpoint,
    /// It gets another secret.
    RotateWebhookSecret,
    /// It is sent a test, one delivery once more, or the log anew.
    TestWebhookEndpoint,
    RetryWebhookDelivery,
    ReplayWebhookEndpoint,
}

impl OperatorAct {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Rebuild,
        Self::Unpark,
        Self::RetryIntent,
        Self::Reconcile,
        Self::Export,
        Self::CreateAccount,
        Self::ResetSecondFactor,
        Self::CreateWebhookEndpoint,
        Self::EditWebhookEndpoint,
        Self::DeleteWebhookEndpoint,
        Self::RotateWebhookSecret,
        Self::TestWebhookEndpoint,
        Self::RetryWebhookDelivery,
        Self::ReplayWebhookEndpoint,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::Unpark => "unpark",
            Self::RetryIntent => "retry_intent",
            Self::Reconcile => "reconcile",
            Self::Export => "export",
            Self::CreateAccount => "create_account",
            Self::ResetSecondFactor => "reset_second_factor",
            Self::CreateWebhookEndpoint => "create_webhook_endpoint",
            Self::EditWebhookEndpoint => "edit_webhook_endpoint",
            Self::DeleteWebhookEndpoint => "delete_webhook_endpoint",
            Self::RotateWebhookSecret => "rotate_webhook_secret",
            Self::TestWebhookEndpoint => "test_webhook_endpoint",
            Self::RetryWebhookDelivery => "retry_webhook_delivery",
            Self::ReplayWebhookEndpoint => "replay_webhook_endpoint",
        }
    }
}

/// Of which kind an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditKind {
    /// Personal data were shown.
    Read,
    /// Something was asked for.
    Act,
}

/// Where an entry is kept. Entries of one instant stand in this order, the last one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditSource {
    /// Among the uses of personal data.
    Reads,
    /// Among what staff had the machinery do over HTTP.
    Acts,
    /// Among what was done on the command line.
    CommandLine,
}

impl AuditSource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reads, Self::Acts, Self::CommandLine];

    /// Of which kind its entries are.
    pub const fn kind(self) -> AuditKind {
        match self {
            Self::Reads => AuditKind::Read,
            Self::Acts | Self::CommandLine => AuditKind::Act,
        }
    }

    /// By which way its entries came about: `http` or `cli`; of a read it is not told.
    pub const fn channel(self) -> Option<&'static str> {
        match self {
            Self::Reads => None,
            Self::Acts => Some("http"),
            Self::CommandLine => Some("cli"),
        }
    }

    /// Its number, for a cursor.
    pub const fn number(self) -> u64 {
        match self {
            Self::Reads => 0,
            Self::Acts => 1,
            Self::CommandLine => 2,
        }
    }

    /// The one of this number.
    pub fn numbered(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.number() == number)
    }
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
    /// Where it is kept.
    pub source: AuditSource,
    /// Its number there.
    pub id: i64,
}

/// One entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Where it stands.
    pub place: AuditPlace,
    /// Who read or asked; nobody's account where a command needed none.
    pub account_id: Option<AccountId>,
    /// As which role somebody on the command line acted: `admin`, or `operator` without an account.
    pub role: Option<String>,
    /// Whom the operating system knew on the command line.
    pub os_user: Option<String>,
    /// What for (`history`, `search_by_phone`), what was asked ([`OperatorAct`]), or the command as it is typed.
    pub what: String,
    /// What an act was about: a read model, an intent, a view, a command's arguments.
    pub target: Option<String>,
    /// Whose data were shown; nobody's where a search found nobody.
    pub subject_ids: Vec<Uuid>,
    /// The trace of an act's request.
    pub trace_id: Option<String>,
    /// How a command ended, and when; nothing of one that was cut short or still runs.
    pub ended: Option<(String, Timestamp)>,
    /// The id of what a command made.
    pub made: Option<String>,
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
    source: AuditSource,
    select: &'static str,
    at: &'static str,
    account: &'static str,
}

const PARTS: [Part; 3] = [
    Part {
        source: AuditSource::Reads,
        select: "select used_at as at, 0 as source, id, reader_id as account_id, null::text as role, null::text as os_user, \
                 purpose as what, null::text as target, subject_ids, null::text as trace_id, null::text as result, \
                 null::timestamptz as ended_at, null::text as made from identity.personal_data_uses where true",
        at: "used_at",
        account: "reader_id",
    },
    Part {
        source: AuditSource::Acts,
        select: "select acted_at as at, 1 as source, id, actor_id as account_id, null::text as role, null::text as os_user, \
                 act as what, target, '{}'::uuid[] as subject_ids, trace_id, null::text as result, \
                 null::timestamptz as ended_at, null::text as made from identity.operator_acts where true",
        at: "acted_at",
        account: "actor_id",
    },
    Part {
        source: AuditSource::CommandLine,
        select: "select acted_at as at, 2 as source, id, actor_id as account_id, actor_role as role, os_user, \
                 command as what, target, '{}'::uuid[] as subject_ids, trace_id, result, ended_at, made \
                 from identity.command_line_acts left join identity.command_line_results on act_id = id where true",
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
        let mut connection = self.pool().acquire().await?;
        Ok(insert_act(&mut connection, actor, act, target, trace_id).await?)
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
            filter.kind.is_none_or(|kind| kind == part.source.kind())
                && (part.source == AuditSource::Reads || filter.subject_id.is_none())
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
            .push(") entries order by at desc, source desc, id desc limit ")
            .push_bind(filter.rows);
        let found = query.build().persistent(false).fetch_all(self.pool()).await?;
        Ok(found.iter().map(entry).collect::<Result<_, _>>()?)
    }
}

/// In the transaction of what is done, where that is one of ours.
pub(super) async fn insert_act(
    connection: &mut PgConnection,
    actor: AccountId,
    act: OperatorAct,
    target: &str,
    trace_id: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into identity.operator_acts (actor_id, act, target, trace_id) values ($1, $2, left($3, 256), left($4, 64))",
    )
    .bind(actor.uuid())
    .bind(act.as_str())
    .bind(target)
    .bind(trace_id)
    .execute(connection)
    .await
    .map(drop)
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
        // Entries of one instant stand by source; so the row comparison differs by it.
        let id = match part.source.cmp(&before.source) {
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
    let number: i32 = row.try_get("source")?;
    let source = u64::try_from(number).ok().and_then(AuditSource::numbered);
    let source = source.ok_or_else(|| sqlx::Error::Decode("no source of the trail".into()))?;
    let result: Option<String> = row.try_get("result")?;
    Ok(AuditEntry {
        place: AuditPlace {
            at: rows::instant(row, "at")?,
            source,
            id: row.try_get("id")?,
        },
        account_id: row
            .try_get::<Option<Uuid>, _>("account_id")?
            .map(AccountId::from_uuid),
        role: row.try_get("role")?,
        os_user: row.try_get("os_user")?,
        what: row.try_get("what")?,
        target: row.try_get("target")?,
        subject_ids: row.try_get("subject_ids")?,
        trace_id: row.try_get("trace_id")?,
        ended: match result {
            Some(result) => Some((result, rows::instant(row, "ended_at")?)),
            None => None,
        },
        made: row.try_get("made")?,
    })
}
