//! The objects of T-Bank's acquiring, as far as the platform uses them. Ids come as text or as numbers; words are text.

use commands::ports::{Cancellation, Reference, Snapshot, Status};
use domain::money::Money;
use domain::payment::provider::Provider;
use serde::{Deserialize, Deserializer};

/// Text that may be written as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Number(i64),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Text(text) => Self(text),
            Either::Number(number) => Self(number.to_string()),
        })
    }
}

/// The answer to `Init`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartedPayment {
    pub status: String,
    pub payment_id: Text,
    pub order_id: String,
    /// Kopecks.
    pub amount: i64,
    #[serde(rename = "PaymentURL")]
    pub payment_url: Option<String>,
}

/// The answer to `GetQr`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Qr {
    pub data: String,
}

/// The answer to `GetState`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct State {
    pub status: String,
    pub payment_id: Text,
    pub order_id: String,
    /// Kopecks.
    pub amount: i64,
}

/// The answer to `CheckOrder`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Order {
    #[serde(default)]
    pub payments: Vec<OrderPayment>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OrderPayment {
    pub payment_id: Text,
}

/// The answer to `Cancel`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Cancelled {
    pub status: String,
    pub payment_id: Text,
    /// Kopecks.
    pub original_amount: i64,
    /// Kopecks.
    pub new_amount: i64,
}

/// The answer to `GetQrState`: how the last refund went.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QrState {
    pub qr_cancel_code: Option<String>,
    /// Kopecks.
    pub amount: Option<i64>,
}

/// The answer to calls that only succeed.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

impl State {
    /// What the platform keeps of a payment.
    pub(super) fn snapshot(self, test: bool) -> Snapshot {
        let amount = Money::kopecks(self.amount);
        let status = status(&self.status);
        let (captured, refunded) = match (&status, self.status.as_str()) {
            (Status::Succeeded, "CONFIRMED") => (Some(amount), Some(Money::ZERO)),
            // Once money went back, the bank does not say whether this amount is what was taken or what is left.
            (Status::Succeeded, _) => (None, None),
            (Status::Pending | Status::WaitingForCapture | Status::Cancelled | Status::Other(_), _) => {
                (Some(Money::ZERO), Some(Money::ZERO))
            }
        };
        let cancelled = matches!(status, Status::Cancelled).then(|| Cancellation {
            party: None,
            reason: self.status.to_ascii_lowercase(),
        });
        Snapshot {
            provider: Provider::Tbank,
            provider_id: self.payment_id.0,
            status,
            amount,
            captured,
            refunded,
            income: None,
            expires_at: None,
            created_at: None,
            confirmation_url: None,
            qr_payload: None,
            reference: Reference::parse_order(&self.order_id),
            cancelled,
            receipt: None,
            test,
        }
    }
}

/// Where a payment stands, by the bank's word.
pub(super) fn status(word: &str) -> Status {
    match word {
        "NEW" | "FORM_SHOWED" | "AUTHORIZING" | "3DS_CHECKING" | "3DS_CHECKED" | "PAY_CHECKING"
        | "CONFIRM_CHECKING" | "CONFIRMING" | "REVERSING" => Status::Pending,
        "AUTHORIZED" | "PARTIAL_REVERSED" => Status::WaitingForCapture,
        "CONFIRMED" | "REFUNDING" | "ASYNC_REFUNDING" | "PARTIAL_REFUNDED" | "REFUNDED" => Status::Succeeded,
        "CANCELED" | "REJECTED" | "DEADLINE_EXPIRED" | "ATTEMPTS_EXPIRED" | "AUTH_FAIL" | "REVERSED" => {
            Status::Cancelled
        }
        other => Status::Other(other.to_owned()),
    }
}
