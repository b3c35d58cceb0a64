//! Loads a booking's causal chain from the log and the queue of intents, each question bounded and indexed.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::BookingId;
use event_store::intents::{self, QueuedIntent};
use event_store::{AsOf, EventLog, Fact, LogError, Position};
use uuid::Uuid;

use crate::chain::Chain;
use crate::paid_out::{self, PAYOUT};

/// How many facts of one chain are shown; an eventful booking has about a hundred.
pub const FACTS_MAX: u32 = 1_000;
/// How many commands of one correlation are looked at; a comparison of the books shares one among many bookings.
const COMMANDS_MAX: u32 = 500;
/// How many instructions of each kind are shown.
const INTENTS_MAX: i64 = 1_000;
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

/// The chain of this booking: its own facts and its payments', the whole commands they came from, whatever followed in any
/// stream, and the payout by which its doctor's earning went out. As of a moment the facts are those of then, and the
/// instructions those that they had led to, as they stand today. None where there is no such booking, or was none then.
///
/// # Errors
/// [`HistoryError`] when log or queue cannot be read.
pub async fn load(log: &EventLog, booking_id: BookingId, as_of: AsOf) -> Result<Option<Chain>, HistoryError> {
    let key = booking_id.to_string();
    let own = log.read_partition(&key, FACTS_MAX).await?;
    let own = until(as_of, &key, own);
    if !own.iter().any(|fact| fact.aggregate_type == BOOKING) {
        return Ok(None);
    }
    let correlations: BTreeSet<String> = own
        .iter()
        .filter_map(|fact| Some(fact.metadata().ok()?.correlation_id))
        .collect();
    let correlations: Vec<String> = correlations.into_iter().collect();
    let shared = log.read_correlations(&correlations, COMMANDS_MAX).await?;
    let shared = as_seen(as_of, own.last().map_or(0, |fact| fact.position), shared);
    let last = own.last().map_or(0, |fact| fact.position);
    let mut facts = reached(own, shared);
    let paid_out = paid_out::of_earnings(log, &facts).await?;
    facts.extend(
        as_seen(as_of, last, paid_out)
            .into_iter()
            .map(|fact| (fact.position, fact)),
    );
    let unknown: Vec<Position> = missing_causes(&facts).into_iter().collect();
    if !unknown.is_empty() {
        let causes = log.read_at(&unknown).await?;
        facts.extend(causes.into_iter().map(|fact| (fact.position, fact)));
    }
    let most = usize::try_from(FACTS_MAX).unwrap_or(usize::MAX);
    let is_cut = facts.len() >= most;
    let facts: BTreeMap<Position, Fact> = facts.into_iter().take(most).collect();
    let intents = intents_of(log, &facts).await?;
    Ok(Some(Chain::of(
        booking_id,
        facts.into_values().collect(),
        intents,
        is_cut,
    )))
}

/// The booking's facts and its payments' as of a moment; a version is one of the booking's own.
fn until(as_of: AsOf, booking: &str, facts: Vec<Fact>) -> Vec<Fact> {
    let end = match as_of {
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
    let facts = as_seen(as_of, end, facts);
    facts.into_iter().filter(|fact| fact.position <= end).collect()
}

/// The facts that were there as of then; a version says so by the position of the booking's last fact.
fn as_seen(as_of: AsOf, last: Position, facts: Vec<Fact>) -> Vec<Fact> {
    let there = |fact: &Fact| match as_of {
        AsOf::Head => true,
        AsOf::Version(_) => fact.position <= last,
        AsOf::Instant(instant) => fact.happened_by(instant),
        AsOf::Position(position) => fact.position <= position,
    };
    facts.into_iter().filter(there).collect()
}

/// Of the facts that share a correlation those that belong here: whole commands of the booking's own facts, and what followed
/// from any fact that belongs. A comparison of the books shares its correlation among bookings that have nothing else in common.
fn reached(own: Vec<Fact>, shared: Vec<Fact>) -> BTreeMap<Position, Fact> {
    let mut facts: BTreeMap<Position, Fact> = own.into_iter().map(|fact| (fact.position, fact)).collect();
    for command in commands(shared) {
        let belongs = command.iter().any(|fact| {
            facts.contains_key(&fact.position)
                || cause_of(fact).is_some_and(|cause| facts.contains_key(&cause))
        });
        if belongs {
            facts.extend(command.into_iter().map(|fact| (fact.position, fact)));
        }
    }
    facts
}

/// Whole commands, each from the fact that names it.
fn commands(facts: Vec<Fact>) -> Vec<Vec<Fact>> {
    let mut commands: Vec<Vec<Fact>> = Vec::new();
    for fact in facts {
        match commands.last_mut() {
            Some(command) if fact.command_id.is_none() => command.push(fact),
            Some(_) | None => commands.push(vec![fact]),
        }
    }
    commands
}

fn cause_of(fact: &Fact) -> Option<Position> {
    fact.metadata().ok()?.causation
}

/// The causes that stand in no fact here: those of another booking, say, whose decision ended this one's hold.
fn missing_causes(facts: &BTreeMap<Position, Fact>) -> BTreeSet<Position> {
    facts
        .values()
        .filter_map(cause_of)
        .filter(|cause| !facts.contains_key(cause))
        .collect()
}

/// What processes wanted because of these facts: found by the partition keys they may have, and as the commands they became.
async fn intents_of(
    log: &EventLog,
    facts: &BTreeMap<Position, Fact>,
) -> Result<Vec<QueuedIntent>, HistoryError> {
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
    let found = intents::related(log.pool(), &keys, &ids, INTENTS_MAX)
        .await
        .map_err(|error| HistoryError::Intents(Box::new(error)))?;
    let belongs = |intent: &QueuedIntent| {
        intent.caused_by == 0 || facts.contains_key(&intent.caused_by) || ids.contains(&intent.id)
    };
    Ok(found.into_iter().filter(belongs).collect())
}
