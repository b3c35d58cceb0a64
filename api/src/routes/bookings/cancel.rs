//! A booking is called off.

use axum::extract::State;
use commands::bookings::{self, CancelBooking};
use commands::policy::MayCancel;
use domain::booking::events::CancelReason;
use domain::ids::kind;
use domain::money::{Currency, Money};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{currency, lines, non_negative_amount, one_of};
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::amount::amount_schema;
use crate::representation::booking::{BookingView, booking_response};
use crate::representation::command_response::CommandResponse;

/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// Why, and for how much.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"reason": "patient_request", "expected_fee": "0.00"}))]
pub struct CancelBody {
    /// Why; other, if absent.
    #[schema(value_type = Option<String>, example = "patient_request")]
    pub reason: Option<CancelReason>,
    /// In own words; kept apart from the history.
    pub note: Option<String>,
    /// The fee the caller was shown; another true fee is refused with the true one. Must be named when a fee is due: absent
    /// means free.
    #[schema(schema_with = amount_schema, required = false)]
    pub expected_fee: Option<Money>,
    /// `RUB`.
    #[schema(value_type = Option<String>, example = "RUB")]
    #[expect(dead_code, reason = "checked where it is read, and there is one")]
    pub currency: Option<Currency>,
}

impl FromBody for CancelBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = CancelReason::ALL.map(CancelReason::as_str).join(", ");
        let reason = fields.optional("reason", one_of(CancelReason::parse, words));
        let note = fields.optional("note", lines(NOTE_CHARS_MAX));
        let expected_fee = fields.optional("expected_fee", non_negative_amount);
        let currency = fields.optional("currency", currency);
        Some(Self {
            reason: reason?,
            note: note?,
            expected_fee: expected_fee?,
            currency: currency?,
        })
    }
}

/// Cancel a booking
///
/// For its patient, its doctor, clinics and admins. Ask for the fee with `cancellation-quote` first and send it as
/// `expected_fee`: who names none pays none, and is refused with `fee_changed` when one is due. Cancelling twice is
/// cancelling once.
#[utoipa::path(post, path = "/bookings/{id}/cancel", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)), request_body = CancelBody,
    responses(
        (status = 200, description = "Cancelled", body = CommandResponse<BookingView>),
        (status = 409, description = "`fee_changed`, `too_late`, `not_now`"),
    ))]
pub async fn cancel(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayCancel, CancelBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    let reason = body.reason.unwrap_or(CancelReason::Other);
    let command = CancelBooking {
        booking_id,
        reason,
        note: body.note,
        expected_fee: body.expected_fee,
    };
    booking_response(bookings::cancel(app.services(), &metadata, command).await)
}
