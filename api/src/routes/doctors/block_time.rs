//! A doctor keeps a stretch of time free of visits.

use axum::extract::State;
use commands::schedule::{self, BlockTime};
use domain::ids::kind;
use domain::schedule::hours::BLOCK_HOURS_MAX;
use domain::time::TimeRange;
use jiff::{SignedDuration, Timestamp};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::body::Readable;
use crate::extract::caller::DayKeepers;
use crate::extract::command_request::CommandRequest;
use crate::extract::fields::Fields;
use crate::extract::read::instant;
use crate::problem::Problem;
use crate::problem::fault::Wrong;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::day::BlockView;

/// A stretch to keep free.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"starts_at": "2026-12-02T09:00:00Z", "ends_at": "2026-12-02T10:00:00Z"}))]
pub struct BlockBody {
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// The first instant after, at most 60 days later.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

impl Readable for BlockBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let starts_at = fields.required("starts_at", instant);
        let ends_at = fields.required("ends_at", instant);
        let (starts_at, ends_at) = (starts_at?, ends_at?);
        if ends_at <= starts_at {
            fields.fault("ends_at", Wrong::new("not_after", "must be after starts_at"));
        } else if ends_at.duration_since(starts_at) > SignedDuration::from_hours(BLOCK_HOURS_MAX) {
            fields.fault(
                "ends_at",
                Wrong::new("too_far", "must be at most 60 days after starts_at"),
            );
        }
        Some(Self { starts_at, ends_at })
    }
}

/// Block a doctor's time
///
/// For that doctor, clinics and admins. Nothing can be booked then, over midnights and days that are not open. Refused
/// while a visit is there; `POST /doctors/{id}/blocks/{block_id}/unblock` takes the block back.
#[utoipa::path(post, path = "/doctors/{id}/blocks", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor", format = Uuid)), request_body = BlockBody,
    responses(
        (status = 200, description = "The time is blocked", body = Positioned<BlockView>),
        (status = 409, description = "`slot_taken`, `in_the_past`, `doctor_not_available`"),
    ))]
pub async fn block_time(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    CommandRequest { asked, body, .. }: CommandRequest<DayKeepers, BlockBody>,
) -> Result<Accepted<BlockView>, Problem> {
    let range = TimeRange::new(body.starts_at, body.ends_at)
        .map_err(|fault| Problem::invalid(vec![Wrong::new("not_after", fault.to_string()).at("/ends_at")]))?;
    let done = schedule::block_time(app.services(), &asked, BlockTime { doctor_id, range }).await?;
    Ok(Accepted::of(done, |answer, _| BlockView::from(&answer)))
}
