//! What can be asked about a payment, one wish per file.

mod moving;
mod refund;
mod return_money;
mod settle;
mod start;

pub use refund::{RefundPayment, refund};
pub use return_money::return_money;
pub use settle::settle;
pub use start::{StartPayment, start};
