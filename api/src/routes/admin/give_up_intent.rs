//! An intent is given up, with a reason that becomes a fact.

use axum::Json;
use axum::extract::State;
use commands::intents::{GiveUpIntent, give_up};
use domain::booking::events::GiveUpReason;
use domain::ids::kind;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::body::Readable;
use crate::extract::caller::Admins;
use crate::extract::command_request::CommandRequest;
use crate::extract::fields::Fields;
use crate::extract::read::word;
use crate::problem::Problem;
use crate::routes::admin::retry_intent::IntentActView;

/// Why.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"reason": "done_by_hand"}))]
pub struct GiveUpBody {
    /// `done_by_hand`, `obsolete`, `duplicate` or `impossible`.
    #[schema(value_type = String, example = "done_by_hand")]
    pub reason: GiveUpReason,
}

impl Readable for GiveUpBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let reason = |text: &str| match text {
            "done_by_hand" => Some(GiveUpReason::DoneByHand),
            "obsolete" => Some(GiveUpReason::Obsolete),
            "duplicate" => Some(GiveUpReason::Duplicate),
            "impossible" => Some(GiveUpReason::Impossible),
            _ => None,
        };
        let words = "done_by_hand, obsolete, duplicate, impossible".to_owned();
        let reason = fields.required("reason", word(reason, words));
        Some(Self { reason: reason? })
    }
}

/// Give an intent up
///
/// For admins: it will not be carried out any more; a fact on the aggregate that led to it says so, and why.
#[utoipa::path(post, path = "/admin/intents/{id}/give-up", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The intent", format = Uuid)), request_body = GiveUpBody,
    responses((status = 200, description = "Given up", body = IntentActView)))]
pub async fn give_up_intent(
    State(app): State<App>,
    At(intent_id): At<kind::Intent>,
    CommandRequest { asked, body, .. }: CommandRequest<Admins, GiveUpBody>,
) -> Result<Json<IntentActView>, Problem> {
    give_up(
        app.services(),
        &asked,
        GiveUpIntent {
            intent_id,
            reason: body.reason,
        },
    )
    .await?;
    Ok(Json(IntentActView {
        id: intent_id.uuid(),
        state: "given_up",
    }))
}
