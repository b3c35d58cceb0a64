//! What is sent: the public event of one fact, as JSON. Thin: ids, status, version, time and position; whoever wants more asks the API.

use domain::ids::{BookingId, PaymentId};
use event_store::Position;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::catalogue::{EventType, TEST};

/// One event, ready to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The position of its fact.
    pub position: Position,
    /// `webhook-id`: the same whenever this fact is told.
    pub id: Uuid,
    /// What it is.
    pub event_type: EventType,
    /// What is told in order: the booking; for a deposit its owner.
    pub partition_key: String,
    /// The body.
    pub payload: String,
    /// The clinics it concerns: whose doctor had the visit before the fact, and whose has it after.
    pub clinics: [Option<Uuid>; 2],
}

/// What an event is about.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Data {
    /// A booking.
    Booking {
        /// Which.
        booking_id: BookingId,
        /// Where it stands after the fact, in the words of the API.
        status: &'static str,
        /// How many facts it has then.
        version: i64,
        /// Where the fact stands in the log.
        position: Position,
    },
    /// A payment.
    Payment {
        /// Which.
        payment_id: PaymentId,
        /// What it pays for; none for a deposit.
        booking_id: Option<BookingId>,
        /// Where it stands after the fact, in the words of the API.
        status: &'static str,
        /// How many facts it has then.
        version: i64,
        /// Where the fact stands in the log.
        position: Position,
    },
    /// A test.
    Test {
        /// Whose.
        endpoint_id: Uuid,
    },
}

#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    timestamp: Timestamp,
    data: Data,
}

/// `webhook-id` of the fact at this position of this log.
pub fn message_id(log_id: Uuid, position: Position) -> Uuid {
    Uuid::new_v5(&log_id, format!("webhook {position}").as_bytes())
}

/// The body of an event.
///
/// # Errors
/// None that can come.
pub fn body(event_type: EventType, timestamp: Timestamp, data: Data) -> Result<String, serde_json::Error> {
    let r#type = event_type.as_str();
    serde_json::to_string(&Body {
        r#type,
        timestamp,
        data,
    })
}

/// The body of a test.
///
/// # Errors
/// None that can come.
pub fn test_body(endpoint_id: Uuid, timestamp: Timestamp) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Body {
        r#type: TEST,
        timestamp,
        data: Data::Test { endpoint_id },
    })
}
