//! A visit moves to another time; its patient accepts what others moved.

use axum::extract::State;
use commands::bookings::{self, RescheduleBooking};
use commands::policy::{MayAcceptChange, MayReschedule};
use domain::ids::{DoctorId, kind};
use jiff::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{id, instant, truth};
use crate::extract::request::CommandRequest;
use crate::patient_limits;
use crate::problem::Problem;
use crate::representation::booking::{BookingView, booking_response};
use crate::representation::command_response::CommandResponse;

/// Where the visit moves.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"starts_at": "2026-12-02T10:00:00Z"}))]
pub struct RescheduleBody {
    /// The new time: the start of a free slot.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// Another doctor; the same one if absent.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub doctor_id: Option<DoctorId>,
    /// Move it there though another visit of the patient's overlaps; `false` if absent.
    #[schema(required = false)]
    pub allow_overlap: Option<bool>,
}

impl FromBody for RescheduleBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let starts_at = fields.required("starts_at", instant);
        let doctor_id = fields.optional("doctor_id", id);
        let allow_overlap = fields.optional("allow_overlap", truth);
        Some(Self {
            starts_at: starts_at?,
            doctor_id: doctor_id?,
            allow_overlap: allow_overlap?,
        })
    }
}

/// Move a visit
///
/// For its patient, clinics and admins. The old time is freed and the new one taken at once, or nothing changes. A
/// later cancellation costs at least what was due when the visit moved.
#[utoipa::path(post, path = "/bookings/{id}/reschedule", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)), request_body = RescheduleBody,
    responses(
        (status = 200, description = "Moved", body = CommandResponse<BookingView>),
        (status = 409, description = "`slot_taken`, `too_late`, `in_the_past`, `outside_working_hours`, \
            `doctor_not_available`, `wrong_appointment`, `not_now`, for its patient also `overlaps_own_booking` unless the body allows the overlap"),
    ))]
pub async fn reschedule(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayReschedule, RescheduleBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    let to = (body.doctor_id, body.starts_at);
    let allow = body.allow_overlap.unwrap_or(false);
    let turn = patient_limits::before_move(&app, metadata.by, booking_id, to, allow).await?;
    let command = RescheduleBooking {
        booking_id,
        starts_at: body.starts_at,
        doctor_id: body.doctor_id,
    };
    let done = bookings::reschedule(app.services(), &metadata, command).await;
    patient_limits::taken(turn, &done);
    booking_response(done)
}

/// Accept a change
///
/// For the patient: the doctor and time that somebody else set become what was agreed, and cancelling costs again what
/// the terms say. With `If-Match` nothing is accepted but the version that was seen.
#[utoipa::path(post, path = "/bookings/{id}/accept-change", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "Accepted, or there was nothing to accept", body = CommandResponse<BookingView>),
        (status = 409, description = "`not_now`"),
    ))]
pub async fn accept_change(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, .. }: CommandRequest<MayAcceptChange, EmptyBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    booking_response(bookings::accept_change(app.services(), &metadata, booking_id).await)
}
