//! Payouts at their gateway: every request recorded before it is sent, every answer recorded as what the gateway has, and
//! what is not known asked for until it is. No transaction and no lock is held across a call.

mod call;
mod notice;
mod poll;
mod reconciled;
mod sealed;
mod state;

pub(crate) use call::call;
pub(crate) use notice::process_payout_notice;
pub(crate) use poll::poll_payout;
pub use reconciled::{RecordedPayoutSnapshot, payout_now, record_reconciled};
pub(crate) use sealed::{BANK, NAMED_AS, PHONE, destination_of};
pub(crate) use state::{PayoutRef, answer, owner_of, read};
