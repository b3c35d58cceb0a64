//! One booking, as far as the one who asks may see it.

use axum::extract::State;
use commands::policy::MayReadBooking;
use domain::ids::{AccountId, BookingId, kind};
use domain::people::Role;
use identity::{AuditTarget, vault};
use projections::Model;
use projections::bookings::BookingDetails;
use projections::bookings::query::one as query;

use crate::app::App;
use crate::extract::head::{At, QueryParams, ReadAfter};
use crate::extract::request::Caller;
use crate::problem::{Code, Problem};
use crate::read_consistency::{self, ReadResponse, ReadState};
use crate::representation::booking::BookingView;
use crate::representation::visit_details::DetailsView;
use crate::routes::bookings::room::room_of;
use crate::routes::bookings::visibility::{is_concealed, may_see_details, may_see_refunds};

/// Read a booking
///
/// For its patient, its doctor, that doctor's clinic and admins; anybody else's is not found. Waits shortly for what just happened
/// to it; `Read-After` insists. Address and complaint are shown to the patient and admins, and to the doctor while the
/// visit is live. Who reads them stands in the patient's `GET /me/data-reads`.
#[utoipa::path(get, path = "/bookings/{id}", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses((status = 200, description = "The booking", body = BookingView)))]
pub async fn show(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayReadBooking>,
    read_after: ReadAfter,
) -> Result<ReadResponse<BookingView>, Problem> {
    let state =
        read_consistency::wait_for_key(&app, Model::Bookings, &booking_id.to_string(), read_after).await?;
    let booking = found(&app, &caller, state, booking_id).await?;
    let details = if may_see_details(&booking.line, caller.role(), app.now())
        && !is_concealed(&app, &caller, booking_id).await?
    {
        details(&app, &booking, &caller).await?
    } else {
        None
    };
    let version = Some(booking.line.version);
    let doctor_name = doctor_name(&app, &booking).await?;
    let room = room_of(&app, &caller, &booking.line).await?;
    let view = BookingView::of_details(&booking, details, may_see_refunds(caller.role()));
    Ok(ReadResponse {
        body: view.with_doctor(doctor_name).with_room(room),
        as_of: state.as_of,
        version,
    })
}

/// The booking, which concerns the caller.
///
/// # Errors
/// As [`ReadState::found`]; that it is there and concerns others is for the audit trail alone.
pub async fn found(
    app: &App,
    caller: &Caller<MayReadBooking>,
    state: ReadState,
    booking_id: BookingId,
) -> Result<BookingDetails, Problem> {
    let absent = match state.found(find(app, caller, booking_id).await?) {
        Ok(booking) => return Ok(booking),
        Err(problem) => problem,
    };
    let is_there =
        absent.code() == Code::NotFound && query::for_staff(&app.models().pool, booking_id).await?.is_some();
    Err(if is_there {
        absent.for_somebody_else()
    } else {
        absent
    })
}

/// The booking, if it concerns the caller.
async fn find(
    app: &App,
    caller: &Caller<MayReadBooking>,
    booking_id: BookingId,
) -> Result<Option<BookingDetails>, Problem> {
    let pool = &app.models().pool;
    Ok(match caller.role() {
        Role::Patient => query::for_patient(pool, caller.patient_id(), booking_id).await?,
        Role::Doctor => query::for_doctor(pool, caller.doctor_id(), booking_id).await?,
        Role::Clinic => query::for_clinic(pool, caller.clinic_id(), booking_id).await?,
        Role::Admin => query::for_staff(pool, booking_id).await?,
        Role::Analyst => None,
    })
}

/// What the doctor is called, if there is one; that is for everybody.
async fn doctor_name(app: &App, booking: &BookingDetails) -> Result<Option<String>, Problem> {
    let doctor = booking.line.doctor_id;
    let mut names = app
        .people()
        .names_in_bookings(None, &[], doctor.as_slice())
        .await?;
    Ok(doctor.and_then(|doctor| names.remove(&doctor.uuid())))
}

/// What the vault holds, and for those who go there how to reach the patient. Erased details are simply absent.
/// That somebody else than the patient is shown them is recorded first.
async fn details(
    app: &App,
    booking: &BookingDetails,
    caller: &Caller<MayReadBooking>,
) -> Result<Option<DetailsView>, Problem> {
    let patient = AccountId::from(booking.line.patient_id);
    let mut view = match booking.details {
        None => DetailsView::default(),
        Some(id) => {
            let opened = vault::open(app.people(), &[id]).await?;
            let row = opened.get(&id).filter(|row| row.subject_id == patient);
            row.map(DetailsView::of).unwrap_or_default()
        }
    };
    if caller.role() != Role::Patient
        && let Some(account) = app.people().account(patient).await?
    {
        view.phone = account.phone.as_ref().map(|phone| phone.as_str().to_owned());
        view.patient_name = Some(format!(
            "{} {}",
            account.first_name.as_str(),
            account.last_name.as_str()
        ));
    }
    if caller.role() != Role::Patient || caller.app.is_some() {
        let about = ("booking", AuditTarget::new("booking", booking.line.booking_id));
        let fields = view.fields();
        app.people()
            .record_read(&caller.actor(), about, patient, &fields)
            .await?;
    }
    Ok(Some(view))
}
