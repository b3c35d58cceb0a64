//! A doctor's day is given longer hours.

use axum::extract::State;
use commands::schedule::{self, ExtendDay, WorkingHours};
use domain::ids::kind;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::at::AtDate;
use crate::extract::body::Readable;
use crate::extract::caller::DayKeepers;
use crate::extract::command_request::CommandRequest;
use crate::extract::fields::Fields;
use crate::problem::Problem;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::day::DayView;
use crate::routes::doctors::open_day::{HoursBody, STRETCHES_MAX, hours, opened};

/// The hours from now on.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"working": [{"from": "08:00", "until": "13:00"}, {"from": "14:00", "until": "20:00"}]}))]
pub struct ExtendDayBody {
    /// All local working hours, at most twelve stretches; the present ones lie within them.
    #[schema(value_type = Vec<HoursBody>, min_items = 1, max_items = 12)]
    pub working: Vec<WorkingHours>,
}

impl Readable for ExtendDayBody {
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
        (status = 200, description = "The day as it is now", body = Positioned<DayView>),
        (status = 409, description = "`day_not_open`, `day_not_longer`, `day_overlaps`, `not_a_working_day`, \
            `in_the_past`"),
    ))]
pub async fn extend_day(
    State(app): State<App>,
    AtDate(doctor_id, date): AtDate<kind::Doctor>,
    CommandRequest { asked, body, .. }: CommandRequest<DayKeepers, ExtendDayBody>,
) -> Result<Accepted<DayView>, Problem> {
    let command = ExtendDay {
        doctor_id,
        date,
        hours: body.working,
    };
    opened(
        doctor_id,
        schedule::extend_day(app.services(), &asked, command).await?,
    )
}
