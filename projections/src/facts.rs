//! Facts as projectors meet them: what is theirs is decoded, the rest passed over unread.

use cqrs_es::Aggregate;
use domain::any_event::{AnyEvent, DecodeError, DecodedEvents};
use domain::booking::Booking;
use domain::payment::Payment;
use domain::payout::Payout;
use domain::schedule::DoctorDay;
use domain::wallet::Wallet;
use event_store::{ApplyError, Fact, StoredFact};
use std::str::FromStr;
use std::sync::Arc;

/// The kinds of stream a projector can be interested in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Booking,
    DoctorDay,
    Payment,
    Wallet,
    Payout,
    /// Of a booking, what its doctor earned alone.
    Earning,
    /// Of a payment, what could not be believed alone.
    PaymentAnomaly,
    /// The same of a payout.
    PayoutAnomaly,
}

impl Input {
    const fn aggregate_type(self) -> &'static str {
        match self {
            Self::Booking | Self::Earning => Booking::TYPE,
            Self::DoctorDay => DoctorDay::TYPE,
            Self::Payment | Self::PaymentAnomaly => Payment::TYPE,
            Self::Wallet => Wallet::TYPE,
            Self::Payout | Self::PayoutAnomaly => Payout::TYPE,
        }
    }

    fn holds(self, fact: &Fact) -> bool {
        self.aggregate_type() == fact.aggregate_type
            && self
                .event_types()
                .is_none_or(|types| types.contains(&fact.event_type.as_str()))
    }

    /// The only facts of the stream that matter; none where all do.
    const fn event_types(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Booking | Self::DoctorDay | Self::Payment | Self::Wallet | Self::Payout => None,
            Self::Earning => Some(&["BookingEarned"]),
            Self::PaymentAnomaly => Some(&["PaymentAnomalyRecorded", "PaymentAnomalyResolved"]),
            Self::PayoutAnomaly => Some(&["PayoutAnomalyRecorded", "PayoutAnomalyResolved"]),
        }
    }
}

/// Whether the fact is of one of these kinds.
pub(crate) fn is(fact: &Fact, kinds: &[Input]) -> bool {
    kinds.iter().any(|kind| kind.holds(fact))
}

/// A stored fact and one of the events it says.
pub(crate) type Decoded<'a> = (&'a Fact, Arc<AnyEvent>);

/// The facts of the wanted kinds, decoded, in order. An old fact may say several newer ones, or nothing.
///
/// # Errors
/// [`ApplyError::NeedsNewerCode`] for a type or version this code does not know, [`ApplyError::Poison`] for a payload
/// that is not what its type and version promise.
pub(crate) fn decode_inputs<'a>(facts: &'a [Fact], kinds: &[Input]) -> Result<Vec<Decoded<'a>>, ApplyError> {
    let mut decoded = Vec::with_capacity(facts.len());
    for fact in facts {
        if !is(fact, kinds) {
            continue;
        }
        let said = fact.read_as(read).map_err(|error| apply_error(fact, &error))?;
        decoded.extend(said.iter().map(|event| (fact, Arc::clone(event))));
    }
    Ok(decoded)
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

fn apply_error(fact: &Fact, error: &DecodeError) -> ApplyError {
    match error {
        DecodeError::Unknown => ApplyError::NeedsNewerCode {
            position: fact.position,
        },
        DecodeError::Malformed(error) => poison(fact, format!("the payload cannot be read: {}", word(error))),
        DecodeError::Old(error) => poison(fact, format!("the old fact cannot be read: {error}")),
    }
}

/// What kind of error it is and where, without the text around it: reasons are shown to operators and hold no payload.
fn word(error: &serde_json::Error) -> String {
    format!("{:?} fault at column {}", error.classify(), error.column())
}

/// This fact cannot be applied, ever, by this code.
pub(crate) fn poison(fact: &Fact, reason: impl Into<String>) -> ApplyError {
    ApplyError::Poison {
        position: fact.position,
        reason: reason.into(),
    }
}

/// The partition key as the id it is.
pub(crate) fn partition<T: FromStr>(fact: &Fact) -> Result<T, ApplyError> {
    fact.partition_key
        .parse()
        .map_err(|_| poison(fact, "the partition key is not the id it should be"))
}

/// The stream's id as the id it is.
pub(crate) fn stream<T: FromStr>(fact: &Fact) -> Result<T, ApplyError> {
    fact.aggregate_id
        .parse()
        .map_err(|_| poison(fact, "the stream's id is not the id it should be"))
}
