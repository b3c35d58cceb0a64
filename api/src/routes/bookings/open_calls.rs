//! Urgent calls that wait for a doctor, and the doctors who could go.

use std::collections::HashMap;

use axum::extract::State;
use commands::policy::MayAssign;
use domain::ids::{AccountId, ClinicId, DoctorId, PrivateId};
use domain::people::Role;
use domain::time::TimeRange;
use identity::{DoctorFilter, DoctorProfile, vault};
use jiff::Timestamp;
use projections::bookings::OpenCall;
use projections::bookings::query::open_calls as query;
use projections::open_slots::free_doctors::free_within;
use projections::{Model, Page};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::timestamp::shown;
use crate::representation::visit_details::DetailsView;

/// How many free doctors are named at most.
const FREE_DOCTORS_MAX: usize = 50;
/// How many doctors one page of profiles has.
const PROFILES_PAGE: u32 = 200;
/// How many pages of profiles are looked through for free doctors.
const PROFILE_PAGES_MAX: usize = 10;

/// A paid urgent call without a doctor. Where it goes is told to admins and to its doctor, why to its doctor and its page alone.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "requested_at": "2026-12-01T09:30:00Z",
    "waiting_since": "2026-12-01T09:31:12Z",
    "waiting_seconds": 208,
    "address": "Москва, ул. Тверская, 1"
}))]
pub struct OpenCallView {
    /// The booking, to be assigned.
    pub booking_id: Uuid,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// Since when it has been paid and without a doctor; the search ends `urgent_search_minutes` after it.
    #[schema(value_type = String, format = DateTime)]
    pub waiting_since: Timestamp,
    /// How long that is, in whole seconds.
    #[schema(minimum = 0)]
    pub waiting_seconds: i64,
    /// Where to; for admins, unless it was erased. That they were shown it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Decimal degrees of the address, where they were named; for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<String>,
    /// Decimal degrees of the address, where they were named; for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<String>,
}

// By hand: an address in a log line would be a leak.
impl std::fmt::Debug for OpenCallView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenCallView")
            .field("booking_id", &self.booking_id)
            .finish_non_exhaustive()
    }
}

/// A doctor who takes new visits and has nothing to do for as long as an urgent visit takes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "doctor_id": "019a8f0e-0000-7000-8000-000000000002",
    "name": "Пётр Петров",
    "specialization": "Терапевт",
    "in_open_hours": true
}))]
pub struct FreeDoctorView {
    /// The doctor, for `POST /bookings/{id}/assign`.
    pub doctor_id: Uuid,
    /// First and last name.
    pub name: String,
    /// What the doctor practises.
    pub specialization: String,
    /// Whether the doctor is within open hours now. An urgent visit does not need them.
    pub in_open_hours: bool,
}

/// The calls that wait, and who could go.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenCallsView {
    /// The longest wait first.
    pub items: Vec<OpenCallView>,
    /// Pass it as `cursor` to go on; null at the end.
    #[schema(example = "YwAAAZoq…")]
    pub next: Option<String>,
    /// Who could be sent to any of them now, at most fifty: those within their open hours first, then by name. Empty while no call
    /// waits. Nobody's distance is known: doctors have no place.
    pub free_doctors: Vec<FreeDoctorView>,
}

/// List the urgent calls that wait for a doctor
///
/// The longest wait first: all of them for admins; for a clinic those that no clinic's doctor has had, and its own, to which
/// it may send its doctors with `POST /bookings/{id}/assign`. With them the doctors, of a clinic its own, who take new visits and whose
/// time nothing takes for as long as an urgent visit lasts.
#[utoipa::path(get, path = "/open-calls", tag = "bookings", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of calls, and free doctors", body = OpenCallsView)))]
pub async fn open_calls(
    State(app): State<App>,
    QueryParams(PageParams { limit, cursor }): QueryParams<PageParams>,
    caller: Caller<MayAssign>,
    read_after: ReadAfter,
) -> Result<ReadResponse<OpenCallsView>, Problem> {
    read_consistency::wait_for_position(&app, Model::Bookings, read_after).await?;
    let clinic = (caller.role() == Role::Clinic).then(|| caller.clinic_id());
    let page = query::for_staff(&app.models().pool, clinic, cursor, limit).await?;
    let now = app.now();
    let places = match caller.role() {
        Role::Admin => places(&app, &caller, &page).await?,
        Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => HashMap::new(),
    };
    let free_doctors = match page.items.is_empty() {
        true => Vec::new(),
        false => free_doctors(&app, clinic, now).await?,
    };
    Ok(ReadResponse::of(OpenCallsView {
        items: page
            .items
            .iter()
            .map(|call| OpenCallView::of(call, now, place_of(call, &places)))
            .collect(),
        next: page.next.map(|cursor| cursor.encode()),
        free_doctors,
    }))
}

impl OpenCallView {
    fn of(call: &OpenCall, now: Timestamp, place: DetailsView) -> Self {
        Self {
            booking_id: call.booking_id.uuid(),
            requested_at: shown(call.requested_at),
            waiting_since: shown(call.waiting_since),
            // Clocks of two processes may differ by a little.
            waiting_seconds: now.duration_since(call.waiting_since).as_secs().max(0),
            address: place.address,
            latitude: place.latitude,
            longitude: place.longitude,
        }
    }
}

/// What the vault holds of where the calls go, for an admin; that it was read is recorded before.
async fn places(
    app: &App,
    reader: &Caller<MayAssign>,
    page: &Page<OpenCall>,
) -> Result<HashMap<PrivateId, vault::Opened>, Problem> {
    if page.items.is_empty() {
        return Ok(HashMap::new());
    }
    let patients = page.items.iter().map(|call| call.patient_id.into());
    app.people()
        .note_addresses_shown(&reader.actor(), patients)
        .await?;
    let ids: Vec<PrivateId> = page.items.iter().filter_map(|call| call.details).collect();
    Ok(vault::open(app.people(), &ids).await?)
}

fn place_of(call: &OpenCall, places: &HashMap<PrivateId, vault::Opened>) -> DetailsView {
    let opened = call.details.and_then(|id| places.get(&id));
    let opened = opened.filter(|opened| opened.subject_id == AccountId::from(call.patient_id));
    opened.map(DetailsView::of).unwrap_or_default()
}

/// The doctors, of one clinic or of all, who could be sent now.
async fn free_doctors(
    app: &App,
    clinic: Option<ClinicId>,
    now: Timestamp,
) -> Result<Vec<FreeDoctorView>, Problem> {
    let prices = app.services().prices.now().await?;
    let minutes = i64::from(prices.list().terms.urgent_visit_minutes);
    let Ok(next_hour) = TimeRange::lasting(now, minutes) else {
        return Ok(Vec::new());
    };
    let accepting = accepting(app, clinic).await?;
    let ids: Vec<_> = accepting.keys().copied().collect();
    let mut free = Vec::new();
    for doctor in free_within(&app.models().pool, &ids, next_hour).await? {
        if let Some(profile) = accepting.get(&doctor.doctor_id) {
            free.push(FreeDoctorView {
                doctor_id: doctor.doctor_id.uuid(),
                name: format!("{} {}", profile.first_name.as_str(), profile.last_name.as_str()),
                specialization: profile.specialization.as_str().to_owned(),
                in_open_hours: doctor.in_open_hours,
            });
        }
    }
    free.sort_by_cached_key(|doctor| (!doctor.in_open_hours, doctor.name.clone(), doctor.doctor_id));
    free.truncate(FREE_DOCTORS_MAX);
    Ok(free)
}

async fn accepting(app: &App, clinic: Option<ClinicId>) -> Result<HashMap<DoctorId, DoctorProfile>, Problem> {
    let filter = DoctorFilter {
        clinic_id: clinic,
        accepts: Some(true),
        ..DoctorFilter::default()
    };
    let (mut found, mut after) = (HashMap::new(), None);
    for _ in 0..PROFILE_PAGES_MAX {
        let page = app.people().doctors(&filter, after, PROFILES_PAGE).await?;
        found.extend(page.items.into_iter().map(|doctor| (doctor.id, doctor)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(found)
}
