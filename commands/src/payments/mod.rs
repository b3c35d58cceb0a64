//! What can be asked about a payment, one wish per file.

mod deposit;
mod moving;
pub(crate) mod outward;
mod refund;
mod resolve;
mod return_money;
mod settle;
mod start;
mod whose;

pub use deposit::{DepositMoney, deposit};
pub use outward::plan::Plans;
pub use outward::record::PAYMENT_LINK;
pub use outward::{Told, payment_now, record_found, record_found_refund, take_notice};
pub use refund::{RefundPayment, refund};
pub(crate) use resolve::resolve_anomaly;
pub use return_money::return_money;
pub use settle::settle;
pub use start::{StartPayment, start};
pub use whose::Whose;
pub(crate) use whose::whose;
