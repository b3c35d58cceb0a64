//! What a span may say: a closed set, in which there is no place for what a person typed.

use smol_str::SmolStr;
use uuid::Uuid;

/// One attribute of a span. Names of OpenTelemetry's semantic conventions where there is one, else ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// The method; an invented one is `OTHER`.
    HttpMethod(&'static str),
    /// The route's template, never the path.
    HttpRoute(SmolStr),
    /// The status of an answer.
    HttpStatus(u16),
    /// The host that is called, as it is configured.
    ServerAddress(SmolStr),
    /// What kind of error it was: a word of ours.
    ErrorType(&'static str),
    /// The booking that it is about.
    Booking(Uuid),
    /// The payment that it is about.
    Payment(Uuid),
    /// The intent that is carried out.
    Intent(Uuid),
    /// What is to be done, such as `call_provider`.
    IntentKind(&'static str),
    /// Which process stated it.
    Process(SmolStr),
    /// Which try it is, from 1.
    Attempt(i32),
    /// The fact that led here.
    CausedBy(i64),
    /// The command.
    Command(Uuid),
    /// In which role it was given.
    Actor(&'static str),
    /// What became of it: a word of ours.
    Outcome(&'static str),
    /// The types of the facts, in order, separated by commas.
    Events(SmolStr),
    /// The position of the first fact.
    Position(i64),
    /// How many facts of this trace.
    Facts(usize),
    /// How many facts there were in the batch, of whichever trace.
    BatchFacts(usize),
    /// The key that the facts are partitioned by: an id.
    PartitionKey(SmolStr),
    /// The read model or process that took facts in.
    Consumer(&'static str),
    /// The provider.
    Provider(&'static str),
    /// What is requested of it, such as `capture`.
    Operation(&'static str),
}

/// An attribute's value on its way out.
pub(crate) enum Value {
    Text(String),
    Number(i64),
}

impl Attribute {
    pub(crate) const fn key(&self) -> &'static str {
        match self {
            Self::HttpMethod(_) => "http.request.method",
            Self::HttpRoute(_) => "http.route",
            Self::HttpStatus(_) => "http.response.status_code",
            Self::ServerAddress(_) => "server.address",
            Self::ErrorType(_) => "error.type",
            Self::Booking(_) => "booking.id",
            Self::Payment(_) => "payment.id",
            Self::Intent(_) => "intent.id",
            Self::IntentKind(_) => "intent.kind",
            Self::Process(_) => "tot.process",
            Self::Attempt(_) => "tot.attempt",
            Self::CausedBy(_) => "tot.caused_by",
            Self::Command(_) => "command.id",
            Self::Actor(_) => "tot.actor.role",
            Self::Outcome(_) => "tot.outcome",
            Self::Events(_) => "tot.events",
            Self::Position(_) => "tot.position",
            Self::Facts(_) => "tot.facts",
            Self::BatchFacts(_) => "tot.batch.facts",
            Self::PartitionKey(_) => "tot.partition_key",
            Self::Consumer(_) => "tot.consumer",
            Self::Provider(_) => "tot.provider",
            Self::Operation(_) => "tot.operation",
        }
    }

    pub(crate) fn value(self) -> Value {
        let count = |count: usize| Value::Number(i64::try_from(count).unwrap_or(i64::MAX));
        match self {
            Self::HttpMethod(word)
            | Self::ErrorType(word)
            | Self::IntentKind(word)
            | Self::Actor(word)
            | Self::Outcome(word)
            | Self::Consumer(word)
            | Self::Provider(word)
            | Self::Operation(word) => Value::Text(word.to_owned()),
            Self::HttpRoute(text)
            | Self::ServerAddress(text)
            | Self::Process(text)
            | Self::Events(text)
            | Self::PartitionKey(text) => Value::Text(text.into()),
            Self::Booking(id) | Self::Payment(id) | Self::Intent(id) | Self::Command(id) => {
                Value::Text(id.to_string())
            }
            Self::HttpStatus(status) => Value::Number(status.into()),
            Self::Attempt(number) => Value::Number(number.into()),
            Self::CausedBy(position) | Self::Position(position) => Value::Number(position),
            Self::Facts(facts) | Self::BatchFacts(facts) => count(facts),
        }
    }
}
