//! Fiscal receipts (54-FZ), as far as the platform issues them: what was sold, at which tax, and how it was paid.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use domain::money::Money;
use identity::{Email, Phone};
use jiff::Timestamp;

use super::request_attempt::RequestAttempt;
use super::snapshot::Status;

/// What a cash register prints for the patient. Its parts hide themselves in `Debug` where they are personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub customer: Customer,
    /// What was sold; 1 to 80 lines.
    pub items: Vec<ReceiptItem>,
    /// The clinic's tax system (tag 1055), 1 to 6, where the cash register asks for it.
    pub tax_system: Option<u8>,
}

/// Where a receipt is sent; at least one of the two. YooKassa's own receipts need the e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub email: Option<Email>,
    pub phone: Option<Phone>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptItem {
    /// What was sold; 1 to 128 characters, no personal data.
    pub description: String,
    pub quantity: u32,
    pub price: Money,
    pub vat: Vat,
    pub mode: PaymentMode,
    pub subject: PaymentSubject,
}

/// Value added tax of a line (tag 1199).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vat {
    /// Free of it, as licensed medical care normally is.
    None,
    /// 0 %.
    Zero,
    /// 10 %.
    Ten,
    /// 20 %.
    Twenty,
    /// 10/110.
    TenOf,
    /// 20/120.
    TwentyOf,
    /// 5 %.
    Five,
    /// 7 %.
    Seven,
    /// 5/105.
    FiveOf,
    /// 7/107.
    SevenOf,
    /// 22 %, since 2026.
    TwentyTwo,
    /// 22/122, since 2026.
    TwentyTwoOf,
}

/// How a line is paid for (tag 1214).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentMode {
    /// All of it, before the visit.
    FullPrepayment,
    /// Part of it, before the visit.
    PartialPrepayment,
    /// An advance towards something not named yet, such as a deposit into a wallet.
    Advance,
    /// All of it, with or after the visit.
    FullPayment,
}

/// What a line is (tag 1212).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentSubject {
    /// A service, such as a visit.
    Service,
    /// A payment, such as an advance.
    Payment,
}

/// Register a receipt apart from a payment or refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRequest {
    pub request_attempt: RequestAttempt,
    pub of: ReceiptOf,
    pub receipt: Receipt,
    pub settled: Settled,
    pub amount: Money,
}

/// What a receipt belongs to, by the provider's ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptOf {
    Payment(String),
    Refund(String),
}

/// How the sum of a receipt was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settled {
    Cashless,
    Prepayment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptSnapshot {
    /// The provider's id of the receipt; none where receipts have no id.
    pub provider_id: Option<String>,
    pub of: ReceiptOf,
    pub status: Status,
    pub fiscal: Option<Fiscal>,
}

/// What makes a receipt a fiscal document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fiscal {
    pub document_number: String,
    pub storage_number: String,
    pub attribute: String,
    pub registered_at: Option<Timestamp>,
}
