//! A booking's causal chain as JSON: the same over HTTP and from the command line.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cause::Cause;
use crate::chain::{Chain, Instruction, Step};
use crate::paid_out::PayoutShare;
use crate::state::{Change, changes};
use crate::text::Names;

/// Everything that happened because of a booking.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "items": [],
    "instructions": [],
    "payouts": [],
    "state": {"state": "secured"},
    "difference": null,
    "truncated": false
}))]
pub struct ChainView {
    /// The booking.
    pub booking_id: Uuid,
    /// The facts in the order of positions, at most a thousand.
    pub items: Vec<ChainFactView>,
    /// What processes wanted done because of them, in the order in which it was caused. Closed instructions are kept for
    /// ninety days.
    pub instructions: Vec<InstructionView>,
    /// The payouts that took some of what the visit earned its doctor, in their order, those that came to nothing included.
    /// Nothing marks money in a wallet: the oldest is taken to go first. The first eight statement periods of the wallet from the
    /// earning on are looked at.
    pub payouts: Vec<PayoutShareView>,
    /// The booking's state after its last fact shown.
    #[schema(value_type = Object)]
    pub state: Option<Value>,
    /// In what the booking differs between the two versions that were asked for.
    pub difference: Option<VersionDifferenceView>,
    /// Whether there was, or may have been, more than is shown: more than a thousand facts or a thousand instructions of a kind,
    /// more than five thousand commands that share a correlation with the booking's, or more statement periods.
    pub truncated: bool,
}

/// What a payout took of the visit's earning.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a71",
    "status": "paid",
    "amount": "3400.00",
    "of_this_visit": "1200.00",
    "currency": "RUB"
}))]
pub struct PayoutShareView {
    /// The payout.
    pub id: Uuid,
    /// `pending`, `paid` or `cancelled`: the money is back in the wallet.
    #[schema(value_type = String, example = "paid")]
    pub status: &'static str,
    /// All that was paid out at once, as decimal text: what other visits earned, too, if that is more.
    #[schema(example = "3400.00")]
    pub amount: String,
    /// How much of it this visit earned, as decimal text.
    #[schema(example = "1200.00")]
    pub of_this_visit: String,
    /// The currency of both.
    #[schema(value_type = String, example = "RUB")]
    pub currency: &'static str,
}

/// One fact, with what led to it and what it led to.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "position": 42,
    "stream_type": "booking",
    "stream_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "version": 3,
    "type": "BookingSecured",
    "recorded_at": "2026-12-01T09:31:12Z",
    "decided_at": "2026-12-01T09:31:12Z",
    "en": "The money is there: the visit is secured",
    "ru": "Деньги есть: визит обеспечен",
    "actor": {"role": "process", "id": "booking_payment", "name": null, "app_id": null},
    "command_id": "b0d9c1de-6f0a-5c3e-9a51-1f2d3c4b5a69",
    "correlation_id": "019a8f0e-6f0a-7000-8000-000000000009",
    "cause": {"kind": "process", "process": "booking_payment", "fact": 41,
              "intent_id": "b0d9c1de-6f0a-5c3e-9a51-1f2d3c4b5a69"},
    "led_to": [45],
    "instructed": [],
    "changes": [{"op": "replace", "path": "/state", "from": "requested", "value": "secured"}],
    "fact": {"BookingSecured": {}}
}))]
pub struct ChainFactView {
    /// Its place in the whole log.
    pub position: i64,
    /// The kind of its stream.
    #[schema(example = "booking")]
    pub stream_type: String,
    /// The stream.
    pub stream_id: String,
    /// Its place in its stream.
    pub version: i64,
    /// What happened.
    pub r#type: String,
    /// When the log recorded it.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// When it was decided, a moment before.
    #[schema(value_type = String, format = DateTime)]
    pub decided_at: Timestamp,
    /// What happened, as a sentence of English.
    pub en: String,
    /// The same in Russian.
    pub ru: String,
    /// Who acted.
    pub actor: ActorView,
    /// The command it came from.
    pub command_id: Option<Uuid>,
    /// Shared by everything that follows from one command.
    pub correlation_id: String,
    /// What led to it: `kind` is `person`, `process` (with the `fact` it answered), `notice`, `comparison` or
    /// `deadline` (`met_by` the fact that led to the command on whose way it was met, if one did).
    #[schema(value_type = Object)]
    pub cause: Cause,
    /// The positions of the facts it led to.
    pub led_to: Vec<i64>,
    /// The instructions it led to.
    pub instructed: Vec<Uuid>,
    /// In what the state of its stream differs from before; empty where the chain does not hold the stream from its beginning.
    pub changes: Vec<ChangeView>,
    /// The fact, as stored.
    #[schema(value_type = Object)]
    pub fact: Box<RawValue>,
}

/// Who acted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ActorView {
    /// Their role, or that of the platform itself.
    pub role: String,
    /// The account, or the process by name.
    pub id: String,
    /// First and last name, as they are today; null for processes and people who were erased.
    pub name: Option<String>,
    /// The app that asked for the account, if one did.
    pub app_id: Option<Uuid>,
}

/// One field that changed, in the words of JSON Patch (RFC 6902), with what it was.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"op": "replace", "path": "/state", "from": "requested", "value": "secured"}))]
pub struct ChangeView {
    /// `add`, `remove` or `replace`.
    #[schema(value_type = String)]
    pub op: &'static str,
    /// Which field: a JSON pointer.
    pub path: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value)]
    pub from: Option<Value>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value)]
    pub value: Option<Value>,
}

/// In what a booking differs between two of its versions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VersionDifferenceView {
    /// The version it is compared with; 0 is before it was asked for.
    pub from_version: i64,
    /// The version that is compared.
    pub to_version: i64,
    /// The fields that differ, in the order of their names.
    pub changes: Vec<ChangeView>,
}

/// What a process wanted done, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "b0d9c1de-6f0a-5c3e-9a51-1f2d3c4b5a69",
    "process": "hold_expiry",
    "caused_by": 42,
    "en": "Let the booking expire, unless it was paid",
    "ru": "Дать записи истечь, если её не оплатили",
    "due_at": "2026-12-01T09:45:00Z",
    "state": "open",
    "attempts": 0,
    "outcome": null,
    "led_to": []
}))]
pub struct InstructionView {
    /// The intent, and the command it becomes.
    pub id: Uuid,
    /// The process that wants it.
    pub process: String,
    /// The position of the fact that led to it; 0 for what a provider told.
    pub caused_by: i64,
    /// What it says, in English.
    pub en: String,
    /// The same in Russian.
    pub ru: String,
    /// Not before this instant.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// `open`, `done`, `refused`, `poisoned` or `given_up`, as it stands today.
    #[schema(value_type = String, example = "open")]
    pub state: &'static str,
    /// How many times it was tried.
    pub attempts: i32,
    /// How it ended.
    pub outcome: Option<String>,
    /// The positions of the facts it came to.
    pub led_to: Vec<i64>,
}

impl ChainView {
    /// The chain, with these names for those who acted.
    pub fn of(chain: Chain, names: &Names, difference: Option<VersionDifferenceView>) -> Self {
        let state = chain.booking_state(None).cloned();
        let steps = chain.steps.into_iter().map(|step| ChainFactView::of(step, names));
        Self {
            booking_id: chain.booking_id.uuid(),
            items: steps.collect(),
            instructions: chain.instructions.into_iter().map(InstructionView::of).collect(),
            payouts: chain.payouts.iter().map(PayoutShareView::of).collect(),
            state,
            difference,
            truncated: chain.is_cut,
        }
    }
}

impl PayoutShareView {
    fn of(share: &PayoutShare) -> Self {
        Self {
            id: share.payout_id.uuid(),
            status: share.status.as_str(),
            amount: share.amount.decimal(),
            of_this_visit: share.of_visit.decimal(),
            currency: share.amount.currency.code(),
        }
    }
}

impl ChainFactView {
    fn of(step: Step, names: &Names) -> Self {
        let (fact, metadata) = (step.fact, step.metadata);
        let account: Option<Uuid> = metadata.actor_id.parse().ok();
        Self {
            position: fact.position,
            stream_type: fact.aggregate_type.clone(),
            stream_id: fact.aggregate_id.clone(),
            version: fact.sequence,
            r#type: fact.event_type.clone(),
            recorded_at: fact.recorded_at,
            decided_at: metadata.at,
            en: step.sentence.en,
            ru: step.sentence.ru,
            actor: ActorView {
                role: metadata.actor_role,
                name: account.and_then(|id| names.get(&id).cloned()),
                id: metadata.actor_id,
                app_id: metadata.app_id,
            },
            command_id: step.command_id,
            correlation_id: metadata.correlation_id,
            cause: step.cause,
            led_to: step.led_to,
            instructed: step.instructed,
            changes: step.changes.into_iter().map(ChangeView::from).collect(),
            fact: fact.payload.clone(),
        }
    }
}

impl InstructionView {
    fn of(instruction: Instruction) -> Self {
        let intent = instruction.intent;
        Self {
            id: intent.id,
            process: intent.process,
            caused_by: intent.caused_by,
            en: instruction.sentence.en,
            ru: instruction.sentence.ru,
            due_at: intent.due_at,
            state: intent.state.as_str(),
            attempts: intent.attempts,
            outcome: intent.outcome,
            led_to: instruction.led_to,
        }
    }
}

impl VersionDifferenceView {
    /// In what the booking of this chain differs between two versions; none where one of them is not there.
    pub fn between(chain: &Chain, from_version: i64, to_version: i64) -> Option<Self> {
        let state = |version| match version {
            0 => Some(json!({"state": "absent"})),
            _ => chain.booking_state(Some(version)).cloned(),
        };
        let changed = changes(&state(from_version)?, &state(to_version)?);
        Some(Self {
            from_version,
            to_version,
            changes: changed.into_iter().map(ChangeView::from).collect(),
        })
    }
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        Self {
            op: change.op,
            path: change.path,
            from: change.from,
            value: change.value,
        }
    }
}
