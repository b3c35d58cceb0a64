//! Entries of the audit trail, found by whatever somebody knows of them: each table by itself from its own index, and only so many rows.

use domain::ids::{AccountId, AppId};
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{QueryBuilder, Row};
use uuid::Uuid;

use super::audit_trail::{AuditEntry, AuditFilter, AuditKind, AuditPlace, AuditSource};
use super::{People, rows};
use crate::refusal::IdentityError;

/// A table of the trail: its columns in one order, and the names of those that are asked about; what a table has no column for, none of its
/// entries has.
struct Part {
    source: AuditSource,
    /// Of which kind all its entries are; of several where there is a column.
    kind: Result<&'static str, AuditKind>,
    select: &'static str,
    at: &'static str,
    account: &'static str,
    subjects: Option<&'static str>,
    target: Option<&'static str>,
    result: Option<&'static str>,
    address: Option<&'static str>,
    trace: Option<&'static str>,
}

const PARTS: [Part; 4] = [
    Part {
        source: AuditSource::Reads,
        kind: Err(AuditKind::Read),
        select: "select used_at as at, 0 as source, id, 'read' as kind, reader_id as account_id, 'admin' as role, \
                 null::uuid as app_id, null::text as os_user, null::text as operation, purpose as what, null::text as target_type, \
                 null::text as target, subject_ids, '{}'::text[] as fields, null::bytea as address_hash, \
                 null::bytea as typed_hash, null::text as trace_id, null::text as result, null::timestamptz as ended_at, \
                 null::text as made from identity.personal_data_uses where true",
        at: "used_at",
        account: "reader_id",
        subjects: Some("subject_ids"),
        target: None,
        result: None,
        address: None,
        trace: None,
    },
    Part {
        source: AuditSource::Acts,
        kind: Err(AuditKind::Act),
        select: "select acted_at as at, 1 as source, id, 'act' as kind, actor_id as account_id, null::text as role, \
                 null::uuid as app_id, null::text as os_user, null::text as operation, act as what, null::text as target_type, target, \
                 '{}'::uuid[] as subject_ids, '{}'::text[] as fields, null::bytea as address_hash, null::bytea as typed_hash, \
                 trace_id, null::text as result, null::timestamptz as ended_at, null::text as made \
                 from identity.operator_acts where true",
        at: "acted_at",
        account: "actor_id",
        subjects: None,
        target: Some("target"),
        result: None,
        address: None,
        trace: Some("trace_id"),
    },
    Part {
        source: AuditSource::CommandLine,
        kind: Err(AuditKind::Act),
        select: "select acted_at as at, 2 as source, id, 'act' as kind, actor_id as account_id, actor_role as role, null::uuid as app_id, os_user, \
                 null::text as operation, command as what, null::text as target_type, target, '{}'::uuid[] as subject_ids, \
                 '{}'::text[] as fields, null::bytea as address_hash, null::bytea as typed_hash, trace_id, result, ended_at, \
                 made from identity.command_line_acts left join identity.command_line_results on act_id = id where true",
        at: "acted_at",
        account: "actor_id",
        subjects: None,
        target: Some("target"),
        result: Some("result"),
        address: None,
        trace: Some("trace_id"),
    },
    Part {
        source: AuditSource::Events,
        kind: Ok("kind"),
        select: "select happened_at as at, 3 as source, id, kind, actor_id as account_id, actor_role as role, \
                 app_id, null::text as os_user, operation, coalesce(purpose, operation) as what, target_type, target_id as target, \
                 subject_ids, fields, address_hash, typed_hash, trace_id, result, null::timestamptz as ended_at, \
                 null::text as made from identity.security_events where true",
        at: "happened_at",
        account: "actor_id",
        subjects: Some("subject_ids"),
        target: Some("target_id"),
        result: Some("result"),
        address: Some("address_hash"),
        trace: Some("trace_id"),
    },
];

impl People {
    /// Entries of the trail, the latest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn audit_trail(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, IdentityError> {
        let wanted: Vec<&Part> = PARTS.iter().filter(|part| part.may_hold(filter)).collect();
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

impl Part {
    /// Whether any of its entries can be asked for.
    fn may_hold(&self, filter: &AuditFilter) -> bool {
        let has = |asked: bool, column: Option<&str>| !asked || column.is_some();
        filter
            .kind
            .is_none_or(|kind| self.kind.map_or_else(|own| own == kind, |_| true))
            && has(filter.subject_id.is_some(), self.subjects)
            && has(filter.target.is_some(), self.target)
            && has(filter.result.is_some(), self.result)
            && has(filter.address_hashes.is_some(), self.address)
            && has(filter.trace_id.is_some(), self.trace)
    }
}

/// Each table by itself from its index, and only so many rows: how many there are in all does not matter.
fn push_part(query: &mut QueryBuilder<'_, Postgres>, part: &Part, filter: &AuditFilter) {
    query.push(part.select);
    if let (Ok(column), Some(kind)) = (part.kind, filter.kind) {
        query.push(format!(" and {column} = ")).push_bind(kind.as_str());
    }
    if let Some(account) = filter.account_id {
        query
            .push(format!(" and {} = ", part.account))
            .push_bind(account.uuid());
    }
    if let (Some(column), Some(subject)) = (part.subjects, filter.subject_id) {
        query
            .push(format!(" and {column} @> array["))
            .push_bind(subject)
            .push("]");
    }
    if let (Some(column), Some(target)) = (part.target, &filter.target) {
        query.push(format!(" and {column} = ")).push_bind(target.clone());
    }
    if let (Some(column), Some(result)) = (part.result, &filter.result) {
        query.push(format!(" and {column} = ")).push_bind(result.clone());
    }
    if let (Some(column), Some(hashes)) = (part.address, &filter.address_hashes) {
        let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
        query
            .push(format!(" and {column} = any("))
            .push_bind(hashes)
            .push(")");
    }
    if let (Some(column), Some(trace)) = (part.trace, &filter.trace_id) {
        query.push(format!(" and {column} = ")).push_bind(trace.clone());
    }
    push_span(query, part, filter);
    query
        .push(format!(" order by {} desc, id desc limit ", part.at))
        .push_bind(filter.rows);
}

/// From when to when, and behind which entry.
fn push_span(query: &mut QueryBuilder<'_, Postgres>, part: &Part, filter: &AuditFilter) {
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
}

fn entry(row: &PgRow) -> Result<AuditEntry, sqlx::Error> {
    let number: i32 = row.try_get("source")?;
    let source = u64::try_from(number).ok().and_then(AuditSource::numbered);
    let source = source.ok_or_else(|| sqlx::Error::Decode("no source of the trail".into()))?;
    let operation: Option<String> = row.try_get("operation")?;
    let channel = match source {
        AuditSource::Reads => None,
        AuditSource::Acts => Some("http"),
        AuditSource::CommandLine => Some("cli"),
        AuditSource::Events => Some(match &operation {
            Some(operation) if operation.starts_with("tot ") => "cli",
            Some(_) | None => "http",
        }),
    };
    Ok(AuditEntry {
        place: AuditPlace {
            at: rows::instant(row, "at")?,
            source,
            id: row.try_get("id")?,
        },
        kind: row.try_get("kind")?,
        channel,
        account_id: row
            .try_get::<Option<Uuid>, _>("account_id")?
            .map(AccountId::from_uuid),
        app_id: row.try_get::<Option<Uuid>, _>("app_id")?.map(AppId::from_uuid),
        role: row.try_get("role")?,
        os_user: row.try_get("os_user")?,
        operation,
        what: row.try_get("what")?,
        target_type: row.try_get("target_type")?,
        target: row.try_get("target")?,
        subject_ids: row.try_get("subject_ids")?,
        fields: row.try_get("fields")?,
        address_hash: row.try_get("address_hash")?,
        typed_hash: row.try_get("typed_hash")?,
        trace_id: row.try_get("trace_id")?,
        result: row.try_get("result")?,
        ended_at: rows::maybe_instant(row, "ended_at")?,
        made: row.try_get("made")?,
    })
}
