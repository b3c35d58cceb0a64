//! Payments that a provider carries: every request recorded before it is sent, every answer recorded as what the provider
//! has, and what is not known asked for until it is. No transaction and no lock is held across a call.

mod call;
mod found;
mod hold;
mod look;
mod notice;
pub mod plan;
mod prepare;
mod receipts;
pub mod record;
mod route;
mod send;
mod state;
pub(crate) mod translate;
mod turn;

use jiff::Timestamp;

use crate::intents::Intent;

pub use found::{Told, payment_now, record_found, record_found_refund};
pub use notice::{NOTICES, take_notice};

pub(crate) use call::call;
pub(crate) use hold::{keep_hold, lasts};
pub(crate) use look::{look, look_at_refund};
pub(crate) use notice::{ToldOf, noticed};
pub(crate) use receipts::look_at_receipt;
pub(crate) use record::pursue;
pub(crate) use route::{carrier_of_deposit, route};
pub(crate) use state::read;
pub(crate) use turn::next_refund;

/// What is to be done next about the same matter; none when there is nothing left to do.
pub(crate) type Onward = Option<Next>;

/// An instruction that follows another.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    /// What.
    pub(crate) intent: Intent,
    /// Not before.
    pub(crate) due_at: Timestamp,
}
