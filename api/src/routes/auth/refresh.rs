//! A session goes on: one refresh token for two new tokens.

use axum::Json;
use axum::extract::State;
use identity::RefreshToken;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::Readable;
use crate::extract::command_request::AnonymousRequest;
use crate::extract::fields::Fields;
use crate::extract::read::verbatim;
use crate::problem::Problem;
use crate::representation::account::SessionView;

/// The longest refresh token that is looked at, in characters.
pub const TOKEN_CHARS_MAX: usize = 256;

/// What renews a session.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"refresh_token": "tot_r1_…"}))]
pub struct RefreshBody {
    /// As signing in or the last refresh answered it.
    pub refresh_token: String,
}

impl Readable for RefreshBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let refresh_token = fields.required("refresh_token", verbatim(TOKEN_CHARS_MAX));
        Some(Self {
            refresh_token: refresh_token?,
        })
    }
}

/// Refresh a session
///
/// Each refresh token works once; using one twice ends its session.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshBody, responses(
    (status = 200, description = "New tokens", body = SessionView),
    (status = 401, description = "`refresh_unknown`, `refresh_reused`, `refresh_expired`"),
    (status = 403, description = "`account_deactivated`"),
))]
pub async fn refresh(
    State(app): State<App>,
    plain: AnonymousRequest<RefreshBody>,
) -> Result<Json<SessionView>, Problem> {
    app.throttles().login_from(plain.address.0)?;
    let token = RefreshToken::parse(&plain.body.refresh_token)?;
    let signed_in = app.people().refresh(&token, &plain.device(), app.now()).await?;
    Ok(Json(SessionView::from(&signed_in)))
}
