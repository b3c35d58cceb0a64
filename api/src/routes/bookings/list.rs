//! Bookings of a patient, of a doctor, or of everybody.

use axum::extract::State;
use commands::policy::MayReadBooking;
use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use domain::ids::DoctorId;
use domain::people::Role;
use jiff::Timestamp;
use projections::Model;
use projections::bookings::LineFilter;
use projections::bookings::query::lists;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::read::{id_in, instant_in, one_of_in, truth_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::booking::BookingView;
use crate::representation::page::PageView;

/// Which bookings.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BookingsQuery {
    /// Only in this status.
    #[param(value_type = Option<String>, example = "pending")]
    pub status: Option<BookingStatus>,
    /// Only those that an operator was told of and that still wait (`true`), or only the others (`false`).
    #[param(value_type = Option<bool>, example = true)]
    pub escalated: Option<bool>,
    /// Only of this call type.
    #[param(value_type = Option<String>, example = "urgent")]
    pub call_type: Option<CallType>,
    /// Only those with this doctor, chosen or sent.
    #[param(value_type = Option<String>, format = Uuid)]
    pub doctor_id: Option<DoctorId>,
    /// From this instant on: of the request for patients and staff, of the visit for doctors.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

impl FromQuery for BookingsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let statuses = BookingStatus::ALL.map(BookingStatus::as_str).join(", ");
        let call_types = CallType::ALL.map(CallType::as_str).join(", ");
        let status = parameters.optional("status", |text| one_of_in(text, BookingStatus::parse, &statuses));
        let call_type =
            parameters.optional("call_type", |text| one_of_in(text, CallType::parse, &call_types));
        let escalated = parameters.optional("escalated", truth_in);
        let doctor_id = parameters.optional("doctor_id", id_in);
        let from = parameters.optional("from", instant_in);
        let to = parameters.optional("to", instant_in);
        Some(Self {
            status: status?,
            escalated: escalated?,
            call_type: call_type?,
            doctor_id: doctor_id?,
            from: from?,
            to: to?,
        })
    }
}

/// List bookings
///
/// A patient's own, newest first; those assigned to a doctor, by the time of the visit; those of a clinic's doctors, and all of
/// them for admins, newest first.
#[utoipa::path(get, path = "/bookings", tag = "bookings", security(("bearer" = [])), params(BookingsQuery, PageParams),
    responses((status = 200, description = "A page of bookings", body = PageView<BookingView>)))]
pub async fn list(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(BookingsQuery, PageParams)>,
    caller: Caller<MayReadBooking>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<BookingView>>, Problem> {
    let BookingsQuery {
        status,
        escalated,
        call_type,
        doctor_id,
        from,
        to,
    } = question;
    let PageParams { limit, cursor } = page;
    let filter = LineFilter {
        status,
        escalated,
        call_type,
        doctor_id,
        from,
        to,
    };
    read_consistency::wait_for_position(&app, Model::Bookings, read_after).await?;
    let pool = &app.models().pool;
    let page = match caller.role() {
        Role::Patient => lists::for_patient(pool, caller.patient_id(), filter, cursor, limit).await?,
        Role::Doctor => lists::for_doctor(pool, caller.doctor_id(), filter, cursor, limit).await?,
        Role::Clinic | Role::Admin | Role::Analyst => {
            let clinic = (caller.role() == Role::Clinic).then(|| caller.clinic_id());
            lists::for_staff(pool, clinic, filter, cursor, limit).await?
        }
    };
    Ok(ReadResponse::of(PageView::of(page, |line| {
        BookingView::of_line(&line)
    })))
}
