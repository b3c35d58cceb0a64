//! The caller's endpoints, and one of them.

use axum::Json;
use axum::extract::State;
use commands::policy::MayKeepWebhooks;
use domain::ids::kind;
use projections::{Cursor, List};
use webhooks::endpoints::{self, EndpointsFilter};

use super::scope;
use crate::app::App;
use crate::extract::head::{At, QueryParams};
use crate::extract::page::PageParams;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::representation::page::PageView;
use crate::representation::webhook_endpoint::WebhookEndpointView;

/// List endpoints
///
/// A clinic's own; for admins all. The oldest first.
#[utoipa::path(get, path = "/webhook-endpoints", tag = "webhook_endpoints", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of endpoints", body = PageView<WebhookEndpointView>)))]
pub async fn list(
    State(app): State<App>,
    QueryParams(page): QueryParams<PageParams>,
    caller: Caller<MayKeepWebhooks>,
) -> Result<Json<PageView<WebhookEndpointView>>, Problem> {
    let rows = usize::from(page.limit.rows());
    let after = page.cursor.map(|cursor| cursor.instant(List::WebhookEndpoints));
    let filter = EndpointsFilter {
        scope: scope(&caller),
        after: after.transpose()?,
        rows: i64::from(page.limit.rows()) + 1,
    };
    let mut found = endpoints::list(&app.webhooks()?.pool, &filter).await?;
    let more = found.len() > rows;
    found.truncate(rows);
    let last = found.last().filter(|_| more);
    Ok(Json(PageView {
        next: last.map(|last| Cursor::at(List::WebhookEndpoints, last.created_at, last.id).encode()),
        items: found.into_iter().map(WebhookEndpointView::from).collect(),
    }))
}

/// Show an endpoint
///
/// Where it stands: up to where it was told, what waits, why it takes nothing.
#[utoipa::path(get, path = "/webhook-endpoints/{id}", tag = "webhook_endpoints", security(("bearer" = [])),
    params(("id" = String, Path, description = "The endpoint", format = Uuid)),
    responses((status = 200, description = "The endpoint", body = WebhookEndpointView)))]
pub async fn show(
    State(app): State<App>,
    At(id): At<kind::WebhookEndpoint>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayKeepWebhooks>,
) -> Result<Json<WebhookEndpointView>, Problem> {
    let found = endpoints::show(&app.webhooks()?.pool, scope(&caller), id.uuid()).await?;
    Ok(Json(WebhookEndpointView::from(found)))
}
