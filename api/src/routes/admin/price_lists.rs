//! The published price lists, all or one.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::caller::AsPublisher;
use crate::extract::conditions::ReadAfter;
use crate::fresh;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::representation::price_list::PriceListView;

/// Every price list, the latest version first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceListsView {
    /// The lists.
    pub items: Vec<PriceListView>,
    /// Always null: all of them are here.
    #[schema(value_type = Option<String>)]
    pub next: Option<()>,
}

/// List price lists
///
/// For admins: every list that was published, by whom and when, the latest version first, and where each stands.
#[utoipa::path(get, path = "/admin/price-lists", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "The price lists", body = PriceListsView)))]
pub async fn price_lists(
    State(app): State<App>,
    _caller: AsPublisher,
    ReadAfter(after): ReadAfter,
) -> Result<Json<PriceListsView>, Problem> {
    if let Some(after) = after {
        fresh::known(&app, after).await?;
    }
    // The log itself is asked: it knows everything up to any position it has.
    let (known, now) = (app.services().prices.all().await?, app.now());
    let view = |list: &std::sync::Arc<_>| PriceListView::of(list, &known, now);
    Ok(Json(PriceListsView {
        items: known.all().iter().rev().map(view).collect(),
        next: None,
    }))
}

/// Read a price list
///
/// For admins: one version, by whom it was published and when, and where it stands.
#[utoipa::path(get, path = "/admin/price-lists/{version}", tag = "admin", security(("bearer" = [])),
    params(("version" = u32, Path, description = "The version", example = 2)),
    responses((status = 200, description = "The price list", body = PriceListView)))]
pub async fn price_list(
    State(app): State<App>,
    Path(version): Path<String>,
    _caller: AsPublisher,
    ReadAfter(after): ReadAfter,
) -> Result<Json<PriceListView>, Problem> {
    let not_found = || Problem::plain(Code::NotFound);
    let version: u32 = version.parse().map_err(|_| not_found())?;
    if let Some(after) = after {
        fresh::known(&app, after).await?;
    }
    let (known, now) = (app.services().prices.all().await?, app.now());
    let list = known.version(version).ok_or_else(not_found)?;
    Ok(Json(PriceListView::of(list, &known, now)))
}
