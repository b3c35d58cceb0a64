//! A poisoned intent is tried again.

use axum::Json;
use axum::extract::State;
use commands::intents::retry;
use domain::ids::kind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::body::Nothing;
use crate::extract::caller::Admins;
use crate::extract::command_request::CommandRequest;
use crate::problem::Problem;

/// What became of an operator's wish about an intent.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "b0d9c1de-6f0a-5c3e-9a51-1f2d3c4b5a69", "state": "open"}))]
pub struct IntentActView {
    /// The intent.
    pub id: Uuid,
    /// `open` or `given_up`.
    #[schema(value_type = String)]
    pub state: &'static str,
}

/// Retry an intent
///
/// For admins: a poisoned intent, or one that waits for its next try, is tried again at once.
#[utoipa::path(post, path = "/admin/intents/{id}/retry", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The intent", format = Uuid)),
    responses((status = 200, description = "It will be tried again", body = IntentActView)))]
pub async fn retry_intent(
    State(app): State<App>,
    At(intent_id): At<kind::Intent>,
    CommandRequest { asked, .. }: CommandRequest<Admins, Nothing>,
) -> Result<Json<IntentActView>, Problem> {
    retry(app.services(), &asked, intent_id).await?;
    Ok(Json(IntentActView {
        id: intent_id.uuid(),
        state: "open",
    }))
}
