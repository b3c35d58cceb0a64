//! A visit moves to another time.

use axum::extract::State;
use commands::bookings::{self, RescheduleBooking};
use domain::ids::{DoctorId, kind};
use jiff::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::body::Readable;
use crate::extract::caller::Movers;
use crate::extract::command_request::CommandRequest;
use crate::extract::fields::Fields;
use crate::extract::read::{id, instant, truth};
use crate::patient_limits;
use crate::problem::Problem;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::booking::BookingView;
use crate::routes::bookings::accepted;

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

impl Readable for RescheduleBody {
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
        (status = 200, description = "Moved", body = Positioned<BookingView>),
        (status = 409, description = "`slot_taken`, `too_late`, `in_the_past`, `outside_working_hours`, \
            `doctor_not_available`, `wrong_appointment`, `not_now`, for its patient also `overlaps_own_booking` unless the body allows the overlap"),
    ))]
pub async fn reschedule(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { asked, body, .. }: CommandRequest<Movers, RescheduleBody>,
) -> Result<Accepted<BookingView>, Problem> {
    let to = (body.doctor_id, body.starts_at);
    let allow = body.allow_overlap.unwrap_or(false);
    let turn = patient_limits::before_move(&app, asked.by, booking_id, to, allow).await?;
    let command = RescheduleBooking {
        booking_id,
        starts_at: body.starts_at,
        doctor_id: body.doctor_id,
    };
    let done = bookings::reschedule(app.services(), &asked, command).await;
    patient_limits::taken(turn, &done);
    accepted(done)
}
