//! A YooKassa payment and its refunds: what was asked, how it is paid, and where it stands.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::money::Kopecks;

/// Small notes of the shop, kept as told.
pub type Metadata = BTreeMap<String, Option<String>>;

/// One payment.
///
///     Pending ─pay─▶ Held ─capture─▶ Succeeded
///        │   └────────────────────────▲ at once when `capture`
///        └─ decline, expire ─▶ Canceled ◀─ cancel, expire ─ Held
#[derive(Debug, Clone, Serialize)]
pub struct Payment {
    pub id: String,
    pub amount: Kopecks,
    pub created_at: Timestamp,
    pub stage: Stage,
    /// Whether success is charged at once instead of held.
    pub capture: bool,
    pub description: Option<String>,
    pub metadata: Metadata,
    /// What the shop asked for or the payer chose; absent while nobody has decided.
    pub method: Option<Method>,
    /// The page on which the payer confirms.
    pub confirmation_url: String,
    /// Where the payer is led from there.
    pub return_url: String,
    /// The QR of its page, once somebody has looked at it.
    pub qr: Option<String>,
    pub authorization: Option<Authorization>,
    /// Refunds that have succeeded.
    pub refunded: Kopecks,
    /// Refunds that are still pending.
    pub refunding: Kopecks,
    /// The receipt that came with the payment or its capture.
    pub receipt: Option<Value>,
    pub receipt_registration: Option<ReceiptRegistration>,
}

/// Where a payment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Nobody has paid yet.
    Pending,
    /// Authorised, not yet charged.
    Held {
        expires_at: Timestamp,
    },
    Succeeded {
        captured_at: Timestamp,
        captured: Kopecks,
    },
    Canceled {
        party: String,
        reason: String,
    },
}

impl Stage {
    /// The word on the wire.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held { .. } => "waiting_for_capture",
            Self::Succeeded { .. } => "succeeded",
            Self::Canceled { .. } => "canceled",
        }
    }
}

/// The state of a fiscal receipt, as the wire names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptRegistration {
    Pending,
    Succeeded,
    Canceled,
}

impl ReceiptRegistration {
    /// The word on the wire.
    pub fn status(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// A way to pay, with what is known of it.
#[derive(Debug, Clone, Serialize)]
pub struct Method {
    pub id: String,
    pub kind: MethodKind,
    pub details: Option<MethodDetails>,
}

/// The ways to pay that this sandbox plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodKind {
    BankCard,
    Sbp,
}

impl MethodKind {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::BankCard => "bank_card",
            Self::Sbp => "sbp",
        }
    }
}

/// What the payer's bank told. A whole card number is never kept.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodDetails {
    Card {
        first6: String,
        last4: String,
        card_type: &'static str,
    },
    Sbp {
        operation_id: String,
    },
}

/// The bank's proof of an authorisation.
#[derive(Debug, Clone, Serialize)]
pub struct Authorization {
    pub rrn: String,
    pub auth_code: String,
    pub three_d_secure: bool,
}

impl Payment {
    /// What has been charged; nothing before success.
    pub fn captured(&self) -> Kopecks {
        match self.stage {
            Stage::Succeeded { captured, .. } => captured,
            Stage::Pending | Stage::Held { .. } | Stage::Canceled { .. } => Kopecks::ZERO,
        }
    }

    /// What may still be refunded.
    pub fn refundable(&self) -> Kopecks {
        self.captured().less(self.refunded).less(self.refunding)
    }
}

/// A refund of a payment, whole or in part.
#[derive(Debug, Clone, Serialize)]
pub struct Refund {
    pub id: String,
    pub payment_id: String,
    pub amount: Kopecks,
    pub created_at: Timestamp,
    pub stage: RefundStage,
    pub description: Option<String>,
    pub metadata: Metadata,
    /// The operation's id when it goes back through the fast payment system.
    pub sbp_operation_id: Option<String>,
    pub rrn: Option<String>,
    pub receipt_registration: Option<ReceiptRegistration>,
}

/// Where a refund (or a payout) stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum RefundStage {
    Pending,
    Succeeded { at: Timestamp },
    Canceled { party: &'static str, reason: String },
}

impl RefundStage {
    /// Canceled for want of money, which YooKassa itself sees, or for a reason of the network's.
    pub fn canceled(reason: &str, network: &'static str) -> Self {
        Self::Canceled {
            party: if reason == "insufficient_funds" {
                "yoo_money"
            } else {
                network
            },
            reason: reason.to_owned(),
        }
    }

    /// The word on the wire.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded { .. } => "succeeded",
            Self::Canceled { .. } => "canceled",
        }
    }
}
