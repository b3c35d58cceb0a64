//! What cancelling costs now, and the clock of the visit, as JSON.

use commands::bookings::Quote;
use domain::booking::windows::Window;
use event_store::Position;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::timestamp::shown;

/// What cancelling costs now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "amount": "600.00",
    "currency": "RUB",
    "change_to_accept": false,
    "windows": {"depart": {"not_before": "2026-12-01T09:00:00Z", "not_after": "2026-12-01T12:30:00Z"}},
    "quoted_at": "2026-12-01T09:30:00Z",
    "position": 42,
    "version": 4
}))]
pub struct QuoteView {
    /// The booking.
    pub booking_id: Uuid,
    /// The exact fee as decimal text; pass it as `expected_fee` when cancelling.
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String)]
    pub currency: &'static str,
    /// Whether others changed doctor or time and the patient has not accepted that: until then cancelling is free.
    pub change_to_accept: bool,
    /// When each step of the visit may be taken.
    pub windows: WindowsView,
    /// The database time it was computed for.
    #[schema(value_type = String, format = DateTime)]
    pub quoted_at: Timestamp,
    /// The position of the log it is true at.
    #[schema(value_type = i64)]
    pub position: Position,
    /// The booking's version it is true for.
    pub version: i64,
}

/// When each step of a visit may be taken, as far as it is known now; a step the visit does not have is absent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WindowsView {
    /// The doctor sets out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depart: Option<WindowView>,
    /// The doctor arrives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrive: Option<WindowView>,
    /// The visit begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<WindowView>,
    /// The visit ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<WindowView>,
    /// The patient is reported absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_show: Option<WindowView>,
    /// When the booking ends by itself, free of charge, if nobody serves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_by_itself_at: Option<Timestamp>,
}

/// The moments at which a step may be taken, both included; an absent one is no limit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WindowView {
    /// The first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_before: Option<Timestamp>,
    /// The last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_after: Option<Timestamp>,
}

impl WindowsView {
    /// The clock of a quoted booking.
    pub fn of(quote: &Quote) -> Self {
        let window = |window: Option<Window>| {
            window.map(|window| WindowView {
                not_before: window.not_before.map(shown),
                not_after: window.not_after.map(shown),
            })
        };
        Self {
            depart: window(quote.windows.depart),
            arrive: window(quote.windows.arrive),
            start: window(quote.windows.start),
            complete: window(quote.windows.complete),
            no_show: window(quote.windows.no_show),
            ends_by_itself_at: quote.ends_by_itself_at.map(shown),
        }
    }
}
