//! Facts as projectors meet them: what is theirs is decoded, the rest passed over unread.

use cqrs_es::Aggregate;
use domain::any_event::{AnyEvent, DecodeFault};
use domain::booking::Booking;
use domain::payment::Payment;
use domain::schedule::DoctorDay;
use domain::wallet::Wallet;
use event_store::{ApplyFault, Fact};
use std::str::FromStr;

/// The kinds of stream a projector can be interested in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Booking,
    DoctorDay,
    Payment,
    Wallet,
}

impl Of {
    const fn aggregate_type(self) -> &'static str {
        match self {
            Self::Booking => Booking::TYPE,
            Self::DoctorDay => DoctorDay::TYPE,
            Self::Payment => Payment::TYPE,
            Self::Wallet => Wallet::TYPE,
        }
    }
}

/// The facts of the wanted kinds, decoded, in order.
///
/// # Errors
/// [`ApplyFault::NeedsNewerCode`] for a type or version this code does not know, [`ApplyFault::Poison`] for a payload
/// that is not what its type and version promise.
pub(crate) fn wanted<'a>(facts: &'a [Fact], kinds: &[Of]) -> Result<Vec<(&'a Fact, AnyEvent)>, ApplyFault> {
    facts
        .iter()
        .filter(|fact| {
            kinds
                .iter()
                .any(|kind| kind.aggregate_type() == fact.aggregate_type)
        })
        .map(|fact| Ok((fact, decode(fact)?)))
        .collect()
}

fn decode(fact: &Fact) -> Result<AnyEvent, ApplyFault> {
    AnyEvent::decode(
        &fact.aggregate_type,
        &fact.event_type,
        &fact.event_version,
        fact.payload.get(),
    )
    .map_err(|fault| match fault {
        DecodeFault::Unknown => ApplyFault::NeedsNewerCode {
            position: fact.position,
        },
        DecodeFault::Malformed(fault) => poison(fact, format!("the payload cannot be read: {fault}")),
    })
}

/// This fact cannot be applied, ever, by this code.
pub(crate) fn poison(fact: &Fact, reason: impl Into<String>) -> ApplyFault {
    ApplyFault::Poison {
        position: fact.position,
        reason: reason.into(),
    }
}

/// The partition key as the id it is.
pub(crate) fn partition<T: FromStr>(fact: &Fact) -> Result<T, ApplyFault> {
    fact.partition_key
        .parse()
        .map_err(|_| poison(fact, "the partition key is not the id it should be"))
}

/// The stream's id as the id it is.
pub(crate) fn stream<T: FromStr>(fact: &Fact) -> Result<T, ApplyFault> {
    fact.aggregate_id
        .parse()
        .map_err(|_| poison(fact, "the stream's id is not the id it should be"))
}
