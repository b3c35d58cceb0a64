//! Every fact there is, decoded from what the log stores.

use std::sync::Arc;

use cqrs_es::Aggregate;
use serde::de::Error as _;

use crate::account::events::AccountEvent;
use crate::account::{self, Account};
use crate::booking::events::BookingEvent;
use crate::booking::{self, Booking};
use crate::payment::events::PaymentEvent;
use crate::payment::{self, Payment};
use crate::payout::events::PayoutEvent;
use crate::payout::{self, Payout};
use crate::price_list::events::PriceListEvent;
use crate::price_list::{self, PriceLists};
use crate::schedule::events::DoctorDayEvent;
use crate::schedule::{self, DoctorDay};
use crate::upcasting::{UpcastError, Upcasting, upcast};
use crate::wallet::events::WalletEvent;
use crate::wallet::{self, Wallet};

/// A fact of any aggregate.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyEvent {
    Booking(BookingEvent),
    DoctorDay(DoctorDayEvent),
    Payment(PaymentEvent),
    Wallet(WalletEvent),
    Payout(PayoutEvent),
    PriceList(PriceListEvent),
    Account(AccountEvent),
}

/// What one stored fact says in today's words, to be shared by all who follow the log in one process.
pub type DecodedEvents = Vec<Arc<AnyEvent>>;

/// Why a stored fact cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// This program does not know the type, or not this version of it: newer code is needed.
    #[error("this type or version of fact is not known here")]
    Unknown,
    /// The payload is not of the shape that its version has.
    #[error("the payload of a known fact cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// It is of an old version and cannot be said in newer words.
    #[error("an old fact cannot be read")]
    Old(#[source] UpcastError),
}

/// Every type of event: its aggregate, its name, its highest version.
pub fn known_types() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    [
        (Booking::TYPE, booking::events::TYPES),
        (DoctorDay::TYPE, schedule::events::TYPES),
        (Payment::TYPE, payment::events::TYPES),
        (Wallet::TYPE, wallet::events::TYPES),
        (Payout::TYPE, payout::events::TYPES),
        (PriceLists::TYPE, price_list::events::TYPES),
        (Account::TYPE, account::events::TYPES),
    ]
    .into_iter()
    .flat_map(|(aggregate, types)| {
        types
            .iter()
            .map(move |(name, highest)| (aggregate, *name, *highest))
    })
}

/// Whether this program can read such a fact: the type is known and the version is not newer than its highest.
pub fn known(aggregate_type: &str, event_type: &str, event_version: &str) -> bool {
    let highest = known_types()
        .find(|(aggregate, name, _)| *aggregate == aggregate_type && *name == event_type)
        .and_then(|(_, _, highest)| version(highest));
    match (highest, version(event_version)) {
        (Some(highest), Some(asked)) => (1..=highest).contains(&asked),
        (Some(_) | None, Some(_) | None) => false,
    }
}

/// How old facts of this kind of stream are made readable. What a second version of a wallet's says beside the first is
/// absent there and means nothing; of all others every type still has its first version.
pub fn upcastings(aggregate_type: &str) -> &'static [Upcasting] {
    match aggregate_type {
        Booking::TYPE => booking::upcast::TABLE,
        Account::TYPE => account::upcast::TABLE,
        _ => &[],
    }
}

impl AnyEvent {
    /// Reads a stored fact of any version: what it says in today's words, which may be several facts, or none.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn read(
        aggregate_type: &str,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<DecodedEvents, DecodeError> {
        let rewritten = upcast(upcastings(aggregate_type), event_type, event_version, payload)
            .map_err(DecodeError::Old)?;
        match rewritten {
            None => Self::decode(aggregate_type, event_type, event_version, payload)
                .map(|fact| vec![Arc::new(fact)]),
            Some(newer) => newer
                .iter()
                .map(|fact| {
                    Self::decode(
                        aggregate_type,
                        &fact.event_type,
                        &fact.event_version,
                        &fact.payload,
                    )
                    .map(Arc::new)
                })
                .collect(),
        }
    }

    /// Reads a stored fact of today's version; older ones are upcast first.
    ///
    /// # Errors
    /// [`DecodeError::Unknown`] or [`DecodeError::Malformed`].
    pub fn decode(
        aggregate_type: &str,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<Self, DecodeError> {
        if !known(aggregate_type, event_type, event_version) {
            return Err(DecodeError::Unknown);
        }
        let fact = match aggregate_type {
            Booking::TYPE => serde_json::from_str(payload).map(Self::Booking),
            DoctorDay::TYPE => serde_json::from_str(payload).map(Self::DoctorDay),
            Payment::TYPE => serde_json::from_str(payload).map(Self::Payment),
            Wallet::TYPE => serde_json::from_str(payload).map(Self::Wallet),
            Payout::TYPE => serde_json::from_str(payload).map(Self::Payout),
            PriceLists::TYPE => serde_json::from_str(payload).map(Self::PriceList),
            Account::TYPE => serde_json::from_str(payload).map(Self::Account),
            _ => return Err(DecodeError::Unknown),
        }
        .map_err(DecodeError::Malformed)?;
        if fact.type_name() != event_type {
            let found = fact.type_name();
            return Err(DecodeError::Malformed(serde_json::Error::custom(format_args!(
                "the payload is a {found}"
            ))));
        }
        Ok(fact)
    }

    /// The stable name of the fact's type, as stored.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Booking(fact) => fact.type_name(),
            Self::DoctorDay(fact) => fact.type_name(),
            Self::Payment(fact) => fact.type_name(),
            Self::Wallet(fact) => fact.type_name(),
            Self::Payout(fact) => fact.type_name(),
            Self::PriceList(fact) => fact.type_name(),
            Self::Account(fact) => fact.type_name(),
        }
    }

    /// The payload as stored.
    ///
    /// # Errors
    /// Whatever keeps the fact from being JSON; no fact there is does.
    pub fn payload(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Booking(fact) => serde_json::to_string(fact),
            Self::DoctorDay(fact) => serde_json::to_string(fact),
            Self::Payment(fact) => serde_json::to_string(fact),
            Self::Wallet(fact) => serde_json::to_string(fact),
            Self::Payout(fact) => serde_json::to_string(fact),
            Self::PriceList(fact) => serde_json::to_string(fact),
            Self::Account(fact) => serde_json::to_string(fact),
        }
    }
}

fn version(text: &str) -> Option<u32> {
    text.parse().ok()
}
