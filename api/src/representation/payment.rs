//! A payment as JSON.

use domain::money::Money;
use domain::payment::Payment;
use domain::payment::status::PaymentStatus;
use jiff::Timestamp;
use projections::payment_ledger::PaymentRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::money_back::{Basis, RefundView, Sums, WayBack, refunding};
use crate::representation::receipt::{ReceiptView, receipts_of};
use crate::representation::timestamp::shown;

/// One attempt to pay, for a booking or into one's own wallet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "purpose": "booking",
    "booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "patient_id": "019a8f0e-0000-7000-8000-000000000001",
    "payment_method": "wallet",
    "status": "authorised",
    "failure": null,
    "checking": false,
    "amount": "1500.00",
    "currency": "RUB",
    "captured": "0.00",
    "refunded": "0.00",
    "refunding": "0.00",
    "kept": "0.00",
    "returned": "0.00",
    "returned_to": null,
    "returned_at": null,
    "refunds": [],
    "confirmation_url": null,
    "qr_payload": null,
    "created_at": "2026-12-01T09:31:00Z",
    "version": 2
}))]
pub struct PaymentView {
    /// The payment.
    pub id: Uuid,
    /// What it is for: `booking`, or `deposit` into the payer's wallet.
    #[schema(value_type = String, example = "booking")]
    pub purpose: &'static str,
    /// The booking it pays for; null for a deposit.
    pub booking_id: Option<Uuid>,
    /// Who pays.
    pub patient_id: Uuid,
    /// `yookassa`, `sbp` or `wallet`.
    #[schema(value_type = String, example = "wallet")]
    pub payment_method: &'static str,
    /// `pending`, `authorised`, `completed`, `failed`, `cancelled`, `partially_refunded` or `refunded`.
    #[schema(value_type = String, example = "authorised")]
    pub status: &'static str,
    /// Why it failed, in the provider's word, such as `insufficient_funds` or `card_expired`; null unless it has.
    #[schema(example = "insufficient_funds")]
    pub failure: Option<String>,
    /// Whether the outcome is still being asked.
    pub checking: bool,
    /// What is to be paid, as decimal text.
    #[schema(example = "1500.00")]
    pub amount: String,
    /// The currency of all amounts.
    #[schema(value_type = String, example = "RUB")]
    pub currency: &'static str,
    /// Charged so far.
    #[schema(example = "0.00")]
    pub captured: String,
    /// Given back of what was charged.
    #[schema(example = "0.00")]
    pub refunded: String,
    /// Of what was charged, what was asked back and has not arrived yet.
    #[schema(example = "0.00")]
    pub refunding: String,
    /// Of what was charged, what is not to go back as things stand.
    #[schema(example = "0.00")]
    pub kept: String,
    /// Once something was charged: what is back with the payer.
    #[schema(example = "0.00")]
    pub returned: String,
    /// Where what comes back goes, the way it came; null while nothing does.
    #[schema(value_type = Option<String>, example = "wallet")]
    pub returned_to: Option<&'static str>,
    /// When the last of it was there; null while something is on its way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub returned_at: Option<Timestamp>,
    /// Every refund, by number.
    pub refunds: Vec<RefundView>,
    /// The fiscal receipts there are or must be, by number; on the payment's own page and after commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipts: Option<Vec<ReceiptView>>,
    /// Where the payer confirms, while the payment waits for it; not in lists.
    pub confirmation_url: Option<String>,
    /// What the payer scans or opens, while the payment waits for it; not in lists. `qr.svg` and `qr.png` below the payment draw it.
    pub qr_payload: Option<String>,
    /// When the attempt began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The payment's version, as in its `ETag`.
    pub version: i64,
}

/// Where a payment is confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkView {
    /// Where the payer confirms.
    pub confirmation_url: Option<String>,
    /// What the payer scans.
    pub qr_payload: Option<String>,
}

/// The address of a payment.
pub fn location(id: &Uuid) -> String {
    format!("/api/v1/payments/{id}")
}

/// Money may come after all; then nothing failed.
const fn failed(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Failed)
}

impl PaymentView {
    /// The same, with where it is confirmed.
    #[must_use]
    pub fn confirmed_at(self, link: LinkView) -> Self {
        let LinkView {
            confirmation_url,
            qr_payload,
        } = link;
        Self {
            confirmation_url,
            qr_payload,
            ..self
        }
    }

    /// The same, with its fiscal receipts.
    #[must_use]
    pub fn with_receipts(self, receipts: Vec<ReceiptView>) -> Self {
        Self {
            receipts: Some(receipts),
            ..self
        }
    }

    /// The same; what has not been answered yet is being asked.
    #[must_use]
    pub fn checked(self, unanswered: bool) -> Self {
        Self {
            checking: self.checking || unanswered,
            ..self
        }
    }

    /// The payment a decision left behind; `None` if none was ever started.
    pub fn of_state(payment: &Payment, version: i64) -> Option<Self> {
        let attempt = payment.attempt()?;
        let terms = &attempt.terms;
        let sums = Sums::of_state(payment)?;
        let way_back = WayBack::of_state(attempt);
        Some(Self {
            id: terms.payment_id.uuid(),
            purpose: terms.purpose.as_str(),
            booking_id: terms.purpose.booking().map(|id| id.uuid()),
            patient_id: terms.patient_id.uuid(),
            payment_method: terms.method.as_str(),
            status: sums.status.as_str(),
            failure: attempt.failure.clone().filter(|_| failed(sums.status)),
            checking: payment.checking(),
            amount: terms.amount.decimal(),
            currency: terms.amount.currency.code(),
            captured: payment.captured().decimal(),
            refunded: sums.refunded.decimal(),
            refunding: sums.refunding.decimal(),
            kept: sums.kept.decimal(),
            returned: sums.returned.decimal(),
            returned_to: way_back.to,
            returned_at: way_back.at,
            refunds: attempt.refund_list.iter().map(RefundView::of_state).collect(),
            receipts: Some(receipts_of(attempt)),
            confirmation_url: None,
            qr_payload: None,
            created_at: shown(terms.started_at),
            version,
        })
    }

    /// The payment of a read model's row.
    pub fn of_row(row: &PaymentRow) -> Self {
        let nothing = Money {
            minor: 0,
            currency: row.amount.currency,
        };
        let sums = Sums::of(Basis {
            status: row.status,
            amount: row.amount,
            captured: row.captured,
            refunded: row.refunded,
            refunding: refunding(nothing, row.refunds.all()),
        });
        let way_back = WayBack::of_row(row.method, row.freed_at(), row.refunds.all());
        Self {
            id: row.payment_id.uuid(),
            purpose: row.purpose.as_str(),
            booking_id: row.purpose.booking().map(|id| id.uuid()),
            patient_id: row.patient_id.uuid(),
            payment_method: row.method.as_str(),
            status: sums.status.as_str(),
            failure: row.failure.clone().filter(|_| failed(sums.status)),
            checking: row.checking,
            amount: row.amount.decimal(),
            currency: row.amount.currency.code(),
            captured: row.captured.decimal(),
            refunded: sums.refunded.decimal(),
            refunding: sums.refunding.decimal(),
            kept: sums.kept.decimal(),
            returned: sums.returned.decimal(),
            returned_to: way_back.to,
            returned_at: way_back.at,
            refunds: row.refunds.all().iter().map(RefundView::of_row).collect(),
            receipts: None,
            confirmation_url: None,
            qr_payload: None,
            created_at: row.started_at,
            version: row.version,
        }
    }
}
