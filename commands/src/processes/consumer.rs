//! All processes behind one consumer of the log: decodes each fact once and records the intents in the transaction that
//! moves the checkpoints.

use domain::any_event::{AnyEvent, DecodeError, DecodedEvents};
use event_store::intents::NewIntent;
use event_store::{ApplyError, BoxFuture, Consumer, Fact, PgConnection, Position, StartAt, StoredFact};
use traces::{Context, TraceId};
use uuid::Uuid;

use crate::intents::{Cause, Lane, StoredIntent, lane};
use crate::payments::PaymentRef;
use crate::processes::{PROCESSES, Process, ReceivedEvent, ScheduledIntent, operator_alerts};
use crate::retry_schedule::RetrySchedule;

/// The name of the consumer's checkpoints.
pub const CONSUMER: &str = "processes";

/// The namespace of editions. Fixed for ever: code that knows the same processes in the same revisions is of the same edition.
const EDITIONS: Uuid = Uuid::from_u128(0x3c5e_9d07_41b2_5f6a_8e13_0a94_c7d2_0001);

/// All processes as one consumer of the log, with one checkpoint a shard.
#[derive(Clone, Debug)]
pub struct Processes {
    retries: RetrySchedule,
    known: &'static [Process],
}

/// All processes, to be run by an `event_store::Worker`.
pub const fn consumer(retries: RetrySchedule) -> Processes {
    Processes {
        retries,
        known: PROCESSES,
    }
}

impl Consumer for Processes {
    fn name(&self) -> &'static str {
        CONSUMER
    }

    fn schema_version(&self) -> i32 {
        1
    }

    fn start(&self) -> StartAt {
        StartAt::Head
    }

    fn edition(&self) -> Option<Uuid> {
        let named = self
            .known
            .iter()
            .map(|process| format!("{} {}", process.name, process.revision));
        let mut named: Vec<String> = named.collect();
        named.sort_unstable();
        Some(Uuid::new_v5(&EDITIONS, named.join("\n").as_bytes()))
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        _generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(async move {
            let mut wanted = Vec::new();
            for fact in facts {
                wanted.append(&mut stated(fact, self.known, &self.retries)?);
            }
            if wanted.is_empty() {
                return Ok(());
            }
            event_store::intents::insert(tx, &wanted).await?;
            metrics::counter!("tot_intents_stated_total").increment(u64::try_from(wanted.len()).unwrap_or(0));
            Ok(())
        })
    }
}

/// The intents that all processes together draw from one fact.
fn stated(fact: &Fact, known: &[Process], retries: &RetrySchedule) -> Result<Vec<NewIntent>, ApplyError> {
    let position = fact.position;
    if !domain::any_event::known(&fact.aggregate_type, &fact.event_type, &fact.event_version) {
        return Err(ApplyError::NeedsNewerCode { position });
    }
    let cause = match cause(fact) {
        Some(cause) => cause,
        // No process looks at days or wallets; nothing needs decoding.
        None => return Ok(Vec::new()),
    };
    let said = fact
        .read_as(read)
        .map_err(|error| apply_error(position, &error))?;
    for event in said.iter().filter(|event| operator_alerts::is_alert(event)) {
        traced(fact).sync_scope(|| operator_alerts::observe(&fact.aggregate_id, event));
    }
    let mut intents = Vec::new();
    for process in known {
        let reactions = said.iter().flat_map(|event| {
            let reactions = (process.react)(ReceivedEvent {
                position,
                aggregate_id: &fact.aggregate_id,
                partition_key: &fact.partition_key,
                event,
                retries,
            });
            reactions
                .into_iter()
                .map(|reaction| (lane::stated(&reaction.intent, event), reaction))
        });
        for (ordinal, (lane, reaction)) in reactions.enumerate() {
            intents.push(recorded(fact, cause, process, ordinal, (lane, reaction))?);
        }
    }
    Ok(intents)
}

fn read(fact: &StoredFact) -> Result<DecodedEvents, DecodeError> {
    let payload = fact.payload.get();
    AnyEvent::read(
        &fact.aggregate_type,
        &fact.event_type,
        &fact.event_version,
        payload,
    )
}

fn apply_error(position: Position, error: &DecodeError) -> ApplyError {
    match error {
        DecodeError::Unknown => ApplyError::NeedsNewerCode { position },
        DecodeError::Malformed(error) => ApplyError::Poison {
            position,
            reason: error.to_string(),
        },
        DecodeError::Old(error) => ApplyError::Poison {
            position,
            reason: error.to_string(),
        },
    }
}

fn recorded(
    fact: &Fact,
    cause: Cause,
    process: &Process,
    ordinal: usize,
    (lane, reaction): (Lane, ScheduledIntent),
) -> Result<NewIntent, ApplyError> {
    let poison = |reason: String| ApplyError::Poison {
        position: fact.position,
        reason,
    };
    let partition_key = reaction
        .intent
        .key()
        .unwrap_or_else(|| fact.partition_key.clone());
    let metadata = fact.metadata().map_err(|error| poison(error.to_string()))?;
    let stored = StoredIntent {
        intent: reaction.intent,
        cause,
        correlation_id: metadata.correlation_id,
        trace_id: metadata.trace_id,
    };
    let ordinal = i32::try_from(ordinal).map_err(|_| poison("too many intents".to_owned()))?;
    Ok(NewIntent {
        id: NewIntent::id_of(process.name, fact.position, ordinal),
        process: process.name,
        lane: lane.as_str(),
        partition_key,
        ordinal,
        body: serde_json::value::to_raw_value(&stored).map_err(|error| poison(error.to_string()))?,
        due_at: reaction.due_at,
        caused_by: fact.position,
    })
}

/// What is told because of a fact belongs to its trace, and to the booking or payer in whose partition it lies.
fn traced(fact: &Fact) -> Context {
    let metadata = fact.metadata().ok();
    let trace_id = metadata.and_then(|metadata| TraceId::parse(&metadata.trace_id));
    Context::of_fact(trace_id, &fact.partition_key)
}

/// The aggregate a fact belongs to, if processes look at its kind.
fn cause(fact: &Fact) -> Option<Cause> {
    match fact.aggregate_type.as_str() {
        "booking" => Some(Cause::Booking(fact.partition_key.parse().ok()?)),
        "payment" => Some(Cause::Payment(PaymentRef {
            partition: fact.partition_key.parse().ok()?,
            payment_id: fact.aggregate_id.parse().ok()?,
        })),
        "payout" => Some(Cause::Payout {
            payout_id: fact.aggregate_id.parse().ok()?,
            owner_id: fact.partition_key.parse().ok()?,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_knows_one_process_more_is_of_another_edition_whatever_their_order() {
        let knowing = |known| Processes {
            retries: RetrySchedule::default(),
            known,
        };
        let (first, rest) = PROCESSES.split_first().unwrap();
        let turned: Vec<Process> = rest.iter().chain([first]).copied().collect();
        let all = consumer(RetrySchedule::default()).edition();
        assert!(all.is_some());
        assert_eq!(knowing(Vec::leak(turned)).edition(), all);
        assert_ne!(knowing(rest).edition(), all);
        let mut revised = PROCESSES.to_vec();
        revised[0].revision += 1;
        assert_ne!(knowing(Vec::leak(revised)).edition(), all, "one answers more");
    }
}
