//! Time a doctor keeps free: blocked, listed, taken back.

use axum::extract::State;
use commands::policy::MayKeepDays;
use commands::schedule::{self, BlockTime, UnblockTime};
use domain::ids::kind;
use domain::people::Actor;
use domain::schedule::hours::BLOCK_HOURS_MAX;
use domain::time::TimeRange;
use jiff::{SignedDuration, Timestamp};
use projections::{Model, open_slots};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::{At, AtPart, FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::read::{instant, instant_in};
use crate::extract::request::{Caller, CommandRequest};
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::read_consistency::{self, ReadResponse};
use crate::representation::command_response::CommandResponse;
use crate::representation::day::BlockView;
use crate::representation::page::PageView;

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

impl FromBody for BlockBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let starts_at = fields.required("starts_at", instant);
        let ends_at = fields.required("ends_at", instant);
        let (starts_at, ends_at) = (starts_at?, ends_at?);
        if ends_at <= starts_at {
            fields.fault(
                "ends_at",
                FieldProblem::new("not_after", "must be after starts_at"),
            );
        } else if ends_at.duration_since(starts_at) > SignedDuration::from_hours(BLOCK_HOURS_MAX) {
            fields.fault(
                "ends_at",
                FieldProblem::new("too_far", "must be at most 60 days after starts_at"),
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
        (status = 200, description = "The time is blocked", body = CommandResponse<BlockView>),
        (status = 409, description = "`slot_taken`, `in_the_past`, `doctor_not_available`"),
    ))]
pub async fn block_time(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayKeepDays, BlockBody>,
) -> Result<CommandResponse<BlockView>, Problem> {
    let range = TimeRange::new(body.starts_at, body.ends_at).map_err(|error| {
        Problem::invalid(vec![
            FieldProblem::new("not_after", error.to_string()).at("/ends_at"),
        ])
    })?;
    let done = schedule::block_time(app.services(), &metadata, BlockTime { doctor_id, range }).await?;
    Ok(CommandResponse::of(done, |answer, _| BlockView::from(&answer)))
}

/// Which blocks.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BlocksQuery {
    /// Blocks that end after this instant; now if absent.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
}

impl FromQuery for BlocksQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let from = parameters.optional("from", instant_in);
        Some(Self { from: from? })
    }
}

/// List a doctor's blocks
///
/// For that doctor, clinics and admins, by their start; without those taken back.
#[utoipa::path(get, path = "/doctors/{id}/blocks", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor", format = Uuid), BlocksQuery, PageParams),
    responses((status = 200, description = "A page of blocks", body = PageView<BlockView>)))]
pub async fn blocks(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    QueryParams((question, page)): QueryParams<(BlocksQuery, PageParams)>,
    caller: Caller<MayKeepDays>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<BlockView>>, Problem> {
    let by = Actor::Person {
        id: caller.id(),
        role: caller.role(),
    };
    schedule::permit(app.services(), by, doctor_id).await?;
    let as_of = read_consistency::wait_for_key(&app, Model::OpenSlots, &doctor_id.to_string(), read_after)
        .await?
        .as_of;
    let from = question.from.unwrap_or_else(|| app.now());
    let PageParams { limit, cursor } = page;
    let page = open_slots::blocks::standing(&app.models().pool, doctor_id, from, cursor, limit).await?;
    Ok(ReadResponse {
        as_of,
        ..ReadResponse::of(PageView::of(page, |block| BlockView::of(doctor_id, &block)))
    })
}

/// Take a block back
///
/// For that doctor, clinics and admins. Its time can be booked again where a day is open; a block taken back before
/// stays so.
#[utoipa::path(post, path = "/doctors/{id}/blocks/{block_id}/unblock", tag = "doctors", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The doctor", format = Uuid),
        ("block_id" = String, Path, description = "The block", format = Uuid),
    ),
    responses((status = 200, description = "The time is free again", body = CommandResponse<BlockView>)))]
pub async fn unblock_time(
    State(app): State<App>,
    AtPart(doctor_id, block_id): AtPart<kind::Doctor, kind::Block>,
    CommandRequest { metadata, .. }: CommandRequest<MayKeepDays, EmptyBody>,
) -> Result<CommandResponse<BlockView>, Problem> {
    schedule::permit(app.services(), metadata.by, doctor_id).await?;
    // The list tells which days the block stands on; a block made a moment ago by another process must be in it.
    let head = app.log().head().await?;
    let key = doctor_id.to_string();
    read_consistency::wait_for_key(&app, Model::OpenSlots, &key, ReadAfter(Some(head))).await?;
    let block = open_slots::blocks::ever(&app.models().pool, doctor_id, block_id).await?;
    let block = block.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let command = UnblockTime {
        doctor_id,
        block_id,
        range: block.range,
    };
    let done = schedule::unblock_time(app.services(), &metadata, command).await?;
    Ok(CommandResponse::of(done, |answer, _| BlockView::from(&answer)))
}
