//! A doctor takes a block back.

use axum::extract::State;
use commands::schedule::{self, UnblockTime};
use domain::ids::kind;
use projections::{Model, open_slots};

use crate::app::App;
use crate::extract::at::AtPart;
use crate::extract::body::Nothing;
use crate::extract::caller::DayKeepers;
use crate::extract::command_request::CommandRequest;
use crate::extract::conditions::ReadAfter;
use crate::fresh;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::day::BlockView;

/// Take a block back
///
/// For that doctor, clinics and admins. Its time can be booked again where a day is open; a block taken back before
/// stays so.
#[utoipa::path(post, path = "/doctors/{id}/blocks/{block_id}/unblock", tag = "doctors", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The doctor", format = Uuid),
        ("block_id" = String, Path, description = "The block", format = Uuid),
    ),
    responses((status = 200, description = "The time is free again", body = Positioned<BlockView>)))]
pub async fn unblock_time(
    State(app): State<App>,
    AtPart(doctor_id, block_id): AtPart<kind::Doctor, kind::Block>,
    CommandRequest { asked, .. }: CommandRequest<DayKeepers, Nothing>,
) -> Result<Accepted<BlockView>, Problem> {
    schedule::permit(app.services(), asked.by, doctor_id).await?;
    // The list tells which days the block stands on; a block made a moment ago by another process must be in it.
    let head = app.log().head().await?;
    let key = doctor_id.to_string();
    fresh::of_key(&app, Model::OpenSlots, &key, ReadAfter(Some(head))).await?;
    let block = open_slots::blocks::ever(&app.models().pool, doctor_id, block_id).await?;
    let block = block.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let command = UnblockTime {
        doctor_id,
        block_id,
        range: block.range,
    };
    let done = schedule::unblock_time(app.services(), &asked, command).await?;
    Ok(Accepted::of(done, |answer, _| BlockView::from(&answer)))
}
