//! Somebody signs in by a passkey, or proves anew who they are with one.

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use domain::ids::PasskeyChallengeId;
use identity::{PasskeyUse, Proof};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::read::{id, truth, verbatim};
use crate::extract::request::{AnonymousRequest, AuthenticatedRequest};
use crate::problem::Problem;
use crate::representation::account::{SessionResponse, SessionView};
use crate::representation::passkey::PasskeyOptionsView;
use crate::representation::timestamp::shown;
use crate::routes::auth::passkeys::CREDENTIAL_CHARS_MAX;
use crate::routes::auth::proof::ProofView;
use crate::routes::auth::session::{TOKEN_CHARS_MAX, device_of};
use crate::security_events::sign_in;
use crate::sign_in_brake::counted;

/// What a device signed.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "challenge_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "credential": "{\"id\":\"mF3c…\",\"rawId\":\"mF3c…\",\"type\":\"public-key\",\"response\":{}}"
}))]
pub struct PasskeyLoginBody {
    /// As the options held it.
    #[schema(value_type = String, format = Uuid)]
    pub challenge_id: PasskeyChallengeId,
    /// What `JSON.stringify` makes of the credential that `navigator.credentials.get` answered.
    pub credential: String,
    /// As signing in on this device answered it the last time: it stays the same device.
    pub device_token: Option<String>,
    /// Whether the refresh token goes into a cookie instead: for pages of the platform's own origin.
    pub refresh_cookie: Option<bool>,
}

impl FromBody for PasskeyLoginBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let challenge_id = fields.required("challenge_id", id);
        let credential = fields.required("credential", verbatim(CREDENTIAL_CHARS_MAX));
        let device_token = fields.optional("device_token", verbatim(TOKEN_CHARS_MAX));
        let refresh_cookie = fields.optional("refresh_cookie", truth);
        Some(Self {
            challenge_id: challenge_id?,
            credential: credential?,
            device_token: device_token?,
            refresh_cookie: refresh_cookie?,
        })
    }
}

/// What a device signed of somebody who is signed in.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "challenge_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "credential": "{\"id\":\"mF3c…\",\"rawId\":\"mF3c…\",\"type\":\"public-key\",\"response\":{}}"
}))]
pub struct PasskeyProofBody {
    /// As the options held it.
    #[schema(value_type = String, format = Uuid)]
    pub challenge_id: PasskeyChallengeId,
    /// What `JSON.stringify` makes of the credential that `navigator.credentials.get` answered.
    pub credential: String,
}

impl FromBody for PasskeyProofBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let challenge_id = fields.required("challenge_id", id);
        let credential = fields.required("credential", verbatim(CREDENTIAL_CHARS_MAX));
        Some(Self {
            challenge_id: challenge_id?,
            credential: credential?,
        })
    }
}

/// Ask for options to sign in by a passkey
///
/// For `navigator.credentials.get`, good for five minutes and one signature. No e-mail address is asked for: the device knows whose the
/// passkey is. Serves `POST /auth/passkey/proof` as well.
#[utoipa::path(post, path = "/auth/passkey/options", tag = "auth", responses(
    (status = 200, description = "For the browser", body = PasskeyOptionsView),
    (status = 409, description = "`passkeys_unavailable`"),
))]
pub async fn passkey_login_options(
    State(app): State<App>,
    plain: AnonymousRequest<EmptyBody>,
) -> Result<Json<PasskeyOptionsView>, Problem> {
    app.throttles().login_from(plain.address.0).await?;
    Ok(Json(app.people().ask_for_passkey(app.now()).await?.into()))
}

/// Sign in by a passkey
///
/// Answers what signing in answers. The device has verified who uses it, so that this counts as both factors. After some refusals the next
/// try from the same network has to wait.
#[utoipa::path(post, path = "/auth/passkey", tag = "auth", request_body = PasskeyLoginBody, responses(
    (status = 200, description = "Signed in", body = SessionView),
    (status = 403, description = "`passkey_refused`, `account_deactivated`, `cross_site_request`"),
    (status = 409, description = "`passkey_challenge_ended`, `passkeys_unavailable`"),
))]
pub async fn passkey_login(
    State(app): State<App>,
    plain: AnonymousRequest<PasskeyLoginBody>,
) -> Result<SessionResponse, Problem> {
    app.throttles().login_from(plain.address.0).await?;
    let (device, now) = (plain.device(), app.now());
    let in_cookie = plain.wants_cookie(plain.body.refresh_cookie, &app)?;
    let (origin, people) = (plain.origin(&app), app.people());
    let attempt = app
        .sign_in_brake()
        .try_passkey(plain.address.0, now)
        .await
        .inspect_err(|_| sign_in::passkey_braked(&app, &origin))?;
    let used = PasskeyUse {
        challenge_id: plain.body.challenge_id,
        credential: &plain.body.credential,
    };
    let used = people.use_passkey(used, now).await;
    if let Err(error) = &used.outcome {
        sign_in::passkey_failed(&app, &origin, used.passkey, error);
    }
    let (account, passkey) = counted(attempt, used.outcome)?;
    let known = device_of(&app, account.id, plain.body.device_token.as_deref(), now).await?;
    let signed_in = people
        .start_session(account, &device, known.as_ref(), Proof::Passkey, now)
        .await?;
    sign_in::by_passkey(&app, &origin, &signed_in.account, passkey);
    Ok(SessionResponse::new(people, &signed_in, in_cookie))
}

/// Prove who you are again by a passkey
///
/// As `POST /auth/proof` does by password or code: good for five minutes in this session.
#[utoipa::path(post, path = "/auth/passkey/proof", tag = "auth", security(("bearer" = [])), request_body = PasskeyProofBody,
    responses(
        (status = 200, description = "Proven", body = ProofView),
        (status = 403, description = "`passkey_refused`, `account_deactivated`"),
        (status = 409, description = "`passkey_challenge_ended`, `passkeys_unavailable`"),
    ))]
pub async fn passkey_proof(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MaySignIn, PasskeyProofBody>,
) -> Result<Json<ProofView>, Problem> {
    let (now, session) = (app.now(), caller.principal.session_id);
    let used = PasskeyUse {
        challenge_id: body.challenge_id,
        credential: &body.credential,
    };
    let proving = app.people().prove_by_passkey((caller.id(), session), used, now);
    let fresh_until = shown(sign_in::proven(&app, &caller, proving).await?);
    Ok(Json(ProofView { fresh_until }))
}
