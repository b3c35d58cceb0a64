//! Somebody who is signed in proves anew who they are.

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use identity::{FactorCode, Given, Password};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::parsed;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::timestamp::shown;
use crate::routes::auth::factors::CODE_CHARS_MAX;
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::security_events::sign_in;

/// One of the two: a code where the account has a second factor, the password where it has none.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"code": "123456"}))]
pub struct ProofBody {
    /// Where there is no second factor.
    #[schema(value_type = Option<String>)]
    pub password: Option<Password>,
    /// The six digits that the app shows, or a recovery code.
    #[schema(value_type = Option<String>)]
    pub code: Option<FactorCode>,
}

impl FromBody for ProofBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let password = fields.optional("password", parsed(Password::presented, CONTACT_CHARS_MAX));
        let code = fields.optional("code", parsed(FactorCode::parse, CODE_CHARS_MAX));
        let (password, code) = (password?, code?);
        match (&password, &code) {
            (None, None) => fields.fault(
                "code",
                FieldProblem::new("required", "a code or the password is needed"),
            ),
            (Some(_), Some(_)) => fields.fault(
                "password",
                FieldProblem::new("not_allowed", "is not taken beside a code"),
            ),
            (Some(_), None) | (None, Some(_)) => {}
        }
        Some(Self { password, code })
    }
}

/// For how long that is enough.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"fresh_until": "2026-12-01T09:35:00Z"}))]
pub struct ProofView {
    /// Until then nothing asks for it again in this session.
    #[schema(value_type = String, format = DateTime)]
    pub fresh_until: Timestamp,
}

/// Prove who you are again
///
/// Before what a stolen session is not to be enough for, where it answers `proof_required`. Good for five minutes in this session, as
/// signing in is.
#[utoipa::path(post, path = "/auth/proof", tag = "auth", security(("bearer" = [])), request_body = ProofBody, responses(
    (status = 200, description = "Proven", body = ProofView),
    (status = 403, description = "`wrong_password`, `wrong_code`, `account_deactivated`, `second_factor_due`"),
    (status = 409, description = "`no_second_factor`"),
))]
pub async fn prove(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MaySignIn, ProofBody>,
) -> Result<Json<ProofView>, Problem> {
    let given = match (body.code, body.password) {
        (Some(code), _) => Given::Code(code),
        (None, Some(password)) => Given::Password(password),
        // Refused where the body is read.
        (None, None) => return Err(Problem::plain(crate::problem::Code::Invalid)),
    };
    let (now, session) = (app.now(), caller.principal.session_id);
    let proving = app.people().prove((caller.id(), session), &given, now);
    let fresh_until = shown(sign_in::proven(&app, &caller, proving).await?);
    Ok(Json(ProofView { fresh_until }))
}
