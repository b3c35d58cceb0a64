//! What can be asked of a wallet. Amounts are always more than nothing.

use jiff::Timestamp;

use crate::ids::{AccountId, BookingId, PaymentId, PayoutId, TransferId};
use crate::money::Money;
use crate::people::Actor;
use crate::wallet::WalletCommand;
use crate::wallet::events::DepositSource;

/// Money comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The deposit.
    pub transfer_id: TransferId,
    /// How much.
    pub amount: Money,
    /// From where.
    pub source: DepositSource,
    /// Who takes it.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// Money goes out to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdraw {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The withdrawal.
    pub transfer_id: TransferId,
    /// How much.
    pub amount: Money,
    /// Who pays it out.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// Money is kept back for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The payment.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// Held money is paid; what was held beyond it is free again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The payment.
    pub payment_id: PaymentId,
    /// How much is paid, at most what is held.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// Held money is free again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The payment.
    pub payment_id: PaymentId,
    /// Now.
    pub at: Timestamp,
}

/// Paid money comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The number of the refund within the payment, from 1.
    pub number: u32,
    /// How much.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// A visit earned its doctor money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earn {
    /// Whose wallet: the doctor's.
    pub owner_id: AccountId,
    /// The visit.
    pub booking_id: BookingId,
    /// How much.
    pub amount: Money,
    /// When it may be paid out; at once if absent.
    pub rests_until: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
}

/// Money is sent out to its owner's bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayOut {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The payout.
    pub payout_id: PayoutId,
    /// How much.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// A payout came to nothing; its money is back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPayout {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The payout.
    pub payout_id: PayoutId,
    /// How much.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// Deposited money goes back the way it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnDeposit {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The deposit.
    pub transfer_id: TransferId,
    /// The number of the refund within the deposit's payment, from 1.
    pub number: u32,
    /// How much, at most what is available.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// The way back of deposited money came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreDeposit {
    /// Whose wallet.
    pub owner_id: AccountId,
    /// The deposit.
    pub transfer_id: TransferId,
    /// The number of the refund that came to nothing.
    pub number: u32,
    /// How much it was about.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

impl From<ReturnDeposit> for WalletCommand {
    fn from(command: ReturnDeposit) -> Self {
        Self::ReturnDeposit(command)
    }
}

impl From<RestoreDeposit> for WalletCommand {
    fn from(command: RestoreDeposit) -> Self {
        Self::RestoreDeposit(command)
    }
}

impl From<Deposit> for WalletCommand {
    fn from(command: Deposit) -> Self {
        Self::Deposit(command)
    }
}

impl From<Withdraw> for WalletCommand {
    fn from(command: Withdraw) -> Self {
        Self::Withdraw(command)
    }
}

impl From<Hold> for WalletCommand {
    fn from(command: Hold) -> Self {
        Self::Hold(command)
    }
}

impl From<Post> for WalletCommand {
    fn from(command: Post) -> Self {
        Self::Post(command)
    }
}

impl From<Void> for WalletCommand {
    fn from(command: Void) -> Self {
        Self::Void(command)
    }
}

impl From<Refund> for WalletCommand {
    fn from(command: Refund) -> Self {
        Self::Refund(command)
    }
}

impl From<Earn> for WalletCommand {
    fn from(command: Earn) -> Self {
        Self::Earn(command)
    }
}

impl From<PayOut> for WalletCommand {
    fn from(command: PayOut) -> Self {
        Self::PayOut(command)
    }
}

impl From<ReturnPayout> for WalletCommand {
    fn from(command: ReturnPayout) -> Self {
        Self::ReturnPayout(command)
    }
}
