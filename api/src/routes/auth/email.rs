//! One's own e-mail address, proven by a code that is sent there.

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use identity::{OneTimeCode, SecurityEvent};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::read::parsed;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::representation::account::AccountView;
use crate::routes::auth::factors::CODE_CHARS_MAX;
use crate::routes::auth::password_resets::{CodeOnItsWay, require_mail};
use crate::security_events::sign_in;
use crate::sign_in_brake::{counted, is_wrong_proof};

/// Ask for a code to prove your e-mail
///
/// Sent to the address of your account, good for fifteen minutes and five tries. Asked for again within a minute, and longer each time, the
/// one of before is the one that counts.
#[utoipa::path(post, path = "/auth/email/code", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "A code is on its way", body = CodeOnItsWay),
    (status = 409, description = "`mail_not_configured`"),
))]
pub async fn email_code(
    State(app): State<App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MaySignIn, EmptyBody>,
) -> Result<Json<CodeOnItsWay>, Problem> {
    require_mail(&app)?;
    app.people().send_email_code(caller.id(), app.now()).await?;
    Ok(Json(CodeOnItsWay::new()))
}

/// The code that was sent.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"code": "ABCDE-FGHJK"}))]
pub struct ConfirmEmailBody {
    /// As it was sent: ten letters and digits.
    #[schema(value_type = String)]
    pub code: OneTimeCode,
}

impl FromBody for ConfirmEmailBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let code = fields.required("code", parsed(OneTimeCode::parse, CODE_CHARS_MAX));
        Some(Self { code: code? })
    }
}

/// Prove your e-mail
///
/// By the code. It is this account's alone from then on, until the address is another one: what happens to the account is told there, and a
/// forgotten password replaced.
#[utoipa::path(post, path = "/auth/email/confirm", tag = "auth", security(("bearer" = [])), request_body = ConfirmEmailBody,
    responses(
        (status = 200, description = "The account as it is now", body = AccountView),
        (status = 403, description = "`wrong_code`"),
        (status = 409, description = "`mail_not_configured`, `email_taken`: another account has proven it"),
    ))]
pub async fn confirm_email(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MaySignIn, ConfirmEmailBody>,
) -> Result<Json<AccountView>, Problem> {
    require_mail(&app)?;
    let now = app.now();
    let refused = |event| sign_in::password_refused(&app, &caller.origin, event, caller.id());
    let attempt = app
        .sign_in_brake()
        .try_again(caller.principal.session_id, now)
        .await
        .inspect_err(|_| refused(SecurityEvent::EmailBraked))?;
    let confirmed = app.people().confirm_email(&caller.actor(), &body.code, now).await;
    let confirmed = confirmed.inspect_err(|error| {
        if is_wrong_proof(error) {
            refused(SecurityEvent::EmailWrongCode);
        }
    });
    let account = counted(attempt, confirmed)?;
    sign_in::written(&caller.origin, SecurityEvent::EmailProven);
    Ok(Json(AccountView::from(&account)))
}
