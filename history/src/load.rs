//! Loads a booking's causal chain from the log and the queue of intents, each question bounded and indexed.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::BookingId;
use event_store::intents::{self, RelatedIntents};
use event_store::{AsOf, CommandStart, EventLog, Fact, LogError, Position};
use uuid::Uuid;

use crate::chain::Chain;
use crate::paid_out::{self, PAYOUT};

/// How many facts of one chain are shown; an eventful booking has about a hundred.
pub const FACTS_MAX: u32 = 1_000;
/// How many commands of one correlation are looked at for what followed; a comparison of the books shares one among many bookings.
const COMMANDS_MAX: u32 = 5_000;
/// How often it is asked what followed from what followed.
const ROUNDS_MAX: u32 = 32;
/// How many instructions of each kind are shown.
const INTENTS_MAX: u32 = 1_000;
/// The type of a booking's stream.
const BOOKING: &str = "booking";
/// The type of a payment's stream.
const PAYMENT: &str = "payment";

/// Why a chain cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The queue of intents cannot be read.
    #[error("the intents cannot be read")]
    Intents(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Facts by their positions.
type Facts = BTreeMap<Position, Fact>;

/// The chain of this booking: its own facts and its payments', the whole commands they came from, whatever followed in any
/// stream, and every payout that took some of its doctor's earning. As of a moment the facts are those of then, and the
/// instructions those that they had led to, as they stand today. None where there is no such booking, or was none then.
///
/// # Errors
/// [`HistoryError`] when log or queue cannot be read.
pub async fn load(log: &EventLog, booking_id: BookingId, as_of: AsOf) -> Result<Option<Chain>, HistoryError> {
    let key = booking_id.to_string();
    let most = usize::try_from(FACTS_MAX).unwrap_or(usize::MAX);
    // One more than is shown tells that there are more.
    let own = log.read_partition(&key, FACTS_MAX.saturating_add(1)).await?;
    let own = until(as_of, &key, own);
    let mut is_cut = own.len() > most;
    if !own.iter().any(|fact| fact.aggregate_type == BOOKING) {
        return Ok(None);
    }
    let moment = Moment {
        as_of,
        last: own.last().map_or(0, |fact| fact.position),
    };
    let positions: Vec<Position> = own.iter().map(|fact| fact.position).collect();
    // Whatever else shares their correlations, the commands of a booking's own facts are found by these.
    let mut facts: Facts = moment.seen(log.whole_commands(&positions).await?).collect();
    let correlations = correlations_of(&own);
    facts.extend(own.into_iter().map(|fact| (fact.position, fact)));
    is_cut |= follow(log, moment, &correlations, &mut facts).await?;
    let mut paid_out = paid_out::of_visit(log, booking_id, &facts).await?;
    is_cut |= paid_out.is_cut;
    facts.extend(moment.seen(std::mem::take(&mut paid_out.facts)));
    let unknown: Vec<Position> = missing_causes(&facts).into_iter().collect();
    if !unknown.is_empty() {
        let causes = log.read_at(&unknown).await?;
        facts.extend(causes.into_iter().map(|fact| (fact.position, fact)));
    }
    is_cut |= facts.len() > most;
    let facts: Facts = facts.into_iter().take(most).collect();
    let related = intents_of(log, &facts).await?;
    let payouts = paid_out.shares(&facts);
    let facts = facts.into_values().collect();
    let chain = Chain::of(booking_id, facts, related.intents, is_cut || related.is_cut);
    Ok(Some(chain.with_payouts(payouts)))
}

/// Adds what followed from these facts, and what followed from that: commands that share one of these correlations, first met at
/// the position beside it, whose cause is a fact of the chain. Answers whether something may be missing.
async fn follow(
    log: &EventLog,
    moment: Moment,
    correlations: &BTreeMap<String, Position>,
    facts: &mut Facts,
) -> Result<bool, LogError> {
    let most = usize::try_from(FACTS_MAX).unwrap_or(usize::MAX);
    let found = log.commands_of(correlations, COMMANDS_MAX).await?;
    let mut starts = found.starts;
    for _ in 0..ROUNDS_MAX {
        starts.retain(|start| !facts.contains_key(&start.position));
        let follows = |start: &CommandStart| start.causation.is_some_and(|cause| facts.contains_key(&cause));
        let (next, others): (Vec<_>, Vec<_>) = starts.into_iter().partition(follows);
        if next.is_empty() {
            return Ok(found.is_cut);
        }
        starts = others;
        let next: Vec<Position> = next.iter().map(|start| start.position).take(most).collect();
        facts.extend(moment.seen(log.whole_commands(&next).await?));
    }
    Ok(true)
}

/// The correlations of these facts, each with the first position at which it is met.
fn correlations_of(own: &[Fact]) -> BTreeMap<String, Position> {
    let mut correlations = BTreeMap::new();
    for fact in own {
        if let Ok(metadata) = fact.metadata() {
            correlations
                .entry(metadata.correlation_id)
                .or_insert(fact.position);
        }
    }
    correlations
}

/// The booking's facts and its payments' as of a moment; a version is one of the booking's own.
fn until(as_of: AsOf, booking: &str, facts: Vec<Fact>) -> Vec<Fact> {
    let last = match as_of {
        AsOf::Version(version) => {
            let own = facts
                .iter()
                .filter(|fact| fact.aggregate_type == BOOKING && fact.aggregate_id == booking);
            let last = own
                .filter(|fact| fact.sequence <= version)
                .map(|fact| fact.position);
            last.max().unwrap_or(0)
        }
        AsOf::Head | AsOf::Instant(_) | AsOf::Position(_) => Position::MAX,
    };
    let moment = Moment { as_of, last };
    facts.into_iter().filter(|fact| moment.has(fact)).collect()
}

/// As of when the chain is told; a version says so by the position of the booking's last fact.
#[derive(Clone, Copy)]
struct Moment {
    as_of: AsOf,
    last: Position,
}

impl Moment {
    /// Whether the fact was there.
    fn has(self, fact: &Fact) -> bool {
        match self.as_of {
            AsOf::Head => true,
            AsOf::Version(_) => fact.position <= self.last,
            AsOf::Instant(instant) => fact.happened_by(instant),
            AsOf::Position(position) => fact.position <= position,
        }
    }

    /// Those that were there, by position.
    fn seen(self, facts: Vec<Fact>) -> impl Iterator<Item = (Position, Fact)> {
        let there = facts.into_iter().filter(move |fact| self.has(fact));
        there.map(|fact| (fact.position, fact))
    }
}

fn cause_of(fact: &Fact) -> Option<Position> {
    fact.metadata().ok()?.causation
}

/// The causes that stand in no fact here: those of another booking, say, whose decision ended this one's hold.
fn missing_causes(facts: &Facts) -> BTreeSet<Position> {
    facts
        .values()
        .filter_map(cause_of)
        .filter(|cause| !facts.contains_key(cause))
        .collect()
}

/// What processes wanted because of these facts: found by the partition keys they may have, and as the commands they became.
async fn intents_of(log: &EventLog, facts: &Facts) -> Result<RelatedIntents, HistoryError> {
    let (mut keys, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for fact in facts.values() {
        if [BOOKING, PAYMENT, PAYOUT].contains(&fact.aggregate_type.as_str()) {
            keys.insert(fact.aggregate_id.clone());
        }
        ids.extend(fact.command_id);
        // A notice's hint gives its id to all that follows from it.
        let correlation = fact.metadata().ok().map(|metadata| metadata.correlation_id);
        ids.extend(correlation.and_then(|id| id.parse::<Uuid>().ok()));
    }
    let (keys, ids): (Vec<String>, Vec<Uuid>) = (keys.into_iter().collect(), ids.into_iter().collect());
    let mut related = intents::related(log.pool(), &keys, &ids, INTENTS_MAX)
        .await
        .map_err(|error| HistoryError::Intents(Box::new(error)))?;
    related.intents.retain(|intent| {
        intent.caused_by == 0 || facts.contains_key(&intent.caused_by) || ids.contains(&intent.id)
    });
    Ok(related)
}
