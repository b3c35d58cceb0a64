//! What could not be believed of payments and payouts: the tasks of operators.
#![expect(missing_docs, reason = "pure data: most names say it all")]

pub(crate) mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;

use domain::ids::{AccountId, PaymentId, PayoutId};
use domain::money::Money;
use domain::payment::anomaly::{AnomalyKind, Resolution, Source};
use event_store::Position;
use jiff::Timestamp;
use uuid::Uuid;

/// What a provider showed and the rules could not believe: a task for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnomalyRow {
    pub subject: AnomalySubject,
    /// Its number within its subject, from 1.
    pub number: u32,
    /// The fact that recorded it.
    pub position: Position,
    pub kind: AnomalyKind,
    pub source: Source,
    /// The request it is about, as a stable word, if it is about one.
    pub call: Option<String>,
    /// The provider's id of what it was seen on.
    pub provider_id: Option<String>,
    /// The sum that was seen, where it is about one.
    pub seen: Option<Money>,
    pub seen_at: Timestamp,
    pub settled: Option<Settled>,
}

/// What an anomaly is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnomalySubject {
    /// Money that comes in.
    Payment(PaymentId),
    /// Money that goes out.
    Payout(PayoutId),
}

const PAYMENT: &str = "payment";
const PAYOUT: &str = "payout";

impl AnomalySubject {
    /// The stable word for what it is.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment(_) => PAYMENT,
            Self::Payout(_) => PAYOUT,
        }
    }

    /// The id, whatever it is of.
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Payment(id) => id.uuid(),
            Self::Payout(id) => id.uuid(),
        }
    }

    /// The one with this word and id.
    pub(crate) fn read(word: &str, id: Uuid) -> Option<Self> {
        match word {
            PAYMENT => Some(Self::Payment(PaymentId::from_uuid(id))),
            PAYOUT => Some(Self::Payout(PayoutId::from_uuid(id))),
            _ => None,
        }
    }
}

/// How an operator settled an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    pub resolution: Resolution,
    /// Who; none when it was not a person.
    pub by: Option<AccountId>,
    pub at: Timestamp,
}
