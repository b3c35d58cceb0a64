//! Somebody signs in, goes on with a refresh token, signs out.

use axum::Json;
use axum::extract::State;
use commands::policy::MayEnrol;
use identity::{
    DeviceToken, Email, FactorCode, IdentityRefusal, Password, RefreshToken, SignIn, SignInOrigin,
    SignInToken,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{parsed, verbatim};
use crate::extract::request::{AnonymousRequest, Caller};
use crate::problem::Problem;
use crate::representation::account::SessionView;
use crate::representation::second_factor::code_due;
use crate::routes::auth::factors::CODE_CHARS_MAX;
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::sign_in_brake::{counted, is_wrong_proof};

/// Who signs in.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"email": "patient@example.com", "password": "moss-kettle-ferry"}))]
pub struct LoginBody {
    /// The name to sign in with.
    #[schema(value_type = String, format = Email)]
    pub email: Email,
    /// The password.
    #[schema(value_type = String)]
    pub password: Password,
    /// As signing in on this device answered it the last time: whoever brings it is not held up by what others try.
    pub device_token: Option<String>,
}

impl FromBody for LoginBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", parsed(Email::parse, CONTACT_CHARS_MAX));
        let password = fields.required("password", parsed(Password::presented, CONTACT_CHARS_MAX));
        let device_token = fields.optional("device_token", verbatim(TOKEN_CHARS_MAX));
        Some(Self {
            email: email?,
            password: password?,
            device_token: device_token?,
        })
    }
}

/// Sign in
///
/// Answers an access token for fifteen minutes, a refresh token, and a device token to keep and bring the next time. After some wrong
/// passwords from one network the next has to wait, longer each time; on a device that brings its token only its own count. Where the
/// account has a second factor nothing is open yet: 403 `second_factor_due` holds a `sign_in_token`, with which `POST /auth/login/code`
/// brings the code within five minutes.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = LoginBody, responses(
    (status = 200, description = "Signed in", body = SessionView),
    (status = 401, description = "`wrong_credentials`"),
    (status = 403, description = "`second_factor_due`, `account_deactivated`"),
))]
pub async fn login(
    State(app): State<App>,
    plain: AnonymousRequest<LoginBody>,
) -> Result<Json<SessionView>, Problem> {
    let (device, now) = (plain.device(), app.now());
    let LoginBody {
        email,
        password,
        device_token,
    } = &plain.body;
    let device_token = known_device(&app, email, device_token.as_deref(), now).await?;
    let attempt = app
        .sign_in_brake()
        .try_account(email, plain.address.0, device_token.as_ref(), now)?;
    let origin = SignInOrigin {
        place: attempt.place,
        device_token,
    };
    match app
        .people()
        .login_from(email, password, &device, &origin, now)
        .await
    {
        Ok(SignIn::Complete(signed_in)) => {
            attempt.succeeded();
            Ok(Json(SessionView::from(&*signed_in)))
        }
        // Nobody is in yet: what went wrong before is not forgotten, or each right password would free five more codes.
        Ok(SignIn::CodeDue(pending)) => Err(code_due(&pending)),
        Err(error) => {
            if is_wrong_proof(&error) {
                attempt.failed();
            }
            Err(error.into())
        }
    }
}

/// The code that a sign-in waits for.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"sign_in_token": "tots_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs", "code": "123456"}))]
pub struct LoginCodeBody {
    /// As `second_factor_due` held it.
    pub sign_in_token: String,
    /// The six digits that the app shows, or a recovery code.
    #[schema(value_type = String)]
    pub code: FactorCode,
    /// As in the first step.
    pub device_token: Option<String>,
}

impl FromBody for LoginCodeBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let sign_in_token = fields.required("sign_in_token", verbatim(TOKEN_CHARS_MAX));
        let code = fields.required("code", parsed(FactorCode::parse, CODE_CHARS_MAX));
        let device_token = fields.optional("device_token", verbatim(TOKEN_CHARS_MAX));
        Some(Self {
            sign_in_token: sign_in_token?,
            code: code?,
            device_token: device_token?,
        })
    }
}

/// Bring the code of a sign-in
///
/// The second step where the account has a second factor: answers what signing in answers. Each code is taken once; a wrong one may be
/// followed by four more, each after a longer wait, before the password is due anew.
#[utoipa::path(post, path = "/auth/login/code", tag = "auth", request_body = LoginCodeBody, responses(
    (status = 200, description = "Signed in", body = SessionView),
    (status = 401, description = "`sign_in_ended`"),
    (status = 403, description = "`wrong_code`, `account_deactivated`"),
))]
pub async fn login_code(
    State(app): State<App>,
    plain: AnonymousRequest<LoginCodeBody>,
) -> Result<Json<SessionView>, Problem> {
    app.throttles().login_from(plain.address.0)?;
    let (device, now) = (plain.device(), app.now());
    let token = SignInToken::parse(&plain.body.sign_in_token)?;
    let account = app.people().pending_sign_in(&token, now).await?;
    let account = account.ok_or(IdentityRefusal::SignInEnded)?;
    let known = known_device(&app, &account.email, plain.body.device_token.as_deref(), now).await?;
    let attempt = app
        .sign_in_brake()
        .try_code(&account.email, plain.address.0, known.as_ref(), now)?;
    let signed_in = app
        .people()
        .complete_sign_in(&token, &plain.body.code, &device, known.as_ref(), now)
        .await;
    Ok(Json(SessionView::from(&counted(attempt, signed_in)?)))
}

/// The token, if it is one of a device on which this account was signed in to before; any other is as good as none.
async fn known_device(
    app: &App,
    email: &Email,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Option<DeviceToken>, Problem> {
    let Some(token) = token.and_then(DeviceToken::parse) else {
        return Ok(None);
    };
    let known = app.people().knows_device(email, &token, now).await?;
    Ok(known.then_some(token))
}

/// The longest refresh token that is looked at, in characters.
pub const TOKEN_CHARS_MAX: usize = 256;

/// What renews a session.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"refresh_token": "totr_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs"}))]
pub struct RefreshBody {
    /// As signing in or the last refresh answered it.
    pub refresh_token: String,
}

impl FromBody for RefreshBody {
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

/// Which session ends.
#[derive(Clone, ToSchema)]
#[schema(example = json!({}))]
pub struct LogoutBody {
    /// Ends the session of this refresh token; without it, the session of the access token.
    pub refresh_token: Option<String>,
}

impl FromBody for LogoutBody {
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
            let caller = Caller::<MayEnrol>::of(&plain.parts, &app)?;
            app.people()
                .logout(caller.principal.session_id, app.now())
                .await?;
        }
    }
    Ok(Json(SignedOut { signed_out: true }))
}
