//! A doctor's days: opened, given longer hours, closed.

use axum::extract::State;
use commands::policy::MayKeepDays;
use commands::schedule::{self, CloseDay, ExtendDay, OpenDay, WorkingHours};
use commands::{CommandOutcome, DayState};
use domain::ids::{DoctorId, kind};
use domain::schedule::hours::{BUFFER_MINUTES_MAX, SLOT_MINUTES_MIN, VISIT_MINUTES_MAX};
use identity::Zone;
use jiff::civil::Date;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::{At, AtDate};
use crate::extract::read::{date, minute_of_day, parsed, whole};
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::command_response::CommandResponse;
use crate::representation::day::{ClosedDayView, DayView};

/// The most stretches of working hours in a day.
pub const STRETCHES_MAX: usize = 12;
/// The longest name of a zone, in characters.
pub const ZONE_CHARS_MAX: usize = 64;

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

impl FromBody for OpenDayBody {
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
fn hours(fields: &mut Fields<'_>) -> Option<WorkingHours> {
    let from_minute = fields.required("from", minute_of_day);
    let until_minute = fields.required("until", minute_of_day);
    let (from_minute, until_minute) = (from_minute?, until_minute?);
    if until_minute <= from_minute {
        fields.fault("until", FieldProblem::new("not_after", "must be after from"));
    }
    Some(WorkingHours {
        from_minute,
        until_minute,
    })
}

/// The rule's own bounds, so that what is let in here is never refused there.
fn minutes(least: u16, most: u16) -> impl Fn(&serde_json::value::RawValue) -> Result<u16, FieldProblem> {
    move |raw| {
        let minutes = whole(i64::from(least), i64::from(most))(raw)?;
        u16::try_from(minutes).map_err(|_| FieldProblem::new("out_of_range", "is out of range"))
    }
}

/// Open a doctor's day
///
/// For that doctor, clinics and admins. Hours are local to the doctor's zone; opening the same day with the same hours
/// again changes nothing.
#[utoipa::path(post, path = "/doctors/{id}/days", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor", format = Uuid)), request_body = OpenDayBody,
    responses(
        (status = 200, description = "The day is open", body = CommandResponse<DayView>),
        (status = 409, description = "`day_already_open`, `day_overlaps`, `not_a_working_day`, `in_the_past`, \
            `doctor_not_available`"),
    ))]
pub async fn open_day(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayKeepDays, OpenDayBody>,
) -> Result<CommandResponse<DayView>, Problem> {
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
        schedule::open_day(app.services(), &metadata, command).await?,
    )
}

fn opened(
    doctor_id: DoctorId,
    outcome: CommandOutcome<DayState>,
) -> Result<CommandResponse<DayView>, Problem> {
    CommandResponse::of_state(outcome, |day, version| {
        DayView::of(doctor_id.uuid(), day, version)
    })
}

/// The hours from now on.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"working": [{"from": "08:00", "until": "13:00"}, {"from": "14:00", "until": "20:00"}]}))]
pub struct ExtendDayBody {
    /// All local working hours, at most twelve stretches; the present ones lie within them.
    #[schema(value_type = Vec<HoursBody>, min_items = 1, max_items = 12)]
    pub working: Vec<WorkingHours>,
}

impl FromBody for ExtendDayBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let working = fields.objects("working", STRETCHES_MAX, hours);
        Some(Self { working: working? })
    }
}

/// Give a doctor's day longer hours
///
/// For that doctor, clinics and admins. Slot length, buffers and zone stay, and so does what is booked; slots are counted
/// from the beginning of each stretch, so a stretch of its own before the old one leaves the old slots where they are.
#[utoipa::path(post, path = "/doctors/{id}/days/{date}/extend", tag = "doctors", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The doctor", format = Uuid),
        ("date" = String, Path, description = "The doctor's local date", format = Date),
    ),
    request_body = ExtendDayBody,
    responses(
        (status = 200, description = "The day as it is now", body = CommandResponse<DayView>),
        (status = 409, description = "`day_not_open`, `day_not_longer`, `day_overlaps`, `not_a_working_day`, \
            `in_the_past`"),
    ))]
pub async fn extend_day(
    State(app): State<App>,
    AtDate(doctor_id, date): AtDate<kind::Doctor>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayKeepDays, ExtendDayBody>,
) -> Result<CommandResponse<DayView>, Problem> {
    let command = ExtendDay {
        doctor_id,
        date,
        hours: body.working,
    };
    opened(
        doctor_id,
        schedule::extend_day(app.services(), &metadata, command).await?,
    )
}

/// Close a doctor's day
///
/// For that doctor, clinics and admins. Nothing of it can be booked any more; refused while a visit claims any of its
/// time. A day that is not open is closed already. It can be opened again, with other hours too.
#[utoipa::path(post, path = "/doctors/{id}/days/{date}/close", tag = "doctors", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The doctor", format = Uuid),
        ("date" = String, Path, description = "The doctor's local date", format = Date),
    ),
    responses(
        (status = 200, description = "The day is closed", body = CommandResponse<ClosedDayView>),
        (status = 409, description = "`day_claimed`, `in_the_past`"),
    ))]
pub async fn close_day(
    State(app): State<App>,
    AtDate(doctor_id, date): AtDate<kind::Doctor>,
    CommandRequest { metadata, .. }: CommandRequest<MayKeepDays, EmptyBody>,
) -> Result<CommandResponse<ClosedDayView>, Problem> {
    let done = schedule::close_day(app.services(), &metadata, CloseDay { doctor_id, date }).await?;
    Ok(CommandResponse::of(done, |answer, version| {
        ClosedDayView::of(doctor_id, date, &answer, version)
    }))
}
