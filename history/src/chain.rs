//! The causal chain of a booking: facts and instructions in order, joined by cause and effect.

use std::collections::{BTreeMap, BTreeSet};

use commands::intents::StoredIntent;
use domain::any_event::AnyEvent;
use domain::ids::BookingId;
use event_store::intents::QueuedIntent;
use event_store::{Fact, Metadata, Position};
use serde_json::Value;
use uuid::Uuid;

use crate::cause::Cause;
use crate::paid_out::PayoutShare;
use crate::sentence::{self, Sentence};
use crate::state::{Change, State, changes};

/// Every fact that belongs to a booking, with all that it led to.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The booking.
    pub booking_id: BookingId,
    /// Its facts and those of other streams that belong to them, in the order of positions.
    pub steps: Vec<Step>,
    /// What processes wanted done, in the order in which it was caused.
    pub instructions: Vec<Instruction>,
    /// Every payout that took some of what the visit earned, in their order, whatever came of it.
    pub payouts: Vec<PayoutShare>,
    /// Whether there was, or may have been, more than is shown.
    pub is_cut: bool,
}

/// One fact, and how it is joined to the others.
#[derive(Clone, Debug)]
pub struct Step {
    /// The fact as stored.
    pub fact: Fact,
    /// Who asked for it, and why.
    pub metadata: Metadata,
    /// The command it came from; unknown where the command's first fact is not shown.
    pub command_id: Option<Uuid>,
    /// What led to it.
    pub cause: Cause,
    /// The facts it led to.
    pub led_to: Vec<Position>,
    /// The instructions it led to.
    pub instructed: Vec<Uuid>,
    /// What it says.
    pub sentence: Sentence,
    /// The state of its stream after it, where the chain holds that stream from its first fact on.
    pub state: Option<Value>,
    /// In what that state differs from the one before.
    pub changes: Vec<Change>,
}

/// What a process wanted done, and what became of it.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// As it stands in the queue, or stood when it was closed.
    pub intent: QueuedIntent,
    /// What it says.
    pub sentence: Sentence,
    /// The facts it came to.
    pub led_to: Vec<Position>,
}

/// Streams folded so far; one of which a fact is missing is given up.
type Folded = BTreeMap<(String, String), Option<(i64, State, Value)>>;

impl Chain {
    /// The chain of these facts, which are in no particular order, and these instructions.
    pub fn of(booking_id: BookingId, mut facts: Vec<Fact>, intents: Vec<QueuedIntent>, is_cut: bool) -> Self {
        facts.sort_unstable_by_key(|fact| fact.position);
        facts.dedup_by_key(|fact| fact.position);
        let mut folded = Folded::new();
        let mut steps: Vec<Step> = Vec::with_capacity(facts.len());
        for fact in facts {
            // What another program wrote without metadata of ours is no fact of ours.
            let Ok(metadata) = fact.metadata() else { continue };
            let same_command = steps
                .last()
                .filter(|before| before.fact.position + 1 == fact.position)
                .and_then(|before| before.command_id);
            let (state, changes) = fold(&mut folded, &fact);
            steps.push(Step {
                command_id: fact.command_id.or(same_command),
                cause: Cause::told_by(&metadata),
                led_to: Vec::new(),
                instructed: Vec::new(),
                sentence: told(&fact),
                state,
                changes,
                metadata,
                fact,
            });
        }
        let mut instructions: Vec<Instruction> = intents
            .into_iter()
            .map(|intent| Instruction {
                sentence: meant(&intent),
                led_to: Vec::new(),
                intent,
            })
            .collect();
        told_of_prerequisites(&mut steps);
        join(&mut steps, &mut instructions);
        Self {
            booking_id,
            steps,
            instructions,
            payouts: Vec::new(),
            is_cut,
        }
    }

    /// The same chain with the payouts of what the visit earned.
    #[must_use]
    pub fn with_payouts(self, payouts: Vec<PayoutShare>) -> Self {
        Self { payouts, ..self }
    }

    /// The booking's own state after its fact with this version, or after its last one shown.
    pub fn booking_state(&self, version: Option<i64>) -> Option<&Value> {
        let id = self.booking_id.to_string();
        let mut own = self
            .steps
            .iter()
            .filter(|step| step.fact.aggregate_type == "booking" && step.fact.aggregate_id == id);
        match version {
            Some(version) => own.find(|step| step.fact.sequence == version),
            None => own.next_back(),
        }
        .and_then(|step| step.state.as_ref())
    }

    /// The accounts that acted.
    pub fn actors(&self) -> BTreeSet<Uuid> {
        let acted = self.steps.iter().filter_map(|step| match &step.cause {
            Cause::Person { account_id, .. } => account_id.parse().ok(),
            Cause::Process { .. }
            | Cause::Notice { .. }
            | Cause::Comparison { .. }
            | Cause::Deadline { .. } => None,
        });
        acted.collect()
    }
}

/// The state of the fact's stream after it and what changed, as long as no fact of it is missing.
fn fold(folded: &mut Folded, fact: &Fact) -> (Option<Value>, Vec<Change>) {
    let key = (fact.aggregate_type.clone(), fact.aggregate_id.clone());
    let known = folded.entry(key).or_insert_with(|| {
        State::initial(&fact.aggregate_type).map(|state| (0, state.clone(), state.json()))
    });
    let after = known.take().and_then(|(version, mut state, before)| {
        (version + 1 == fact.sequence).then_some(())?;
        state.apply(fact)?;
        let json = state.json();
        let changed = changes(&before, &json);
        *known = Some((fact.sequence, state, json.clone()));
        Some((json, changed))
    });
    after.map_or((None, Vec::new()), |(json, changed)| (Some(json), changed))
}

fn told(fact: &Fact) -> Sentence {
    let (aggregate, event, version) = (&fact.aggregate_type, &fact.event_type, &fact.event_version);
    let read = AnyEvent::read(aggregate, event, version, fact.payload.get()).ok();
    let first = read.and_then(|events| events.into_iter().next());
    first.map_or_else(sentence::unreadable, |event| sentence::of_fact(&event))
}

fn meant(intent: &QueuedIntent) -> Sentence {
    serde_json::from_value::<StoredIntent>(intent.body.clone()).map_or_else(
        |_newer| sentence::unreadable(),
        |stored| sentence::of_intent(&stored.intent),
    )
}

/// A command that meets an overdue hold ends it first, under its own cause: that one is no fact of the booking that expires, and no
/// reason for it.
fn told_of_prerequisites(steps: &mut [Step]) {
    let booking_of: BTreeMap<Uuid, String> = steps
        .iter()
        .filter(|step| step.fact.aggregate_type == "booking")
        .filter_map(|step| Some((step.command_id?, step.fact.aggregate_id.clone())))
        .collect();
    for at in 0..steps.len() {
        let booking = steps[at].command_id.and_then(|id| booking_of.get(&id));
        let cause = steps[at].cause.fact();
        let found =
            cause.and_then(|cause| steps.binary_search_by_key(&cause, |step| step.fact.position).ok());
        if let (Some(booking), Some(found)) = (booking, found)
            && steps[found].fact.partition_key != *booking
        {
            steps[at].cause.met_on_the_way();
        }
    }
}

/// Joins facts and instructions by cause and effect.
fn join(steps: &mut [Step], instructions: &mut [Instruction]) {
    for at in 0..steps.len() {
        let position = steps[at].fact.position;
        let carried_out = carried_out_by(&steps[at], instructions);
        if let Cause::Process { intent_id, .. } = &mut steps[at].cause {
            *intent_id = carried_out.map(|found| instructions[found].intent.id);
        }
        if let Some(found) = carried_out {
            instructions[found].led_to.push(position);
        }
        let Some(cause) = steps[at].cause.fact() else {
            continue;
        };
        if let Ok(earlier) = steps.binary_search_by_key(&cause, |step| step.fact.position) {
            steps[earlier].led_to.push(position);
        }
    }
    for instruction in instructions {
        let cause = instruction.intent.caused_by;
        if let Ok(at) = steps.binary_search_by_key(&cause, |step| step.fact.position) {
            steps[at].instructed.push(instruction.intent.id);
        }
    }
}

/// The instruction that became the command of this fact: by the command's id, which is the intent's; or the only one of that
/// process for that fact, since what is asked of a provider takes several commands.
fn carried_out_by(step: &Step, instructions: &[Instruction]) -> Option<usize> {
    let by_id = instructions
        .iter()
        .position(|instruction| Some(instruction.intent.id) == step.command_id);
    if by_id.is_some() {
        return by_id;
    }
    match &step.cause {
        Cause::Process { process, fact, .. } => {
            let mut of_process = instructions.iter().enumerate().filter(|(_, instruction)| {
                instruction.intent.process == *process && instruction.intent.caused_by == *fact
            });
            let first = of_process.next().map(|(at, _)| at);
            first.filter(|_| of_process.next().is_none())
        }
        Cause::Notice { hint_id } => instructions
            .iter()
            .position(|instruction| instruction.intent.id.to_string() == *hint_id),
        Cause::Person { .. } | Cause::Comparison { .. } | Cause::Deadline { .. } => None,
    }
}
