//! A session ends.

use axum::Json;
use axum::extract::State;
use identity::RefreshToken;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::Readable;
use crate::extract::caller::AsAnybody;
use crate::extract::command_request::AnonymousRequest;
use crate::extract::fields::Fields;
use crate::extract::read::verbatim;
use crate::problem::Problem;
use crate::routes::auth::refresh::TOKEN_CHARS_MAX;

/// Which session ends.
#[derive(Clone, ToSchema)]
#[schema(example = json!({}))]
pub struct LogoutBody {
    /// Ends the session of this refresh token; without it, the session of the access token.
    pub refresh_token: Option<String>,
}

impl Readable for LogoutBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let refresh_token = fields.optional("refresh_token", verbatim(TOKEN_CHARS_MAX));
        Some(Self {
            refresh_token: refresh_token?,
        })
    }
}

/// A session that ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"signed_out": true}))]
pub struct SignedOut {
    /// Always true: signing out twice is signing out once.
    pub signed_out: bool,
}

/// Sign out
///
/// Ends the session of the access token, or of the refresh token in the body, whose access token may have expired.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", security((), ("bearer" = [])), request_body = LogoutBody,
    responses(
        (status = 200, description = "Signed out", body = SignedOut),
        (status = 401, description = "`token_missing`, `invalid_token`, `token_expired`, `token_revoked`, `refresh_unknown`"),
    ))]
pub async fn logout(
    State(app): State<App>,
    plain: AnonymousRequest<LogoutBody>,
) -> Result<Json<SignedOut>, Problem> {
    match &plain.body.refresh_token {
        Some(token) => {
            app.throttles().login_from(plain.address.0)?;
            app.people()
                .logout_by_token(&RefreshToken::parse(token)?, app.now())
                .await?;
        }
        None => {
            let caller = AsAnybody::of(&plain.parts, &app)?;
            app.people().logout(caller.caller.session_id, app.now()).await?;
        }
    }
    Ok(Json(SignedOut { signed_out: true }))
}
