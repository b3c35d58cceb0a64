//! The facts of a wallet's statement period.

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, BookingId, PaymentId, PayoutId, TransferId};
use crate::money::Money;
use crate::people::Actor;

/// Money kept back for a payment that is not settled yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletHold {
    /// The payment.
    pub payment_id: PaymentId,
    /// How much is kept back.
    pub amount: Money,
}

/// What a visit earned, not to be paid out yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestingEarning {
    /// The visit.
    pub booking_id: BookingId,
    /// How much it earned.
    pub amount: Money,
    /// When it may be paid out.
    pub rests_until: Timestamp,
}

/// Where deposited money came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DepositSource {
    /// Cash taken by an admin.
    Cash,
    /// A card, through a provider.
    Yookassa,
    /// The faster payments system, through a provider.
    Sbp,
}

/// What happened in a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WalletEvent {
    /// A statement period began, with what the last one carried forward.
    #[serde(rename = "WalletPeriodOpened")]
    PeriodOpened {
        /// Whose wallet.
        owner_id: AccountId,
        /// The period's number, from 1.
        period: u32,
        /// The balance carried forward, holds included.
        balance: Money,
        /// The holds carried forward.
        holds: Vec<WalletHold>,
        /// The earnings carried forward that rest; the second version tells them, the first one has none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        resting: Vec<RestingEarning>,
        /// When.
        at: Timestamp,
    },
    /// The statement period ended; nothing more may happen in it.
    #[serde(rename = "WalletPeriodClosed")]
    PeriodClosed {
        /// When.
        at: Timestamp,
    },
    /// Money came in.
    #[serde(rename = "WalletDeposited")]
    Deposited {
        /// Whose wallet.
        owner_id: AccountId,
        /// The deposit.
        transfer_id: TransferId,
        /// How much.
        amount: Money,
        /// From where.
        source: DepositSource,
        /// Who took it.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// Money went out to its owner.
    #[serde(rename = "WalletWithdrawn")]
    Withdrawn {
        /// Whose wallet.
        owner_id: AccountId,
        /// The withdrawal.
        transfer_id: TransferId,
        /// How much.
        amount: Money,
        /// Who paid it out.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// Money is kept back for a payment.
    #[serde(rename = "WalletHeld")]
    Held {
        /// Whose wallet.
        owner_id: AccountId,
        /// The payment.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// Held money was paid; what was held beyond it is free again.
    #[serde(rename = "WalletPosted")]
    Posted {
        /// Whose wallet.
        owner_id: AccountId,
        /// The payment.
        payment_id: PaymentId,
        /// How much was paid.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// Held money is free again.
    #[serde(rename = "WalletVoided")]
    Voided {
        /// Whose wallet.
        owner_id: AccountId,
        /// The payment.
        payment_id: PaymentId,
        /// When.
        at: Timestamp,
    },
    /// Paid money came back.
    #[serde(rename = "WalletRefunded")]
    Refunded {
        /// Whose wallet.
        owner_id: AccountId,
        /// The payment.
        payment_id: PaymentId,
        /// The number of the refund within the payment, from 1.
        number: u32,
        /// How much.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// A visit earned its doctor money.
    #[serde(rename = "WalletEarned")]
    Earned {
        /// Whose wallet: the doctor's.
        owner_id: AccountId,
        /// The visit.
        booking_id: BookingId,
        /// How much: the doctor's part.
        amount: Money,
        /// When it may be paid out; the second version tells it, what the first one tells of never rested.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rests_until: Option<Timestamp>,
        /// When.
        at: Timestamp,
    },
    /// Money was sent out to its owner's bank.
    #[serde(rename = "WalletPaidOut")]
    PaidOut {
        /// Whose wallet.
        owner_id: AccountId,
        /// The payout.
        payout_id: PayoutId,
        /// How much.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// A payout came to nothing; its money is back.
    #[serde(rename = "WalletPayoutReturned")]
    PayoutReturned {
        /// Whose wallet.
        owner_id: AccountId,
        /// The payout.
        payout_id: PayoutId,
        /// How much.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// Deposited money is to go back the way it came; it cannot be spent any more.
    #[serde(rename = "WalletDepositReturned")]
    DepositReturned {
        /// Whose wallet.
        owner_id: AccountId,
        /// The deposit.
        transfer_id: TransferId,
        /// The number of the refund within the deposit's payment, from 1.
        number: u32,
        /// How much.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// The way back came to nothing: the money can be spent again.
    #[serde(rename = "WalletDepositRestored")]
    DepositRestored {
        /// Whose wallet.
        owner_id: AccountId,
        /// The deposit.
        transfer_id: TransferId,
        /// The number of the refund that came to nothing.
        number: u32,
        /// How much.
        amount: Money,
        /// When.
        at: Timestamp,
    },
}

impl WalletEvent {
    /// The stable name of the fact's type, as stored.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::PeriodOpened { .. } => "WalletPeriodOpened",
            Self::PeriodClosed { .. } => "WalletPeriodClosed",
            Self::Deposited { .. } => "WalletDeposited",
            Self::Withdrawn { .. } => "WalletWithdrawn",
            Self::Held { .. } => "WalletHeld",
            Self::Posted { .. } => "WalletPosted",
            Self::Voided { .. } => "WalletVoided",
            Self::Refunded { .. } => "WalletRefunded",
            Self::Earned { .. } => "WalletEarned",
            Self::PaidOut { .. } => "WalletPaidOut",
            Self::PayoutReturned { .. } => "WalletPayoutReturned",
            Self::DepositReturned { .. } => "WalletDepositReturned",
            Self::DepositRestored { .. } => "WalletDepositRestored",
        }
    }
}

impl DomainEvent for WalletEvent {
    fn event_type(&self) -> String {
        self.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        // Only what says something new is of the second version, so that older releases go on reading the rest.
        let rests = matches!(self, Self::PeriodOpened { resting, .. } if !resting.is_empty())
            || matches!(
                self,
                Self::Earned {
                    rests_until: Some(_),
                    ..
                }
            );
        let version = if rests { "2" } else { "1" };
        version.to_owned()
    }
}
