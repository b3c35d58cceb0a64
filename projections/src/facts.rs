//! Facts as projectors meet them: what is theirs is decoded, the rest passed over unread.

use cqrs_es::Aggregate;
use domain::any_event::{AnyEvent, DecodeFault};
use domain::booking::{self, Booking};
use domain::payment::{self, Payment};
use domain::schedule::{self, DoctorDay};
use domain::upcasting::{Upcasting, upcast};
use domain::wallet::{self, Wallet};
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

    const fn upcastings(self) -> &'static [Upcasting] {
        match self {
            Self::Booking => booking::upcast::TABLE,
            Self::DoctorDay => schedule::upcast::TABLE,
            Self::Payment => payment::upcast::TABLE,
            Self::Wallet => wallet::upcast::TABLE,
        }
    }
}

/// The facts of the wanted kinds, decoded, in order. An old fact may say several newer ones, or nothing.
///
/// # Errors
/// [`ApplyFault::NeedsNewerCode`] for a type or version this code does not know, [`ApplyFault::Poison`] for a payload
/// that is not what its type and version promise.
pub(crate) fn wanted<'a>(facts: &'a [Fact], kinds: &[Of]) -> Result<Vec<(&'a Fact, AnyEvent)>, ApplyFault> {
    let mut decoded = Vec::with_capacity(facts.len());
    for fact in facts {
        let Some(kind) = kinds
            .iter()
            .find(|kind| kind.aggregate_type() == fact.aggregate_type)
        else {
            continue;
        };
        let (event_type, version, payload) = (&fact.event_type, &fact.event_version, fact.payload.get());
        let rewritten = upcast(kind.upcastings(), event_type, version, payload)
            .map_err(|fault| poison(fact, format!("the old fact cannot be read: {fault}")))?;
        match rewritten {
            None => decoded.push((fact, decode(fact, event_type, version, payload)?)),
            Some(newer) => {
                for newer in newer {
                    let event = decode(fact, &newer.event_type, &newer.event_version, &newer.payload)?;
                    decoded.push((fact, event));
                }
            }
        }
    }
    Ok(decoded)
}

fn decode(fact: &Fact, event_type: &str, version: &str, payload: &str) -> Result<AnyEvent, ApplyFault> {
    AnyEvent::decode(&fact.aggregate_type, event_type, version, payload).map_err(|fault| match fault {
        DecodeFault::Unknown => ApplyFault::NeedsNewerCode {
            position: fact.position,
        },
        DecodeFault::Malformed(fault) => {
            poison(fact, format!("the payload cannot be read: {}", word(&fault)))
        }
    })
}

/// What kind of fault it is and where, without the text around it: reasons are shown to operators and hold no payload.
fn word(fault: &serde_json::Error) -> String {
    format!("{:?} fault at column {}", fault.classify(), fault.column())
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
