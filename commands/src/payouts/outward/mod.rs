//! Payouts at their gateway: every request recorded before it is sent, every answer recorded as what the gateway has, and
//! what is not known asked for until it is. No transaction and no lock is held across a call.

mod call;
mod found;
mod look;
mod notice;
mod sealed;
mod state;

pub(crate) use call::call;
pub use found::{Told, payout_now, record_found};
pub(crate) use look::look;
pub(crate) use notice::noticed;
pub(crate) use sealed::destination_of;
pub(crate) use state::{Whose, answer, owner_of, read};
