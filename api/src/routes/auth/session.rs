//! Somebody signs in, goes on with a refresh token, signs out.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use commands::policy::MayEnrol;
use domain::ids::AccountId;
use http::{StatusCode, header};
use identity::{
    Account, DeviceToken, Email, FactorCode, IdentityError, IdentityRefusal, Password, SecurityEvent, SignIn,
    SignInOrigin, SignInToken,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{parsed, truth, verbatim};
use crate::extract::request::{AnonymousRequest, Caller};
use crate::problem::Problem;
use crate::refresh_cookie::{self, Presented};
use crate::representation::account::{SessionResponse, SessionView};
use crate::representation::second_factor::code_due;
use crate::routes::auth::factors::CODE_CHARS_MAX;
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::security_events::sign_in;
use crate::sign_in_brake::{Attempt, is_wrong_proof};

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
    /// Whether the refresh token goes into a cookie instead: for pages of the platform's own origin.
    pub refresh_cookie: Option<bool>,
}

impl FromBody for LoginBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", parsed(Email::parse, CONTACT_CHARS_MAX));
        let password = fields.required("password", parsed(Password::presented, CONTACT_CHARS_MAX));
        let device_token = fields.optional("device_token", verbatim(TOKEN_CHARS_MAX));
        let refresh_cookie = fields.optional("refresh_cookie", truth);
        Some(Self {
            email: email?,
            password: password?,
            device_token: device_token?,
            refresh_cookie: refresh_cookie?,
        })
    }
}

/// Sign in
///
/// Answers an access token for fifteen minutes, a refresh token, and a device token to keep and bring the next time; it signs in to the
/// account that it is of. After some wrong passwords the next has to wait, longer each time. Where the account has a second factor 403
/// `second_factor_due` holds a `sign_in_token`, with which `POST /auth/login/code` brings the code within five minutes.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = LoginBody, responses(
    (status = 200, description = "Signed in", body = SessionView),
    (status = 401, description = "`wrong_credentials`"),
    (status = 403, description = "`second_factor_due`, `account_deactivated`, `cross_site_request`"),
))]
pub async fn login(
    State(app): State<App>,
    plain: AnonymousRequest<LoginBody>,
) -> Result<SessionResponse, Problem> {
    let (device, now) = (plain.device(), app.now());
    let in_cookie = plain.wants_cookie(plain.body.refresh_cookie, &app)?;
    let LoginBody {
        email,
        password,
        device_token,
        refresh_cookie: _,
    } = &plain.body;
    let origin_of_request = plain.origin(&app);
    let device_token = known_device(&app, email, device_token.as_deref(), now).await?;
    let attempt = app
        .sign_in_brake()
        .try_account(email, plain.address.0, device_token.as_ref(), now)
        .await
        .inspect_err(|_| sign_in::braked(&app, &origin_of_request, email))?;
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
            forgive(attempt, &signed_in.account, origin.device_token.is_some());
            let event = SecurityEvent::SignedIn;
            sign_in::done(&app, &origin_of_request, event, &signed_in.account);
            Ok(SessionResponse::new(app.people(), &signed_in, in_cookie))
        }
        // Nobody is in yet: what went wrong before is not forgotten, or each right password would free five more codes.
        Ok(SignIn::CodeDue(pending)) => Err(code_due(&pending)),
        Err(error) => {
            if is_wrong_proof(&error) {
                attempt.failed();
            }
            sign_in::failed(&app, &origin_of_request, email, &error).await;
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
    /// As in the first step.
    pub refresh_cookie: Option<bool>,
}

impl FromBody for LoginCodeBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let sign_in_token = fields.required("sign_in_token", verbatim(TOKEN_CHARS_MAX));
        let code = fields.required("code", parsed(FactorCode::parse, CODE_CHARS_MAX));
        let device_token = fields.optional("device_token", verbatim(TOKEN_CHARS_MAX));
        let refresh_cookie = fields.optional("refresh_cookie", truth);
        Some(Self {
            sign_in_token: sign_in_token?,
            code: code?,
            device_token: device_token?,
            refresh_cookie: refresh_cookie?,
        })
    }
}

/// Bring the code of a sign-in
///
/// The second step where the account has a second factor: answers what signing in answers. Each code is taken once; after five wrong ones
/// the password is due anew.
#[utoipa::path(post, path = "/auth/login/code", tag = "auth", request_body = LoginCodeBody, responses(
    (status = 200, description = "Signed in", body = SessionView),
    (status = 401, description = "`sign_in_ended`"),
    (status = 403, description = "`wrong_code`, `account_deactivated`, `cross_site_request`"),
))]
pub async fn login_code(
    State(app): State<App>,
    plain: AnonymousRequest<LoginCodeBody>,
) -> Result<SessionResponse, Problem> {
    app.throttles().login_from(plain.address.0).await?;
    let (device, now) = (plain.device(), app.now());
    let in_cookie = plain.wants_cookie(plain.body.refresh_cookie, &app)?;
    let origin = plain.origin(&app);
    let token = SignInToken::parse(&plain.body.sign_in_token)?;
    let account = app.people().pending_sign_in(&token, now).await?;
    let account = account.ok_or(IdentityRefusal::SignInEnded)?;
    let known = device_of(&app, account.id, plain.body.device_token.as_deref(), now).await?;
    let attempt = app
        .sign_in_brake()
        .try_code(&account.email, plain.address.0, known.as_ref(), now)
        .await
        .inspect_err(|_| sign_in::braked(&app, &origin, &account.email))?;
    let completed = app
        .people()
        .complete_sign_in(&token, &plain.body.code, &device, known.as_ref(), now)
        .await;
    let signed_in = match completed {
        Ok(signed_in) => {
            forgive(attempt, &account, known.is_some());
            signed_in
        }
        Err(error) => {
            sign_in::code_failed(&app, &origin, account.id, &error);
            if is_wrong_proof(&error) {
                attempt.failed();
            }
            return Err(error.into());
        }
    };
    sign_in::done(&app, &origin, SecurityEvent::SignedIn, &signed_in.account);
    Ok(SessionResponse::new(app.people(), &signed_in, in_cookie))
}

/// Forgets what was mistyped before, of an account that holds its address or on a device that is its own. Of others it stays: whoever has
/// an account under somebody else's address would free more guesses at that one by signing in to it.
fn forgive(attempt: Attempt<'_>, account: &Account, is_own_device: bool) {
    match is_own_device || account.holds_email() {
        true => attempt.succeeded(),
        false => drop(attempt),
    }
}

/// The token, if it is one of a device on which an account of this address was signed in to before; any other is as good as none.
pub async fn known_device(
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

/// The same of this account alone.
pub async fn device_of(
    app: &App,
    id: AccountId,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Option<DeviceToken>, Problem> {
    let Some(token) = token.and_then(DeviceToken::parse) else {
        return Ok(None);
    };
    let known = app.people().knows_device_of(id, &token, now).await?;
    Ok(known.then_some(token))
}

/// The longest refresh token that is looked at, in characters.
pub const TOKEN_CHARS_MAX: usize = 256;

/// What renews a session.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"refresh_token": "totr_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs"}))]
pub struct RefreshBody {
    /// As signing in or the last refresh answered it; not named by whoever brings the cookie.
    pub refresh_token: Option<String>,
}

impl FromBody for RefreshBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let refresh_token = fields.optional("refresh_token", verbatim(TOKEN_CHARS_MAX));
        Some(Self {
            refresh_token: refresh_token?,
        })
    }
}

/// Refresh a session
///
/// Each refresh token works once; using one twice ends its session, but for a repeat within seconds from the same device. What comes in the cookie goes on in the cookie.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshBody, responses(
    (status = 200, description = "New tokens", body = SessionView),
    (status = 401, description = "`refresh_unknown`, `refresh_reused`, `refresh_expired`"),
    (status = 403, description = "`account_deactivated`, `cross_site_request`"),
))]
pub async fn refresh(
    State(app): State<App>,
    plain: AnonymousRequest<RefreshBody>,
) -> Result<SessionResponse, Problem> {
    let headers = &plain.parts.headers;
    let presented = Presented::of(plain.body.refresh_token.as_deref(), headers);
    let presented = presented.ok_or_else(refresh_cookie::missing)?;
    app.throttles().login_from(plain.address.0).await?;
    let refreshed = async {
        let token = presented.token(headers, &app.settings().public_url)?;
        let refreshed = app.people().refresh(&token, &plain.device(), app.now()).await;
        if let Err(IdentityError::Refused(IdentityRefusal::RefreshReused)) = refreshed {
            let owner = app.people().owner_of(&token).await?;
            let event = SecurityEvent::RefreshReused;
            sign_in::session_ended(&app, &plain.origin(&app), event, (owner, None));
        }
        Ok(refreshed?)
    };
    match refreshed.await {
        Ok(signed_in) => {
            let in_cookie = presented.is_cookie();
            Ok(SessionResponse::new(app.people(), &signed_in, in_cookie))
        }
        Err(problem) => Err(forgetting(problem, &presented)),
    }
}

/// A cookie that is good for nothing any more is forgotten.
fn forgetting(problem: Problem, presented: &Presented<'_>) -> Problem {
    match presented.is_cookie() && problem.code().status() == StatusCode::UNAUTHORIZED {
        true => problem.with_header(header::SET_COOKIE, refresh_cookie::cleared()),
        false => problem,
    }
}

/// Which session ends.
#[derive(Clone, ToSchema)]
#[schema(example = json!({}))]
pub struct LogoutBody {
    /// Ends the session of this refresh token; without it, the session of the access token, else of the cookie.
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
/// Ends the session of the refresh token in the body, of the access token, or of the refresh cookie, whose access token may have expired.
/// The cookie is forgotten.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", security((), ("bearer" = [])), request_body = LogoutBody,
    responses(
        (status = 200, description = "Signed out", body = SignedOut),
        (status = 401, description = "`token_missing`, `invalid_token`, `token_expired`, `token_revoked`, `refresh_unknown`"),
        (status = 403, description = "`cross_site_request`"),
    ))]
pub async fn logout(
    State(app): State<App>,
    plain: AnonymousRequest<LogoutBody>,
) -> Result<Response, Problem> {
    let headers = &plain.parts.headers;
    let body = plain.body.refresh_token.as_deref();
    let by_access_token = body.is_none() && headers.contains_key(header::AUTHORIZATION);
    match Presented::of(body, headers).filter(|_| !by_access_token) {
        Some(presented) => {
            app.throttles().login_from(plain.address.0).await?;
            let token = presented
                .token(headers, &app.settings().public_url)
                .map_err(|problem| forgetting(problem, &presented))?;
            app.people().logout_by_token(&token, app.now()).await?;
            let owner = app.people().owner_of(&token).await?;
            let ended = (owner, None);
            sign_in::session_ended(&app, &plain.origin(&app), SecurityEvent::SessionEnded, ended);
        }
        None => {
            let caller = Caller::<MayEnrol>::of(&plain.parts, &app).await?;
            let session = caller.principal.session_id;
            app.people().logout(session, app.now()).await?;
            let ended = (caller.origin.caller(), Some(session));
            sign_in::session_ended(&app, &caller.origin, SecurityEvent::SessionEnded, ended);
        }
    }
    let mut response = Json(SignedOut { signed_out: true }).into_response();
    if refresh_cookie::cookie(headers).is_some() {
        response
            .headers_mut()
            .insert(header::SET_COOKIE, refresh_cookie::cleared());
    }
    Ok(response)
}
