//! The apps, and one of them.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::kind;
use projections::{Cursor, List};

use crate::app::App;
use crate::extract::head::{At, QueryParams};
use crate::extract::page::PageParams;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::representation::app::AppView;
use crate::representation::page::PageView;

/// List apps
///
/// For admins: those that are off, too. The oldest first.
#[utoipa::path(get, path = "/admin/apps", tag = "admin", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of apps", body = PageView<AppView>)))]
pub async fn list_apps(
    State(app): State<App>,
    QueryParams(page): QueryParams<PageParams>,
    _caller: Caller<MayOperate>,
) -> Result<Json<PageView<AppView>>, Problem> {
    let rows = usize::from(page.limit.rows());
    let after = page.cursor.map(|cursor| cursor.instant(List::Apps)).transpose()?;
    let wanted = i64::from(page.limit.rows()) + 1;
    let mut found = app.people().apps(after, wanted, app.now()).await?;
    let more = found.len() > rows;
    found.truncate(rows);
    let last = found.last().filter(|_| more);
    Ok(Json(PageView {
        next: last.map(|last| Cursor::at(List::Apps, last.created_at, last.id.uuid()).encode()),
        items: found.into_iter().map(AppView::from).collect(),
    }))
}

/// Show an app
///
/// For admins.
#[utoipa::path(get, path = "/admin/apps/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The app", format = Uuid)),
    responses((status = 200, description = "The app", body = AppView)))]
pub async fn show_app(
    State(app): State<App>,
    At(id): At<kind::App>,
    QueryParams(()): QueryParams<()>,
    _caller: Caller<MayOperate>,
) -> Result<Json<AppView>, Problem> {
    Ok(Json(AppView::from(app.people().app(id, app.now()).await?)))
}
