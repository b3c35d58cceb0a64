//! What can be asked of a wallet. Amounts are always more than nothing.
//! `at` is the moment of the command, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use derive_more::From;
use jiff::Timestamp;

use crate::ids::{AccountId, BookingId, PaymentId, PayoutId, TransferId};
use crate::money::Money;
use crate::people::Actor;
use crate::wallet::events::DepositSource;

#[derive(Clone, Debug, PartialEq, Eq, From)]
pub enum WalletCommand {
    Deposit(Deposit),
    Withdraw(Withdraw),
    Hold(HoldMoney),
    Post(Post),
    Void(Void),
    Refund(CreditRefund),
    Earn(CreditEarnings),
    PayOut(PayOut),
    ReturnPayout(ReturnPayout),
    ReturnDeposit(ReturnDeposit),
    RestoreDeposit(RestoreDeposit),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    pub owner_id: AccountId,
    pub transfer_id: TransferId,
    pub amount: Money,
    pub source: DepositSource,
    pub by: Actor,
    pub at: Timestamp,
}

/// Money goes out to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdraw {
    pub owner_id: AccountId,
    pub transfer_id: TransferId,
    pub amount: Money,
    pub by: Actor,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldMoney {
    pub owner_id: AccountId,
    pub payment_id: PaymentId,
    pub amount: Money,
    pub at: Timestamp,
}

/// Held money is paid; what was held beyond it is free again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub owner_id: AccountId,
    pub payment_id: PaymentId,
    /// How much is paid, at most what is held.
    pub amount: Money,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    pub owner_id: AccountId,
    pub payment_id: PaymentId,
    pub at: Timestamp,
}

/// Paid money comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditRefund {
    pub owner_id: AccountId,
    pub payment_id: PaymentId,
    pub number: u32,
    pub amount: Money,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditEarnings {
    pub owner_id: AccountId,
    pub booking_id: BookingId,
    pub amount: Money,
    /// When it may be paid out; at once if absent.
    pub rests_until: Option<Timestamp>,
    pub at: Timestamp,
}

/// Money is sent out to its owner's bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayOut {
    pub owner_id: AccountId,
    pub payout_id: PayoutId,
    pub amount: Money,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPayout {
    pub owner_id: AccountId,
    pub payout_id: PayoutId,
    pub amount: Money,
    pub at: Timestamp,
}

/// Deposited money goes back the way it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnDeposit {
    pub owner_id: AccountId,
    pub transfer_id: TransferId,
    pub number: u32,
    /// How much, at most what is available.
    pub amount: Money,
    pub at: Timestamp,
}

/// The way back of deposited money came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreDeposit {
    pub owner_id: AccountId,
    pub transfer_id: TransferId,
    pub number: u32,
    pub amount: Money,
    pub at: Timestamp,
}
