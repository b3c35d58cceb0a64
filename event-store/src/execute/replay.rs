//! A command that was carried out before: its first outcome again, rebuilt from the streams as of its last position.

use std::sync::Arc;

use sqlx::Row;
use uuid::Uuid;

use super::outcome::{ExecuteError, Outcome};
use crate::Position;
use crate::after::{After, DecidedFact, StateAfter, StreamAfter};
use crate::appender::{FACTS_PER_BATCH_MAX, PriorCommit};
use crate::error::LogError;
use crate::fact::Fact;
use crate::log::{AsOf, EventLog};
use crate::metadata::CommandContext;
use crate::store::{retried, upcast};
use crate::stream_name::StreamName;
use crate::upcast::StoredEvent;

const FIND: &str = "select e.position, \
     coalesce((select n.position - 1 from events n \
               where n.position > e.position and n.command_id is not null order by n.position limit 1), \
              (select max(position) from events)), \
     e.metadata ->> 'command_digest' from events e where e.command_id = $1 \
     union all select n.head + 1, n.head, n.digest from no_op_commands n where n.command_id = $1";

/// The command with this id, if it stands in the log, or is known to have found nothing to do.
pub(super) async fn find(log: &EventLog, command_id: Uuid) -> Result<Option<PriorCommit>, LogError> {
    let failed = |error| LogError::from_sqlx("looking a command up", error);
    retried(|| async {
        let row = sqlx::query(FIND)
            .bind(command_id)
            .fetch_optional(log.reading())
            .await
            .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        let digest: Option<String> = row.try_get(2).map_err(failed)?;
        Ok(Some(PriorCommit {
            first: row.try_get(0).map_err(failed)?,
            last: row.try_get(1).map_err(failed)?,
            digest: digest.unwrap_or_default(),
        }))
    })
    .await
}

/// The outcome of that earlier command, provided that it is this one.
///
/// `named` are the streams this decision named. A command that touched nothing of their partition keys is another
/// command whatever its digest says; single streams may differ, since a decision may find its stream closed and carried
/// on in the next.
pub(super) async fn outcome<R>(
    log: &EventLog,
    context: &CommandContext,
    earlier: &PriorCommit,
    named: Vec<StreamName>,
) -> Result<Outcome, ExecuteError<R>> {
    if earlier.digest != context.digest {
        return Err(ExecuteError::KeyReused);
    }
    let read = read(log, earlier, &named);
    let after = log
        .cache()
        .replay(context.command_id, named.clone(), read)
        .await
        .map_err(|error| ExecuteError::from(LogError::clone(&error)))?;
    // One that found nothing to do touched nothing.
    let touching = !named.is_empty() && earlier.first <= earlier.last;
    if touching && !named.iter().any(|name| after.touched_key_of(name)) {
        return Err(ExecuteError::KeyReused);
    }
    Ok(Outcome {
        position: earlier.last,
        positions: after.facts.iter().map(|fact| fact.position).collect(),
        replayed: true,
        after,
    })
}

/// Reads what that command left behind.
async fn read(log: &EventLog, earlier: &PriorCommit, named: &[StreamName]) -> Result<Arc<After>, LogError> {
    let count = u32::try_from(earlier.last - earlier.first + 1).unwrap_or(u32::MAX);
    if count as usize > FACTS_PER_BATCH_MAX {
        return Err(LogError::malformed(
            "?",
            "?",
            format!("a command at {} has {count} facts", earlier.first),
        ));
    }
    let facts = log.read_after(earlier.first - 1, count).await?;
    let streams = streams_after(log, earlier, &facts, named).await?;
    let partition_keys = facts.iter().map(|fact| fact.partition_key.clone()).collect();
    Ok(Arc::new(After {
        streams,
        facts: facts.into_iter().map(decided).collect(),
        partition_keys,
    }))
}

/// Every stream the command named or touched, as of its last position.
async fn streams_after(
    log: &EventLog,
    earlier: &PriorCommit,
    facts: &[Fact],
    named: &[StreamName],
) -> Result<Vec<StreamAfter>, LogError> {
    let mut keys: Vec<(&str, &str)> = named
        .iter()
        .map(|name| (name.aggregate, name.id.as_str()))
        .collect();
    keys.extend(
        facts
            .iter()
            .map(|fact| (fact.aggregate_type.as_str(), fact.aggregate_id.as_str())),
    );
    keys.sort_unstable();
    keys.dedup();
    let reads = keys
        .into_iter()
        .map(|(aggregate, id)| stream_as_of(log, aggregate, id, earlier.last));
    futures::future::try_join_all(reads).await
}

/// A stream as it was when the log ended at `position`.
pub(super) async fn stream_as_of(
    log: &EventLog,
    aggregate: &str,
    id: &str,
    position: Position,
) -> Result<StreamAfter, LogError> {
    let facts = log.read_stream(aggregate, id, AsOf::Position(position)).await?;
    let version = facts.last().map_or(0, |fact| fact.sequence);
    let mut events = Vec::with_capacity(facts.len());
    for fact in facts {
        let payload = serde_json::from_str(fact.payload.get())
            .map_err(|error| LogError::malformed(&fact.aggregate_type, &fact.event_type, error))?;
        events.push(StoredEvent {
            aggregate_type: fact.aggregate_type.clone(),
            event_type: fact.event_type.clone(),
            event_version: fact.event_version.clone(),
            payload,
        });
    }
    let events = upcast(events.into_iter(), log.options())?;
    Ok(StreamAfter {
        aggregate: aggregate.to_owned(),
        id: id.to_owned(),
        version,
        state: StateAfter::Events(events),
    })
}

fn decided(fact: Fact) -> DecidedFact {
    DecidedFact {
        position: fact.position,
        aggregate_type: fact.aggregate_type.clone(),
        aggregate_id: fact.aggregate_id.clone(),
        sequence: fact.sequence,
        event_type: fact.event_type.clone(),
        event_version: fact.event_version.clone(),
        payload: fact.payload.get().to_owned(),
    }
}
