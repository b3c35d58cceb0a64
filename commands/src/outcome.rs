//! What a use case answers: the aggregate after the decision, and where in the log that is.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use std::sync::Arc;

use domain::account::Account;
use domain::account::events::AccountField;
use domain::booking::Booking;
use domain::ids::{AccountId, BlockId, DoctorId};
use domain::money::Money;
use domain::payment::Payment;
use domain::payout::Payout;
use domain::people::Role;
use domain::schedule::DoctorDay;
use domain::time::TimeRange;
use event_store::{Outcome, Position, StreamName};

/// A use case carried out.
#[derive(Clone, Debug)]
pub struct CommandOutcome<T> {
    /// What came of it.
    pub answer: T,
    /// The position of the last fact; the head of the log if there was nothing left to do.
    pub position: Position,
    /// The version of the aggregate the answer is about.
    pub version: i64,
    /// Whether this is the first outcome of an earlier, identical command.
    pub replayed: bool,
}

impl<T> CommandOutcome<T> {
    /// `answer` about the aggregate in `name`, as `outcome` leaves it.
    pub(crate) fn of(answer: T, outcome: &Outcome, name: &StreamName) -> Self {
        Self {
            answer,
            position: outcome.position,
            version: outcome.version(name),
            replayed: outcome.replayed,
        }
    }

    /// The same with another answer.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> CommandOutcome<U> {
        CommandOutcome {
            answer: change(self.answer),
            position: self.position,
            version: self.version,
            replayed: self.replayed,
        }
    }
}

impl CommandOutcome<DayState> {
    /// The day in `name`, as `outcome` leaves it.
    pub(crate) fn of_day(outcome: &Outcome, name: &StreamName) -> Self {
        let day = outcome.state::<DoctorDay>(name).unwrap_or_default();
        Self::of(DayState { day }, outcome, name)
    }
}

/// A booking after a decision.
#[derive(Clone, Debug)]
pub struct BookingState {
    pub booking: Arc<Booking>,
    /// Its living payment, if there is one.
    pub payment: Option<Arc<Payment>>,
}

/// A payment after a decision.
#[derive(Clone, Debug)]
pub struct PaymentState {
    pub payment: Arc<Payment>,
}

/// A payout after a decision.
#[derive(Clone, Debug)]
pub struct PayoutState {
    pub payout: Arc<Payout>,
}

/// An account after a decision.
#[derive(Clone, Debug)]
pub struct AccountState {
    pub account_id: AccountId,
    pub role: Role,
    pub account: Arc<Account>,
    /// What the command changed, in the order of the contract.
    pub changed: Vec<AccountField>,
}

/// A doctor's day after a decision.
#[derive(Clone, Debug)]
pub struct DayState {
    pub day: Arc<DoctorDay>,
}

/// A stretch of time that a doctor keeps free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockState {
    pub block_id: BlockId,
    pub doctor_id: DoctorId,
    pub range: TimeRange,
}

/// What a wallet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletState {
    pub owner_id: AccountId,
    /// The statement period in force; 0 before the first deposit.
    pub period: u32,
    /// Everything in it, held money included.
    pub balance: Money,
    /// What is kept back for payments that are not settled.
    pub held: Money,
    /// What visits earned lately, not to be paid out before it has rested.
    pub resting: Money,
    /// What can be spent or paid out: the balance less what is held and what rests.
    pub available: Money,
}
