//! What a doctor attached to an application, in the hands of admins.

use axum::extract::State;
use axum::response::Response;
use commands::policy::MayOperate;
use domain::ids::kind;

use crate::app::App;
use crate::extract::head::{AtPart, QueryParams};
use crate::extract::request::Caller;
use crate::problem::{Code, Problem};
use crate::representation::document::file;

/// Read a doctor's document
///
/// For admins; the doctor is told that you read it. `GET /admin/accounts/{id}` lists what there is.
#[utoipa::path(get, path = "/admin/accounts/{id}/documents/{document_id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The doctor's account", format = Uuid),
        ("document_id" = String, Path, description = "The document", format = Uuid),
    ),
    responses((status = 200, description = "The file",
        content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png")))))]
pub async fn application_document(
    State(app): State<App>,
    AtPart(account_id, document_id): AtPart<kind::Account, kind::Document>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayOperate>,
) -> Result<Response, Problem> {
    let place = app.document_places().take(caller.id(), caller.role())?;
    let found = app
        .people()
        .document_for(&caller.actor(), account_id, document_id)
        .await?;
    let document = found.ok_or_else(|| Problem::plain(Code::NotFound))?;
    Ok(file(app, document, place))
}
