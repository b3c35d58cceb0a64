//! What is asked of a provider about a payment.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use std::fmt;

use domain::money::Money;
use domain::payment::provider::CaptureMode;
use jiff::Timestamp;

use super::receipt::Receipt;
use super::request_attempt::RequestAttempt;
use super::snapshot::{Reference, Window};

/// How the patient pays at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentRail {
    /// With a bank card, on the provider's own page: no card number ever reaches the platform.
    Card,
    /// By the faster payments system.
    Sbp,
}

/// An absolute address that this deployment lets a patient come back to from a provider's page. Its query may say anything:
/// `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ReturnUrl(String);

impl ReturnUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ReturnUrl {
    fn from(allowed: String) -> Self {
        Self(allowed)
    }
}

impl From<&str> for ReturnUrl {
    fn from(allowed: &str) -> Self {
        Self(allowed.to_owned())
    }
}

impl fmt::Debug for ReturnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReturnUrl").finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePayment {
    pub request_attempt: RequestAttempt,
    /// Which attempt at which payment; the provider shows it again in every snapshot.
    pub reference: Reference,
    pub amount: Money,
    pub rail: PaymentRail,
    pub taking: CaptureMode,
    /// What the patient reads on the provider's page; at most 128 characters, no personal data.
    pub description: String,
    pub return_url: ReturnUrl,
    /// When the link or QR code stops working, where the provider can be told.
    pub pay_until: Option<Timestamp>,
    /// The receipt, where the shop's cash register needs one.
    pub receipt: Option<Receipt>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    pub request_attempt: RequestAttempt,
    pub provider_id: String,
    /// How much; less than what is held gives the rest back.
    pub amount: Money,
    pub receipt: Option<Receipt>,
}

/// Give up held money, or a payment nobody paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    pub request_attempt: RequestAttempt,
    pub provider_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    pub request_attempt: RequestAttempt,
    pub provider_id: String,
    /// The number of the refund within the payment, from 1.
    pub number: u32,
    pub amount: Money,
    /// What was taken in all.
    pub captured: Money,
    /// What of it went back by earlier refunds.
    pub refunded_before: Money,
    /// Why, for the provider's cabinet and the patient's statement; at most 250 characters, no personal data.
    pub description: String,
    /// The receipt of what goes back.
    pub receipt: Option<Receipt>,
}

/// A payment looked for by our own attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentQuery {
    pub reference: Reference,
    /// When the provider made it, with slack for clocks that differ.
    pub created: Window,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundQuery {
    /// The provider's id of the refund, where it is known.
    pub provider_id: Option<String>,
    pub payment_provider_id: String,
    /// The number of the refund within the payment.
    pub number: u32,
    pub amount: Money,
    /// What was taken in all.
    pub captured: Money,
    /// What of it went back by earlier refunds.
    pub refunded_before: Money,
}
