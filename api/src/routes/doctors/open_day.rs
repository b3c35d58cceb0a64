//! A doctor's day opens for bookings.

use axum::extract::State;
use commands::schedule::{self, OpenDay, WorkingHours};
use commands::{CommandOutcome, DayState};
use domain::ids::{DoctorId, kind};
use domain::schedule::hours::{BUFFER_MINUTES_MAX, SLOT_MINUTES_MIN, VISIT_MINUTES_MAX};
use identity::Zone;
use jiff::civil::Date;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::body::Readable;
use crate::extract::caller::DayKeepers;
use crate::extract::command_request::CommandRequest;
use crate::extract::fields::Fields;
use crate::extract::read::{date, minute_of_day, parsed, whole};
use crate::problem::Problem;
use crate::problem::fault::Wrong;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::day::DayView;

/// The most stretches of working hours in a day.
pub const STRETCHES_MAX: usize = 12;
/// The longest name of a zone, in characters.
const ZONE_CHARS_MAX: usize = 64;

/// A day to open.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "date": "2026-12-02",
    "working": [{"from": "09:00", "until": "13:00"}, {"from": "14:00", "until": "18:00"}],
    "slot_minutes": 60,
    "buffer_after_minutes": 30
}))]
pub struct OpenDayBody {
    /// The doctor's local date.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// Local working hours, at most twelve stretches.
    #[schema(value_type = Vec<HoursBody>, min_items = 1, max_items = 12)]
    pub working: Vec<WorkingHours>,
    /// Length of one slot, 5 to 480.
    #[schema(minimum = 5, maximum = 480)]
    pub slot_minutes: u16,
    /// Kept free before each visit, 0 to 120; 0 if absent.
    #[schema(value_type = Option<u16>, maximum = 120)]
    pub buffer_before_minutes: u16,
    /// Kept free after each visit, 0 to 120; 0 if absent.
    #[schema(value_type = Option<u16>, maximum = 120)]
    pub buffer_after_minutes: u16,
    /// The IANA zone; the doctor's own if absent.
    #[schema(value_type = Option<String>, example = "Europe/Moscow")]
    pub zone: Option<Zone>,
}

/// A stretch of local working hours.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"from": "09:00", "until": "13:00"}))]
#[expect(dead_code, reason = "describes the wire; what is read becomes WorkingHours")]
pub struct HoursBody {
    /// Local time, `HH:MM`.
    pub from: String,
    /// Local time after `from`; `24:00` is the end of the day.
    pub until: String,
}

impl Readable for OpenDayBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let date = fields.required("date", date);
        let working = fields.objects("working", STRETCHES_MAX, hours);
        let slot_minutes = fields.required("slot_minutes", minutes(SLOT_MINUTES_MIN, VISIT_MINUTES_MAX));
        let buffer_before_minutes = fields.optional("buffer_before_minutes", minutes(0, BUFFER_MINUTES_MAX));
        let buffer_after_minutes = fields.optional("buffer_after_minutes", minutes(0, BUFFER_MINUTES_MAX));
        let zone = fields.optional("zone", parsed(Zone::parse, ZONE_CHARS_MAX));
        Some(Self {
            date: date?,
            working: working?,
            slot_minutes: slot_minutes?,
            buffer_before_minutes: buffer_before_minutes?.unwrap_or(0),
            buffer_after_minutes: buffer_after_minutes?.unwrap_or(0),
            zone: zone?,
        })
    }
}

/// One stretch of working hours.
pub fn hours(fields: &mut Fields<'_>) -> Option<WorkingHours> {
    let from_minute = fields.required("from", minute_of_day);
    let until_minute = fields.required("until", minute_of_day);
    let (from_minute, until_minute) = (from_minute?, until_minute?);
    if until_minute <= from_minute {
        fields.fault("until", Wrong::new("not_after", "must be after from"));
    }
    Some(WorkingHours {
        from_minute,
        until_minute,
    })
}

/// The rule's own bounds, so that what is let in here is never refused there.
fn minutes(least: u16, most: u16) -> impl Fn(&serde_json::value::RawValue) -> Result<u16, Wrong> {
    move |raw| {
        let minutes = whole(i64::from(least), i64::from(most))(raw)?;
        u16::try_from(minutes).map_err(|_| Wrong::new("out_of_range", "is out of range"))
    }
}

/// Open a doctor's day
///
/// For that doctor, clinics and admins. Hours are local to the doctor's zone; opening the same day with the same hours
/// again changes nothing.
#[utoipa::path(post, path = "/doctors/{id}/days", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor", format = Uuid)), request_body = OpenDayBody,
    responses(
        (status = 200, description = "The day is open", body = Positioned<DayView>),
        (status = 409, description = "`day_already_open`, `day_overlaps`, `not_a_working_day`, `in_the_past`, \
            `doctor_not_available`"),
    ))]
pub async fn open_day(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    CommandRequest { asked, body, .. }: CommandRequest<DayKeepers, OpenDayBody>,
) -> Result<Accepted<DayView>, Problem> {
    let command = OpenDay {
        doctor_id,
        date: body.date,
        zone: body.zone.map(|zone| zone.as_str().to_owned()),
        hours: body.working,
        slot_minutes: body.slot_minutes,
        buffer_before_minutes: body.buffer_before_minutes,
        buffer_after_minutes: body.buffer_after_minutes,
    };
    opened(
        doctor_id,
        schedule::open_day(app.services(), &asked, command).await?,
    )
}

/// The answer about a day that is open now.
///
/// # Errors
/// `internal` if it is not, which cannot be.
pub fn opened(doctor_id: DoctorId, done: CommandOutcome<DayState>) -> Result<Accepted<DayView>, Problem> {
    let CommandOutcome {
        answer,
        position,
        version,
        replayed,
    } = done;
    let view = DayView::of(doctor_id.uuid(), &answer, version).ok_or_else(|| Problem::internal(&NotOpen))?;
    Ok(Accepted::of(
        CommandOutcome {
            answer: view,
            position,
            version,
            replayed,
        },
        |view, _| view,
    ))
}

/// A day was opened and is not open: cannot be.
#[derive(Debug, thiserror::Error)]
#[error("a day was opened and is not open")]
struct NotOpen;
