//! One stream of the log, now or as of an earlier moment.

use axum::Json;
use axum::extract::{Path, State};
use domain::any_event::KNOWN;

use crate::app::App;
use crate::extract::caller::AsAdmin;
use crate::extract::parameters::Ask;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::representation::fact::{FactView, FactsView};
use crate::routes::bookings::history::AsOfQuestion;

/// The longest stream id, in bytes; a doctor's day is the longest we make.
const STREAM_ID_BYTES_MAX: usize = 128;

/// Read a stream
///
/// For admins: the facts of one stream, as of a version or an instant if asked. Types are `booking`, `doctor_day`,
/// `payment` and `wallet`.
#[utoipa::path(get, path = "/admin/streams/{type}/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("type" = String, Path, description = "The kind of stream", example = "booking"),
        ("id" = String, Path, description = "The stream"),
        AsOfQuestion,
    ),
    responses((status = 200, description = "The facts, oldest first", body = FactsView)))]
pub async fn stream(
    State(app): State<App>,
    Path((kind, id)): Path<(String, String)>,
    Ask(question): Ask<AsOfQuestion>,
    _caller: AsAdmin,
) -> Result<Json<FactsView>, Problem> {
    let known = KNOWN.iter().any(|(aggregate, ..)| *aggregate == kind);
    if !known || id.len() > STREAM_ID_BYTES_MAX || id.contains('\0') {
        return Err(Problem::plain(Code::NotFound));
    }
    let facts = app.log().read_stream(&kind, &id, question.as_of).await?;
    if facts.is_empty() {
        return Err(Problem::plain(Code::NotFound));
    }
    let head = facts.last().map_or(0, |fact| fact.position);
    Ok(Json(FactsView {
        items: facts.into_iter().map(FactView::from).collect(),
        next: None,
        head,
    }))
}
