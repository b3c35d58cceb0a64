//! A wallet, of a patient or of a doctor, kept in statement periods: each is a stream of its own, closed and carried
//! forward, so that ten thousand past entries load as fast as none. A doctor's holds what visits earned.

pub mod commands;
pub mod decide;
pub mod events;
pub mod evolve;
pub mod refusal;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod resting_tests;
#[cfg(test)]
mod tests;

pub use commands::WalletCommand;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, BookingId, PaymentId, PayoutId, TransferId};
use crate::money::{Money, MoneyError};
use crate::wallet::events::{RestingEarning, WalletEvent, WalletHold};
use crate::wallet::refusal::WalletRefusal;

/// A statement period is closed when it has this many entries.
pub const ENTRIES_PER_PERIOD: u32 = 200;

/// How far a statement period has come.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wallet {
    /// The period has not begun.
    #[default]
    Absent,
    /// The period that takes entries.
    Open(Statement),
    Closed(Statement),
}

/// How a statement period stands.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub owner_id: AccountId,
    pub period: u32,
    /// What the wallet holds, what is kept back included.
    pub balance: Money,
    pub holds: Vec<WalletHold>,
    /// What visits earned lately, not to be paid out before each has rested.
    pub resting: Vec<RestingEarning>,
    pub entries: u32,
    /// The entries that may not be made twice.
    pub made: Vec<Entry>,
}

/// What an entry was made for; the same one is made once.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    Transfer(TransferId),
    /// A payment made of held money.
    Posted(PaymentId),
    /// The refund of a payment with this number.
    Refunded(PaymentId, u32),
    Earned(BookingId),
    PaidOut(PayoutId),
    PayoutReturned(PayoutId),
    /// A deposit's way back, by the number of the refund.
    Returned(TransferId, u32),
    /// A deposit's way back that came to nothing.
    Restored(TransferId, u32),
}

/// The facts that close a full statement period and open the next one, to be appended to the two streams together
/// and before whatever is asked next; nothing while there is room, or for a wallet of somebody else.
pub fn roll_over(wallet: &Wallet, owner: AccountId, at: Timestamp) -> Option<(WalletEvent, WalletEvent)> {
    let Wallet::Open(statement) = wallet else {
        return None;
    };
    if statement.entries < ENTRIES_PER_PERIOD || statement.owner_id != owner {
        return None;
    }
    let next = WalletEvent::PeriodOpened {
        owner_id: statement.owner_id,
        period: statement.period.checked_add(1)?,
        balance: statement.balance,
        holds: statement.holds.clone(),
        resting: statement.still_resting(at).copied().collect(),
        at,
    };
    Some((WalletEvent::PeriodClosed { at }, next))
}

impl Wallet {
    /// The stream of one of `owner`'s periods; numbers sort as text.
    pub fn stream_id(owner: AccountId, period: u32) -> String {
        format!("{owner}_{period:06}")
    }

    /// How the period stands, once it has begun.
    pub const fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Absent => None,
            Self::Open(statement) | Self::Closed(statement) => Some(statement),
        }
    }

    /// What is not kept back: the balance less the holds, resting earnings included; nothing before the first entry.
    pub fn available(&self) -> Money {
        self.statement()
            .and_then(|statement| statement.available().ok())
            .unwrap_or(Money::ZERO)
    }

    /// What can be spent or paid out at this time: what is not kept back, less the earnings that rest.
    pub fn available_at(&self, at: Timestamp) -> Money {
        self.statement()
            .and_then(|statement| statement.available_at(at).ok())
            .unwrap_or(Money::ZERO)
    }
}

impl Statement {
    /// The earnings that may not be paid out at this time yet.
    pub fn still_resting(&self, at: Timestamp) -> impl Iterator<Item = &RestingEarning> {
        self.resting
            .iter()
            .filter(move |earning| earning.rests_until > at)
    }

    /// How much may not be paid out at this time yet.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the sum does not fit.
    pub fn resting_at(&self, at: Timestamp) -> Result<Money, MoneyError> {
        let nothing = Money {
            minor: 0,
            currency: self.balance.currency,
        };
        self.still_resting(at)
            .try_fold(nothing, |sum, earning| sum.plus(earning.amount))
    }

    /// What can be spent or paid out at this time.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the difference does not fit.
    pub fn available_at(&self, at: Timestamp) -> Result<Money, MoneyError> {
        self.available()?.minus(self.resting_at(at)?)
    }

    /// What is kept back for payments.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the sum does not fit.
    pub fn held(&self) -> Result<Money, MoneyError> {
        let nothing = Money {
            minor: 0,
            currency: self.balance.currency,
        };
        self.holds
            .iter()
            .try_fold(nothing, |sum, hold| sum.plus(hold.amount))
    }

    /// What is not kept back: the balance less the holds.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the difference does not fit.
    pub fn available(&self) -> Result<Money, MoneyError> {
        self.balance.minus(self.held()?)
    }

    /// What is kept back for this payment.
    pub fn held_for(&self, payment_id: PaymentId) -> Option<Money> {
        self.holds
            .iter()
            .find(|hold| hold.payment_id == payment_id)
            .map(|hold| hold.amount)
    }
}

impl Aggregate for Wallet {
    const TYPE: &'static str = "wallet";
    type Command = WalletCommand;
    type Event = WalletEvent;
    type Error = WalletRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: WalletCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), WalletRefusal> {
        for fact in decide::decide(self, command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: WalletEvent) {
        *self = evolve::evolve(std::mem::take(self), fact);
    }
}
