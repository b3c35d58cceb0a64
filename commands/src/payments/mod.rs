//! What can be asked about a payment, one command per file.

mod deposit;
pub(crate) mod moving;
mod payment_ref;
pub(crate) mod provider;
mod refund;
mod return_money;
pub(crate) mod return_url;
mod settle;
mod start;

pub use deposit::{DepositMoney, deposit};
pub use payment_ref::PaymentRef;
pub(crate) use payment_ref::locate_payment;
pub use provider::receipts::RECEIPT_COPY;
pub use provider::record::PAYMENT_LINK;
pub use provider::{
    RecordedSnapshot, enqueue_notice, payment_now, record_reconciled, record_reconciled_refund,
};
pub use refund::{RefundPayment, refund};
pub use return_money::return_money;
pub use return_url::PAYMENT_RETURN_URL;
pub use settle::settle;
pub use start::{StartPayment, start};
