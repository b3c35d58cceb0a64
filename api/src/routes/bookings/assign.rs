//! An admin or a clinic sends a doctor.

use axum::extract::State;
use commands::bookings::{self, AssignDoctor};
use commands::policy::MayAssign;
use domain::ids::{DoctorId, kind};
use jiff::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{id, instant};
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::booking::{BookingView, booking_response};
use crate::representation::command_response::CommandResponse;

/// Who is sent.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"doctor_id": "019a8f0e-0000-7000-8000-000000000002"}))]
pub struct AssignBody {
    /// The doctor.
    #[schema(value_type = String, format = Uuid)]
    pub doctor_id: DoctorId,
    /// When, for a scheduled booking whose doctor was taken off: the start of a free slot. An urgent visit begins now
    /// and is refused with a time (422).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
}

impl FromBody for AssignBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let doctor_id = fields.required("doctor_id", id);
        let starts_at = fields.optional("starts_at", instant);
        Some(Self {
            doctor_id: doctor_id?,
            starts_at: starts_at?,
        })
    }
}

/// Assign a doctor
///
/// For admins, and for clinics that send a doctor of their own: to an urgent call that no clinic has had yet, or to one that is
/// theirs. An urgent visit takes the doctor's next hour; scheduled ones are assigned by themselves once secured.
#[utoipa::path(post, path = "/bookings/{id}/assign", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)), request_body = AssignBody,
    responses(
        (status = 200, description = "Assigned", body = CommandResponse<BookingView>),
        (status = 409, description = "`doctor_busy`, `doctor_not_available`, `outside_working_hours`, `in_the_past`, \
            `not_now`"),
    ))]
pub async fn assign(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayAssign, AssignBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    let command = AssignDoctor {
        booking_id,
        doctor_id: body.doctor_id,
        starts_at: body.starts_at,
    };
    booking_response(bookings::assign(app.services(), &metadata, command).await)
}
