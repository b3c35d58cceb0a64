//! One payout.

use axum::extract::State;
use commands::policy::MayReadPayouts;
use domain::ids::kind;
use projections::Model;
use projections::payouts::query;

use crate::app::App;
use crate::extract::head::{At, QueryParams, ReadAfter};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::payout::PayoutView;
use crate::routes::payouts::theirs;

/// Read a payout
///
/// For its owner and admins. Waits shortly for what just happened; `Read-After` insists.
#[utoipa::path(get, path = "/payouts/{id}", tag = "payouts", security(("bearer" = [])),
    params(("id" = String, Path, description = "The payout", format = Uuid)),
    responses((status = 200, description = "The payout", body = PayoutView)))]
pub async fn show(
    State(app): State<App>,
    At(payout_id): At<kind::Payout>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayReadPayouts>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PayoutView>, Problem> {
    read_consistency::wait_for_position(&app, Model::Payouts, read_after).await?;
    let pool = &app.models().pool;
    // A payout lives in its owner's shard, which only its row names: known, it is read again when that is fresh.
    let state = match query::for_staff(pool, payout_id).await? {
        Some(row) => {
            let key = theirs(&caller, Some(row))?.owner_id.to_string();
            read_consistency::wait_for_key(&app, Model::Payouts, &key, ReadAfter(None)).await?
        }
        None => read_consistency::wait_briefly(&app, Model::Payouts).await?,
    };
    let row = state.found(query::for_staff(pool, payout_id).await?)?;
    let row = theirs(&caller, Some(row))?;
    Ok(ReadResponse {
        body: PayoutView::of_row(&row),
        as_of: state.as_of,
        version: Some(row.version),
    })
}
