//! Where to go on from a booking.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::payment;

/// Where to go on from a booking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingLinks {
    /// The booking itself.
    #[serde(rename = "self")]
    pub this: String,
    /// Where to pay for it.
    pub payments: &'static str,
    /// The payment that counts, with its receipts; its patient and admins may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    /// Its history.
    pub history: String,
    /// What cancelling would cost now.
    pub cancellation_quote: String,
}

/// The address of a booking.
pub fn location(id: &Uuid) -> String {
    format!("/api/v1/bookings/{id}")
}

impl BookingLinks {
    /// From this booking, and the payment of it that counts.
    pub fn of(id: Uuid, payment: Option<Uuid>) -> Self {
        let this = location(&id);
        Self {
            payment: payment.map(|id| payment::location(&id)),
            history: format!("{this}/history"),
            cancellation_quote: format!("{this}/cancellation-quote"),
            payments: "/api/v1/payments",
            this,
        }
    }
}
