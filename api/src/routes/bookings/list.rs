//! Bookings of a patient, of a doctor, or of everybody.

use axum::extract::State;
use commands::policy::MayReadBooking;
use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use domain::ids::{ClinicId, DoctorId, PatientId};
use domain::payment::status::PaymentStatus;
use domain::people::Role;
use jiff::{SignedDuration, Timestamp};
use projections::Model;
use projections::bookings::query::lists;
use projections::bookings::{BookingSort, LineFilter, When};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::read::{id_in, one_of_in, truth_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::problem::field_error::{FieldError, FieldProblem};
use crate::read_consistency::{self, ReadResponse};
use crate::representation::booking::BookingView;
use crate::representation::page::PageView;
use crate::routes::bookings::names;

/// How long the span is within which everybody's bookings are looked through for the status of their payments.
const PAYMENTS_SPAN_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Which bookings.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BookingsQuery {
    /// Only in one of these statuses: repeated, or separated by commas.
    #[param(value_type = Option<Vec<String>>, example = json!(["pending"]))]
    pub status: Vec<BookingStatus>,
    /// Only with the payment that counts in one of these statuses: repeated, or separated by commas. Of everybody's and a clinic's
    /// bookings only beside `patient_id`, `doctor_id` or `waiting`, or within `from` and `to` of at most a day.
    #[param(value_type = Option<Vec<String>>, example = json!(["authorised"]))]
    pub payment_status: Vec<PaymentStatus>,
    /// Only of this patient.
    #[param(value_type = Option<String>, format = Uuid)]
    pub patient_id: Option<PatientId>,
    /// Only with this doctor, chosen or assigned.
    #[param(value_type = Option<String>, format = Uuid)]
    pub doctor_id: Option<DoctorId>,
    /// Only of doctors of this clinic.
    #[param(value_type = Option<String>, format = Uuid)]
    pub clinic_id: Option<ClinicId>,
    /// `doctor`: only urgent calls that are paid and wait for one, the oldest first. `GET /open-calls` tells more of them.
    #[param(value_type = Option<String>, example = "doctor")]
    pub waiting: Option<Waiting>,
    /// Only those that an operator was told of and that still wait (`true`), or only the others (`false`).
    #[param(value_type = Option<bool>, example = true)]
    pub escalated: Option<bool>,
    /// Only of this call type.
    #[param(value_type = Option<String>, example = "urgent")]
    pub call_type: Option<CallType>,
    /// `upcoming`: not ended, and the visit is not over, is under way or has no time yet, the soonest first; `past`: all others, the
    /// latest first. For staff only beside `patient_id` or `doctor_id`.
    #[param(value_type = Option<String>, example = "upcoming")]
    pub when: Option<When>,
    /// By the visit's start (without one when it was agreed to be, else the request) or by the request (`created_at`); with `-` the latest
    /// first. Staff sort by `starts_at` only beside `patient_id` or `doctor_id`; a doctor's bookings are sorted by nothing else.
    #[param(value_type = Option<String>, example = "-starts_at")]
    pub sort: Option<BookingSort>,
    /// From this instant on, of the time that is sorted by.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

/// What a booking waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A paid urgent call, for a doctor.
    Doctor,
}

impl Waiting {
    fn parse(word: &str) -> Option<Self> {
        (word == "doctor").then_some(Self::Doctor)
    }
}

impl FromQuery for BookingsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let statuses = BookingStatus::ALL.map(BookingStatus::as_str).join(", ");
        let payment_statuses = PaymentStatus::ALL.map(PaymentStatus::as_str).join(", ");
        let call_types = CallType::ALL.map(CallType::as_str).join(", ");
        let sides = When::ALL.map(When::as_str).join(", ");
        let sorts = BookingSort::ALL.map(BookingSort::as_str).join(", ");
        let status = parameters.several("status", |text| one_of_in(text, BookingStatus::parse, &statuses));
        let payment_status = parameters.several("payment_status", |text| {
            one_of_in(text, PaymentStatus::parse, &payment_statuses)
        });
        let patient_id = parameters.optional("patient_id", id_in);
        let doctor_id = parameters.optional("doctor_id", id_in);
        let clinic_id = parameters.optional("clinic_id", id_in);
        let waiting = parameters.optional("waiting", |text| one_of_in(text, Waiting::parse, "doctor"));
        let escalated = parameters.optional("escalated", truth_in);
        let call_type =
            parameters.optional("call_type", |text| one_of_in(text, CallType::parse, &call_types));
        let when = parameters.optional("when", |text| one_of_in(text, When::parse, &sides));
        let sort = parameters.optional("sort", |text| one_of_in(text, BookingSort::parse, &sorts));
        let span = parameters.span();
        Some(Self {
            status: status?,
            payment_status: payment_status?,
            patient_id: patient_id?,
            doctor_id: doctor_id?,
            clinic_id: clinic_id?,
            waiting: waiting?,
            escalated: escalated?,
            call_type: call_type?,
            when: when?,
            sort: sort?,
            from: span?.0,
            to: span?.1,
        })
    }
}

impl BookingsQuery {
    /// Whether the bookings are those of one doctor and not of one patient, for a reader in `role`.
    fn is_of_a_doctor(&self, role: Role) -> bool {
        let one_patient = role == Role::Patient || self.patient_id.is_some();
        !one_patient && (role == Role::Doctor || self.doctor_id.is_some())
    }

    /// Whether the bookings are those of one patient or one doctor.
    fn is_of_one(&self, role: Role) -> bool {
        role == Role::Patient || self.patient_id.is_some() || self.is_of_a_doctor(role)
    }

    /// The order of the list.
    fn sorted(&self, role: Role) -> BookingSort {
        let of_a_doctor = match role {
            Role::Doctor => BookingSort::VisitEarliest,
            Role::Patient | Role::Clinic | Role::Admin | Role::Analyst => BookingSort::VisitLatest,
        };
        match (self.sort, self.when) {
            (Some(sort), _) => sort,
            (None, Some(When::Upcoming)) => BookingSort::VisitEarliest,
            (None, Some(When::Past)) => BookingSort::VisitLatest,
            (None, None) if self.is_of_a_doctor(role) => of_a_doctor,
            (None, None) if self.waiting.is_some() => BookingSort::RequestedOldest,
            (None, None) => BookingSort::RequestedNewest,
        }
    }

    /// What no index answers is refused: it would read everybody's bookings.
    fn too_broad(&self, role: Role) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut refuse = |parameter: &str, wrong: FieldProblem| {
            faults.push(wrong.at(format!("/query/{parameter}")));
        };
        let of_one = self.is_of_one(role);
        if self.when.is_some() && !of_one {
            let wrong = "needs patient_id or doctor_id";
            refuse("when", FieldProblem::new("too_broad", wrong));
        }
        match self.sort {
            Some(sort) if sort.is_by_visit() && !of_one => {
                let wrong = "starts_at needs patient_id or doctor_id";
                refuse("sort", FieldProblem::new("too_broad", wrong));
            }
            Some(sort) if !sort.is_by_visit() && self.is_of_a_doctor(role) => {
                let wrong = "the bookings of a doctor are sorted by starts_at";
                refuse("sort", FieldProblem::new("too_broad", wrong));
            }
            Some(_) | None => {}
        }
        let span = self.from.zip(self.to);
        let of_a_day = span.is_some_and(|(from, to)| to.duration_since(from) <= PAYMENTS_SPAN_MAX);
        if !self.payment_status.is_empty() && !of_one && self.waiting.is_none() && !of_a_day {
            let wrong = "needs patient_id, doctor_id or waiting, or from and to at most a day apart";
            refuse("payment_status", FieldProblem::new("too_broad", wrong));
        }
        faults
    }

    fn filter(self, role: Role, now: Timestamp) -> LineFilter {
        LineFilter {
            sort: Some(self.sorted(role)),
            patient: self.patient_id,
            doctor: self.doctor_id,
            clinic: self.clinic_id,
            statuses: self.status,
            payment_statuses: self.payment_status,
            waiting: self.waiting.is_some(),
            escalated: self.escalated,
            call_type: self.call_type,
            when: self.when.map(|side| (side, now)),
            from: self.from,
            to: self.to,
        }
    }
}

/// List bookings
///
/// A patient's own, newest first; those assigned to a doctor, by the time of the visit; those of a clinic's doctors, and all of
/// them for admins, newest first. A filter narrows what the caller may see: another's bookings are not there.
#[utoipa::path(get, path = "/bookings", tag = "bookings", security(("bearer" = [])), params(BookingsQuery, PageParams),
    responses((status = 200, description = "A page of bookings", body = PageView<BookingView>)))]
pub async fn list(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(BookingsQuery, PageParams)>,
    caller: Caller<MayReadBooking>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<BookingView>>, Problem> {
    let PageParams { limit, cursor } = page;
    let faults = question.too_broad(caller.role());
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let filter = question.filter(caller.role(), app.now());
    read_consistency::wait_for_position(&app, Model::Bookings, read_after).await?;
    let state = match caller.role() {
        // Names of patients go by what is so now.
        Role::Doctor => Some(read_consistency::wait_briefly(&app, Model::Bookings).await?),
        Role::Patient | Role::Clinic | Role::Admin | Role::Analyst => None,
    };
    let pool = &app.models().pool;
    let page = match caller.role() {
        Role::Patient => lists::for_patient(pool, caller.patient_id(), filter, cursor, limit).await?,
        Role::Doctor => lists::for_doctor(pool, caller.doctor_id(), filter, cursor, limit).await?,
        Role::Clinic | Role::Admin | Role::Analyst => {
            let clinic = (caller.role() == Role::Clinic).then(|| caller.clinic_id());
            lists::for_staff(pool, clinic, filter, cursor, limit).await?
        }
    };
    let names = names::in_bookings(&app, &caller, &page.items, state).await?;
    Ok(ReadResponse::of(PageView::of(page, |line| {
        let (doctor, patient) = (names.doctor(&line), names.patient(&line));
        BookingView::of_line(&line)
            .with_doctor(doctor)
            .with_patient(patient)
    })))
}
