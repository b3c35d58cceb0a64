//! Payments that a provider carries: every request recorded before it is sent, every answer recorded as what the provider
//! has, and what is not known asked for until it is. No transaction and no lock is held across a call.

mod call;
mod hold;
mod notice;
mod poll;
mod prepare;
pub mod receipts;
mod reconciled;
pub mod record;
mod route;
mod send;
mod state;
pub(crate) mod translate;
mod turn;

pub use notice::{NOTICES, enqueue_notice};
pub use reconciled::{RecordedSnapshot, payment_now, record_reconciled, record_reconciled_refund};

pub(crate) use call::call;
pub(crate) use hold::{ensure_hold_outlasts_visit, keep_hold};
pub(crate) use notice::{Notice, ignored, process_notice};
pub(crate) use poll::{poll_payment, poll_refund};
pub(crate) use receipts::poll_receipt;
pub(crate) use record::pursue;
pub(crate) use route::{carrier_of_deposit, route};
pub(crate) use state::read;
pub(crate) use turn::next_refund;
