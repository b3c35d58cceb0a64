//! One's own second factor: enrolled, confirmed, shown, removed; its recovery codes made anew.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use commands::policy::{MayEnrol, MaySignIn};
use commands::second_factor_rule::must_have_second_factor;
use identity::{FactorCode, Password, SecurityEvent};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::read::parsed;
use crate::extract::request::{AnonymousRequest, AuthenticatedRequest, Caller};
use crate::problem::Problem;
use crate::representation::account::{SessionResponse, SessionView};
use crate::representation::second_factor::{
    RecoveryCodesView, SecondFactorView, SessionWithCodesView, TotpEnrolmentView,
};
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::security_events::sign_in;

/// The longest code that is looked at, in characters.
pub const CODE_CHARS_MAX: usize = 64;

/// Your password.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"password": "moss-kettle-ferry"}))]
pub struct EnrolBody {
    /// Once more, whoever is signed in.
    #[schema(value_type = String)]
    pub password: Password,
}

impl FromBody for EnrolBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let password = fields.required("password", parsed(Password::presented, CONTACT_CHARS_MAX));
        Some(Self { password: password? })
    }
}

/// The first code of an app.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"code": "123456"}))]
pub struct ConfirmBody {
    /// The six digits that the app shows.
    #[schema(value_type = String)]
    pub code: FactorCode,
}

impl FromBody for ConfirmBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let code = fields.required("code", parsed(FactorCode::parse, CODE_CHARS_MAX));
        Some(Self { code: code? })
    }
}

/// Your password and a code.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"password": "moss-kettle-ferry", "code": "123456"}))]
pub struct BothProofsBody {
    /// Once more, whoever is signed in.
    #[schema(value_type = String)]
    pub password: Password,
    /// The six digits that the app shows, or a recovery code.
    #[schema(value_type = String)]
    pub code: FactorCode,
}

impl FromBody for BothProofsBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let password = fields.required("password", parsed(Password::presented, CONTACT_CHARS_MAX));
        let code = fields.required("code", parsed(FactorCode::parse, CODE_CHARS_MAX));
        Some(Self {
            password: password?,
            code: code?,
        })
    }
}

/// Read your second factor
///
/// Whether there is one (an app or a passkey), since when, how many recovery codes are left, and whether your role must have one.
#[utoipa::path(get, path = "/auth/second-factor", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The second factor", body = SecondFactorView),
))]
pub async fn second_factor(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayEnrol>,
) -> Result<Json<SecondFactorView>, Problem> {
    let factor = app.people().second_factor(caller.id()).await?;
    Ok(Json(SecondFactorView::of(
        factor,
        must_have_second_factor(caller.role()),
    )))
}

/// Enrol an authenticator app
///
/// Answers the secret for the app, this once. It counts once `POST /auth/totp/confirm` brings the first code, within ten minutes. Beside a
/// passkey it takes a fresh proof.
#[utoipa::path(post, path = "/auth/totp", tag = "auth", security(("bearer" = [])), request_body = EnrolBody, responses(
    (status = 200, description = "For the app", body = TotpEnrolmentView),
    (status = 403, description = "`wrong_password`, `account_deactivated`, `proof_required`"),
    (status = 409, description = "`second_factor_exists`"),
))]
pub async fn enrol(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayEnrol, EnrolBody>,
) -> Result<Json<TotpEnrolmentView>, Problem> {
    let now = app.now();
    let whose = (caller.id(), caller.principal.session_id);
    let enrolling = app.people().enrol_totp_in(whose, &body.password, now);
    let enrolment = sign_in::proven(&app, &caller, enrolling).await?;
    Ok(Json(TotpEnrolmentView::of(&enrolment, now)))
}

/// Confirm an authenticator app
///
/// By its first code. Ends every session of yours and answers a new one, with ten recovery codes: nobody can show them again.
#[utoipa::path(post, path = "/auth/totp/confirm", tag = "auth", security(("bearer" = [])), request_body = ConfirmBody,
    responses(
        (status = 200, description = "It counts", body = SessionWithCodesView),
        (status = 403, description = "`wrong_code`, `account_deactivated`"),
        (status = 409, description = "`no_second_factor`, `second_factor_exists`"),
    ))]
pub async fn confirm(
    State(app): State<App>,
    plain: AnonymousRequest<ConfirmBody>,
) -> Result<Response, Problem> {
    let caller = Caller::<MayEnrol>::of(&plain.parts, &app).await?;
    app.throttles().write(caller.id()).await?;
    let (now, device, in_cookie) = (app.now(), plain.device(), plain.keeps_cookie(&app)?);
    let confirming = app
        .people()
        .confirm_totp(caller.id(), &plain.body.code, &device, now);
    let confirmed = sign_in::proven(&app, &caller, confirming).await?;
    let event = SecurityEvent::FactorChanged;
    sign_in::done(&app, &caller.origin, event, &confirmed.signed_in.account);
    let session = SessionResponse::new(app.people(), &confirmed.signed_in, in_cookie);
    Ok(session.within(|session| SessionWithCodesView::of(session, &confirmed.recovery_codes)))
}

/// Remove your authenticator app
///
/// By the password and a code together. Ends every session of yours and answers a new one; without passkeys recovery codes go with it.
#[utoipa::path(post, path = "/auth/totp/remove", tag = "auth", security(("bearer" = [])), request_body = BothProofsBody,
    responses(
        (status = 200, description = "Removed, and signed in anew", body = SessionView),
        (status = 403, description = "`wrong_password`, `wrong_code`, `account_deactivated`"),
        (status = 409, description = "`no_second_factor`"),
    ))]
pub async fn remove(
    State(app): State<App>,
    plain: AnonymousRequest<BothProofsBody>,
) -> Result<SessionResponse, Problem> {
    let caller = Caller::<MaySignIn>::of(&plain.parts, &app).await?;
    app.throttles().write(caller.id()).await?;
    let (now, device, in_cookie) = (app.now(), plain.device(), plain.keeps_cookie(&app)?);
    let BothProofsBody { password, code } = &plain.body;
    let removing = app
        .people()
        .remove_second_factor(caller.id(), (password, code), &device, now);
    let signed_in = sign_in::proven(&app, &caller, removing).await?;
    let event = SecurityEvent::FactorChanged;
    sign_in::done(&app, &caller.origin, event, &signed_in.account);
    Ok(SessionResponse::new(app.people(), &signed_in, in_cookie))
}

/// Make new recovery codes
///
/// By the password and a code together. Those of before are worth nothing from then on.
#[utoipa::path(post, path = "/auth/recovery-codes", tag = "auth", security(("bearer" = [])), request_body = BothProofsBody,
    responses(
        (status = 200, description = "Ten codes, shown this once", body = RecoveryCodesView),
        (status = 403, description = "`wrong_password`, `wrong_code`, `account_deactivated`"),
        (status = 409, description = "`no_second_factor`"),
    ))]
pub async fn renew_recovery_codes(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MaySignIn, BothProofsBody>,
) -> Result<Json<RecoveryCodesView>, Problem> {
    let now = app.now();
    let renewing = app
        .people()
        .renew_recovery_codes(caller.id(), (&body.password, &body.code), now);
    let renewed = sign_in::proven(&app, &caller, renewing).await?;
    sign_in::own(&app, &caller, SecurityEvent::FactorChanged);
    Ok(Json(RecoveryCodesView::of(&renewed)))
}
