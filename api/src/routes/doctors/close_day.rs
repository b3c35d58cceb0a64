//! A doctor's day closes.

use axum::extract::State;
use commands::schedule::{self, CloseDay};
use domain::ids::kind;

use crate::app::App;
use crate::extract::at::AtDate;
use crate::extract::body::Nothing;
use crate::extract::caller::DayKeepers;
use crate::extract::command_request::CommandRequest;
use crate::problem::Problem;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::day::ClosedDayView;

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
        (status = 200, description = "The day is closed", body = Positioned<ClosedDayView>),
        (status = 409, description = "`day_claimed`, `in_the_past`"),
    ))]
pub async fn close_day(
    State(app): State<App>,
    AtDate(doctor_id, date): AtDate<kind::Doctor>,
    CommandRequest { asked, .. }: CommandRequest<DayKeepers, Nothing>,
) -> Result<Accepted<ClosedDayView>, Problem> {
    let done = schedule::close_day(app.services(), &asked, CloseDay { doctor_id, date }).await?;
    Ok(Accepted::of(done, |answer, version| {
        ClosedDayView::of(doctor_id, date, &answer, version)
    }))
}
