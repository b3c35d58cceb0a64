//! Where a consultation takes place: said by its doctor, shown to the two who meet there.

use axum::extract::State;
use commands::bookings::{self, ROOM_URL};
use commands::policy::{MayReadBooking, MayReportVisit};
use commands::{BookingState, CommandMetadata};
use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use domain::ids::{AccountId, kind};
use domain::people::Role;
use identity::vault;
use projections::bookings::BookingSummary;
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{Parsed, parsed};
use crate::extract::request::{Caller, CommandRequest};
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::booking::BookingView;
use crate::representation::command_response::CommandResponse;

/// The longest address of a room, in characters.
const URL_CHARS_MAX: usize = 2_048;

/// Where the two meet.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"url": "https://rooms.example/7f6f0a1c"}))]
pub struct RoomBody {
    /// A web address, `https` alone, of at most 2048 characters. Whoever has it can come in: it is kept where it can be erased.
    #[schema(value_type = String, format = "uri", max_length = 2048)]
    pub url: Url,
}

impl FromBody for RoomBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let url = fields.required("url", parsed(room_in, URL_CHARS_MAX))?;
        Some(Self { url })
    }
}

fn room_in(text: &str) -> Parsed<Url> {
    let named = Url::parse(text).ok().filter(|url| {
        let anonymous = url.username().is_empty() && url.password().is_none();
        url.scheme() == "https" && anonymous && url.as_str().len() <= URL_CHARS_MAX
    });
    named.ok_or_else(|| {
        FieldProblem::new(
            "not_a_url",
            "must be an address such as https://rooms.example/7f6f0a1c",
        )
    })
}

/// Say where a consultation takes place
///
/// For the assigned doctor and admins, until the consultation is over. A newer address replaces the older one; with another doctor it
/// is forgotten. The patient and that doctor read it on the booking's own page.
#[utoipa::path(post, path = "/bookings/{id}/room", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)), request_body = RoomBody,
    responses(
        (status = 200, description = "Said", body = CommandResponse<BookingView>),
        (status = 409, description = "`not_now`, `not_a_consultation`"),
    ))]
pub async fn room(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayReportVisit, RoomBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    let done = bookings::name_room(app.services(), &metadata, booking_id, body.url.as_str()).await?;
    CommandResponse::of_state(done, |state: &BookingState, version| {
        let view = BookingView::of_state(state, version)?;
        Some(view.with_room(Some(body.url.to_string())))
    })
}

/// Where the two meet, for either of them, as the facts say now.
///
/// # Errors
/// `not_found` for who has the visit no longer; `unavailable`.
pub async fn room_of(
    app: &App,
    caller: &Caller<MayReadBooking>,
    line: &BookingSummary,
) -> Result<Option<String>, Problem> {
    if line.call_type != CallType::Consultation || !is_ahead(line.status) {
        return Ok(None);
    }
    match caller.role() {
        Role::Patient | Role::Doctor => {}
        Role::Clinic | Role::Admin | Role::Analyst => return Ok(None),
    }
    let metadata = CommandMetadata::from_account(caller.id(), caller.role(), String::new(), String::new());
    let Some(room) = bookings::room_of(app.services(), &metadata, line.booking_id).await? else {
        return Ok(None);
    };
    let rows = vault::open(app.people(), &[room.id]).await?;
    let row = rows
        .get(&room.id)
        .filter(|row| row.subject_id == AccountId::from(line.patient_id) && row.is_what(&room));
    let url = row.and_then(|row| row.body.get(ROOM_URL).and_then(Value::as_str));
    Ok(url.map(str::to_owned))
}

/// Whether the consultation has a doctor and is not over.
const fn is_ahead(status: BookingStatus) -> bool {
    match status {
        BookingStatus::Assigned | BookingStatus::Arrived | BookingStatus::InProgress => true,
        BookingStatus::Absent
        | BookingStatus::Pending
        | BookingStatus::EnRoute
        | BookingStatus::Completed
        | BookingStatus::Cancelled
        | BookingStatus::Expired
        | BookingStatus::NoShow
        | BookingStatus::Missed => false,
    }
}
