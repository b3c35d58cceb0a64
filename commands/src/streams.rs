//! The names of the streams decisions are taken over.

use domain::account::Account;
use domain::booking::Booking;
use domain::ids::{AccountId, BookingId, DoctorId, PartitionId, PaymentId, PayoutId};
use domain::payment::Payment;
use domain::payout::Payout;
use domain::price_list::PriceLists;
use domain::schedule::DoctorDay;
use domain::wallet::Wallet;
use event_store::StreamName;
use jiff::civil::Date;

use crate::refusal::Refusal;

/// The streams of one decision, refused in the words of this crate.
pub(crate) type UnitOfWork<'a> = event_store::UnitOfWork<'a, Refusal>;
/// Why a decision stopped.
pub(crate) type DecisionError = event_store::DecisionError<Refusal>;

/// A booking's stream.
pub(crate) fn booking(id: BookingId) -> StreamName {
    StreamName::of::<Booking>(id, id)
}

/// The stream of a doctor's local date.
pub(crate) fn day(doctor_id: DoctorId, date: Date) -> StreamName {
    StreamName::of::<DoctorDay>(format_args!("{doctor_id}_{date}"), doctor_id)
}

/// A payment's stream; it lies in the partition of its booking, or for a deposit of its owner.
pub(crate) fn payment(id: PaymentId, partition: impl Into<PartitionId>) -> StreamName {
    StreamName::of::<Payment>(id, partition.into())
}

/// A payout's stream; it lies in the partition of its owner.
pub(crate) fn payout(id: PayoutId, owner_id: AccountId) -> StreamName {
    StreamName::of::<Payout>(id, owner_id)
}

/// The stream of what was done to an account; it lies in the account's partition.
pub(crate) fn account(id: AccountId) -> StreamName {
    StreamName::of::<Account>(id, id)
}

/// The one stream of the price lists, in a partition of its own.
pub(crate) fn price_lists() -> StreamName {
    StreamName::of::<PriceLists>("platform", "price_list")
}

/// The stream of a wallet's statement period.
pub(crate) fn wallet(owner_id: AccountId, period: u32) -> StreamName {
    StreamName::of::<Wallet>(format_args!("{owner_id}_{period:06}"), owner_id)
}

/// What the ids of all periods of a wallet start with.
pub(crate) fn wallet_prefix(owner_id: AccountId) -> String {
    format!("{owner_id}_")
}
