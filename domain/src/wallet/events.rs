//! The facts of a wallet's statement period.
//! `at` is the moment of the decision, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, BookingId, PaymentId, PayoutId, TransferId};
use crate::money::Money;
use crate::people::Actor;

/// Money kept back for a payment that is not settled yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletHold {
    pub payment_id: PaymentId,
    pub amount: Money,
}

/// What a visit earned, not to be paid out yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestingEarning {
    pub booking_id: BookingId,
    pub amount: Money,
    pub rests_until: Timestamp,
}

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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WalletEvent {
    /// A statement period began, with what the last one carried forward.
    #[serde(rename = "WalletPeriodOpened")]
    PeriodOpened {
        owner_id: AccountId,
        period: u32,
        /// The balance carried forward, holds included.
        balance: Money,
        /// The holds carried forward.
        holds: Vec<WalletHold>,
        /// The earnings carried forward that rest; the second version tells them, the first one has none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        resting: Vec<RestingEarning>,
        at: Timestamp,
    },
    /// The statement period ended; nothing more may happen in it.
    #[serde(rename = "WalletPeriodClosed")]
    PeriodClosed { at: Timestamp },
    #[serde(rename = "WalletDeposited")]
    Deposited {
        owner_id: AccountId,
        transfer_id: TransferId,
        amount: Money,
        source: DepositSource,
        by: Actor,
        at: Timestamp,
    },
    /// Money went out to its owner.
    #[serde(rename = "WalletWithdrawn")]
    Withdrawn {
        owner_id: AccountId,
        transfer_id: TransferId,
        amount: Money,
        by: Actor,
        at: Timestamp,
    },
    /// Money is kept back for a payment.
    #[serde(rename = "WalletHeld")]
    Held {
        owner_id: AccountId,
        payment_id: PaymentId,
        amount: Money,
        at: Timestamp,
    },
    /// Held money was paid; what was held beyond it is free again.
    #[serde(rename = "WalletPosted")]
    Posted {
        owner_id: AccountId,
        payment_id: PaymentId,
        amount: Money,
        at: Timestamp,
    },
    /// Held money is free again.
    #[serde(rename = "WalletVoided")]
    Voided {
        owner_id: AccountId,
        payment_id: PaymentId,
        at: Timestamp,
    },
    /// Paid money came back.
    #[serde(rename = "WalletRefunded")]
    Refunded {
        owner_id: AccountId,
        payment_id: PaymentId,
        number: u32,
        amount: Money,
        at: Timestamp,
    },
    /// A visit earned its doctor money.
    #[serde(rename = "WalletEarned")]
    Earned {
        /// Whose wallet: the doctor's.
        owner_id: AccountId,
        booking_id: BookingId,
        /// How much: the doctor's part.
        amount: Money,
        /// When it may be paid out; the second version tells it, what the first one tells of never rested.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rests_until: Option<Timestamp>,
        at: Timestamp,
    },
    /// Money was sent out to its owner's bank.
    #[serde(rename = "WalletPaidOut")]
    PaidOut {
        owner_id: AccountId,
        payout_id: PayoutId,
        amount: Money,
        at: Timestamp,
    },
    /// A payout came to nothing; its money is back.
    #[serde(rename = "WalletPayoutReturned")]
    PayoutReturned {
        owner_id: AccountId,
        payout_id: PayoutId,
        amount: Money,
        at: Timestamp,
    },
    /// Deposited money is to go back the way it came; it cannot be spent any more.
    #[serde(rename = "WalletDepositReturned")]
    DepositReturned {
        owner_id: AccountId,
        transfer_id: TransferId,
        /// The number of the refund within the deposit's payment, from 1.
        number: u32,
        amount: Money,
        at: Timestamp,
    },
    /// The way back came to nothing: the money can be spent again.
    #[serde(rename = "WalletDepositRestored")]
    DepositRestored {
        owner_id: AccountId,
        transfer_id: TransferId,
        /// The number of the refund that came to nothing.
        number: u32,
        amount: Money,
        at: Timestamp,
    },
}

/// Every type of event: its stable name and its highest version.
pub const TYPES: &[(&str, &str)] = &[
    ("WalletPeriodOpened", "2"),
    ("WalletPeriodClosed", "1"),
    ("WalletDeposited", "1"),
    ("WalletWithdrawn", "1"),
    ("WalletHeld", "1"),
    ("WalletPosted", "1"),
    ("WalletVoided", "1"),
    ("WalletRefunded", "1"),
    ("WalletEarned", "2"),
    ("WalletPaidOut", "1"),
    ("WalletPayoutReturned", "1"),
    ("WalletDepositReturned", "1"),
    ("WalletDepositRestored", "1"),
];

impl WalletEvent {
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
