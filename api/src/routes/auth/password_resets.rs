//! A forgotten password, replaced by a code that is sent by e-mail.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use identity::{CODE_LASTS, Email, OneTimeCode, Password, PasswordReset, ResetOutcome, SecurityEvent};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::parsed;
use crate::extract::request::AnonymousRequest;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::routes::auth::factors::CODE_CHARS_MAX;
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::security_events::sign_in;
use crate::sign_in_brake::is_wrong_proof;

/// Whose password is forgotten.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"email": "patient@example.com"}))]
pub struct PasswordResetBody {
    /// The name to sign in with.
    #[schema(value_type = String, format = Email)]
    pub email: Email,
}

impl FromBody for PasswordResetBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", parsed(Email::parse, CONTACT_CHARS_MAX));
        Some(Self { email: email? })
    }
}

/// What is on its way, if somebody has the address.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"code_expires_in": 900}))]
pub struct CodeOnItsWay {
    /// Seconds for which a code is good.
    pub code_expires_in: i64,
}

impl CodeOnItsWay {
    /// The answer, whoever asks.
    pub const fn new() -> Self {
        Self {
            code_expires_in: CODE_LASTS.as_secs(),
        }
    }
}

/// Ask for a code to replace a forgotten password
///
/// The answer is the same, and as fast, whether an account has the address or not. Its owner is sent a code by e-mail; asked for again
/// within a minute, and longer each time, the one of before is the one that counts.
#[utoipa::path(post, path = "/auth/password-resets", tag = "auth", request_body = PasswordResetBody, responses(
    (status = 200, description = "A code is on its way, if there is such an account", body = CodeOnItsWay),
    (status = 409, description = "`mail_not_configured`"),
))]
pub async fn request_reset(
    State(app): State<App>,
    plain: AnonymousRequest<PasswordResetBody>,
) -> Result<Json<CodeOnItsWay>, Problem> {
    app.throttles().login_from(plain.address.0).await?;
    require_mail(&app)?;
    let email = &plain.body.email;
    app.people().request_password_reset(email, app.now()).await?;
    let origin = plain.origin(&app);
    sign_in::typed(&app, &origin, SecurityEvent::PasswordResetRequested, email);
    Ok(Json(CodeOnItsWay::new()))
}

/// The code that was sent, and the password that is to hold.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"email": "patient@example.com", "code": "ABCDE-FGHJK", "new_password": "amber-tunnel-violin"}))]
pub struct ConfirmResetBody {
    /// As in the request.
    #[schema(value_type = String, format = Email)]
    pub email: Email,
    /// As it was sent: ten letters and digits.
    #[schema(value_type = String)]
    pub code: OneTimeCode,
    /// As when it is changed: 8 to 128 characters; 12 at least for whoever is no patient; none that is soon guessed.
    #[schema(value_type = String)]
    pub new_password: Password,
}

impl FromBody for ConfirmResetBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", parsed(Email::parse, CONTACT_CHARS_MAX));
        let code = fields.required("code", parsed(OneTimeCode::parse, CODE_CHARS_MAX));
        let chosen = fields.required("new_password", parsed(Password::parse, CONTACT_CHARS_MAX));
        Some(Self {
            email: email?,
            code: code?,
            new_password: chosen?,
        })
    }
}

/// A password that was replaced.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"password_set": true}))]
pub struct PasswordSet {
    /// Always true.
    pub password_set: bool,
}

/// Replace a forgotten password
///
/// By the code, which is good for fifteen minutes and five tries. Ends every session; devices that were known are known no longer, the
/// e-mail is proven, a second factor stays. Signs nobody in.
#[utoipa::path(post, path = "/auth/password-resets/confirm", tag = "auth", request_body = ConfirmResetBody, responses(
    (status = 200, description = "Sign in with it", body = PasswordSet),
    (status = 403, description = "`wrong_code`"),
    (status = 409, description = "`mail_not_configured`"),
))]
pub async fn confirm_reset(
    State(app): State<App>,
    plain: AnonymousRequest<ConfirmResetBody>,
) -> Result<Json<PasswordSet>, Problem> {
    require_mail(&app)?;
    let now = app.now();
    let origin = plain.origin(&app);
    let ConfirmResetBody {
        email,
        code,
        new_password,
    } = plain.body;
    let attempt = app
        .sign_in_brake()
        .try_account(&email, plain.address.0, None, now)
        .await
        .inspect_err(|_| sign_in::reset_braked(&app, &origin, &email))?;
    let reset = PasswordReset {
        email,
        code,
        chosen: new_password,
    };
    let from = (&origin.event_origin(), attempt.place);
    match app.people().reset_password(&reset, from, now).await {
        Ok(ResetOutcome::Done(_)) => {
            attempt.succeeded();
            sign_in::written(&origin, SecurityEvent::PasswordReset);
            Ok(Json(PasswordSet { password_set: true }))
        }
        // The code was right: it is no failed try.
        Ok(ResetOutcome::Unsuitable(refusal)) => {
            let fault = FieldProblem::from(refusal).at("/new_password");
            Err(Problem::invalid(vec![fault]))
        }
        Err(error) => {
            if is_wrong_proof(&error) {
                attempt.failed();
                sign_in::written(&origin, SecurityEvent::PasswordResetWrongCode);
            }
            Err(error.into())
        }
    }
}

/// Lets on where this deployment sends mail.
///
/// # Errors
/// `mail_not_configured`.
pub fn require_mail(app: &App) -> Result<(), Problem> {
    if app.people().sends_mail() {
        return Ok(());
    }
    let detail = "this platform sends no mail: whoever runs it sets TOT_SMTP_URL and TOT_MAIL_FROM";
    let problem = Problem::new(Code::MailNotConfigured, Cow::Borrowed(detail));
    Err(problem.in_russian(
        "эта платформа не отправляет почту: её администратор задаёт TOT_SMTP_URL и TOT_MAIL_FROM",
    ))
}
