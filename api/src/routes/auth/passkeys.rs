//! One's own passkeys: registered, listed, removed.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use commands::policy::{MayEnrol, MaySignIn};
use commands::second_factor_rule::must_have_second_factor;
use domain::ids::{PasskeyChallengeId, kind};
use identity::{NewPasskey, PasskeyRemoval};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::{At, QueryParams};
use crate::extract::read::{id, line, verbatim};
use crate::extract::request::{AnonymousRequest, AuthenticatedRequest, Caller};
use crate::problem::Problem;
use crate::representation::account::{SessionResponse, SessionView};
use crate::representation::passkey::{PasskeyOptionsView, PasskeyRegisteredView, PasskeysView};
use crate::security_events::sign_in;

/// The longest name of a passkey, in characters.
pub const NAME_CHARS_MAX: usize = 64;
/// The longest credential that is looked at, in characters: keys of RSA with an attestation are the longest.
pub const CREDENTIAL_CHARS_MAX: usize = 16_384;

/// A passkey that a device made.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "challenge_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "name": "Телефон",
    "credential": "{\"id\":\"mF3c…\",\"rawId\":\"mF3c…\",\"type\":\"public-key\",\"response\":{}}"
}))]
pub struct PasskeyBody {
    /// As the options held it.
    #[schema(value_type = String, format = Uuid)]
    pub challenge_id: PasskeyChallengeId,
    /// What you will know it by.
    pub name: String,
    /// What `JSON.stringify` makes of the credential that `navigator.credentials.create` answered.
    pub credential: String,
}

impl FromBody for PasskeyBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let challenge_id = fields.required("challenge_id", id);
        let name = fields.required("name", line(1, NAME_CHARS_MAX));
        let credential = fields.required("credential", verbatim(CREDENTIAL_CHARS_MAX));
        Some(Self {
            challenge_id: challenge_id?,
            name: name?,
            credential: credential?,
        })
    }
}

/// List your passkeys
///
/// Which devices and password managers hold a key of yours.
#[utoipa::path(get, path = "/auth/passkeys", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The passkeys", body = PasskeysView),
))]
pub async fn passkeys(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayEnrol>,
) -> Result<Json<PasskeysView>, Problem> {
    let passkeys = app.people().passkeys(caller.id()).await?;
    Ok(Json(PasskeysView {
        items: passkeys.iter().map(Into::into).collect(),
    }))
}

/// Ask for options of a new passkey
///
/// For `navigator.credentials.create`, good for five minutes. Takes a fresh proof (`POST /auth/proof`), as registering does.
#[utoipa::path(post, path = "/auth/passkeys/options", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "For the browser", body = PasskeyOptionsView),
    (status = 403, description = "`proof_required`, `forbidden`"),
    (status = 409, description = "`too_many_passkeys`, `passkeys_unavailable`"),
))]
pub async fn passkey_options(
    State(app): State<App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayEnrol, EmptyBody>,
) -> Result<Json<PasskeyOptionsView>, Problem> {
    let (people, now) = (app.people(), app.now());
    people
        .require_fresh_proof(caller.principal.session_id, now)
        .await?;
    Ok(Json(people.ask_for_new_passkey(caller.id(), now).await?.into()))
}

/// Register a passkey
///
/// It signs in by itself and counts as a second factor: where you had none the password alone opens no session from then on, every session
/// of yours ends, and a new one comes with ten recovery codes, which nobody can show again.
#[utoipa::path(post, path = "/auth/passkeys", tag = "auth", security(("bearer" = [])), request_body = PasskeyBody,
    responses(
        (status = 200, description = "Registered", body = PasskeyRegisteredView),
        (status = 403, description = "`passkey_refused`, `proof_required`, `account_deactivated`, `cross_site_request`"),
        (status = 409,
            description = "`passkey_challenge_ended`, `passkey_exists`, `too_many_passkeys`, `passkeys_unavailable`"),
    ))]
pub async fn register_passkey(
    State(app): State<App>,
    plain: AnonymousRequest<PasskeyBody>,
) -> Result<Response, Problem> {
    let caller = Caller::<MayEnrol>::of(&plain.parts, &app).await?;
    app.throttles().write(caller.id()).await?;
    let (now, device, in_cookie) = (app.now(), plain.device(), plain.keeps_cookie(&app)?);
    let people = app.people();
    people
        .require_fresh_proof(caller.principal.session_id, now)
        .await?;
    let new = NewPasskey {
        challenge_id: plain.body.challenge_id,
        name: &plain.body.name,
        credential: &plain.body.credential,
    };
    let registering = people.register_passkey(caller.id(), new, &device, now);
    let registered = sign_in::proven(&app, &caller, registering).await?;
    let passkey = &registered.passkey;
    sign_in::passkey_changed(&app, &caller, "passkey_registered", passkey.id);
    Ok(match &registered.first {
        None => Json(PasskeyRegisteredView::of(passkey)).into_response(),
        Some(first) => {
            let session = SessionResponse::new(people, &first.signed_in, in_cookie);
            session.within(|session| PasskeyRegisteredView::first(passkey, session, &first.recovery_codes))
        }
    })
}

/// Remove a passkey
///
/// It opens nothing any more. Takes a fresh proof; ends every session of yours and answers a new one. The last second factor of somebody
/// whose role must have one stays.
#[utoipa::path(post, path = "/auth/passkeys/{id}/remove", tag = "auth", security(("bearer" = [])),
    params(("id" = String, Path, description = "One of your passkeys", format = Uuid)),
    responses(
        (status = 200, description = "Removed, and signed in anew", body = SessionView),
        (status = 403, description = "`proof_required`, `account_deactivated`, `cross_site_request`"),
        (status = 409, description = "`last_factor`"),
    ))]
pub async fn remove_passkey(
    State(app): State<App>,
    At(passkey_id): At<kind::Passkey>,
    plain: AnonymousRequest<EmptyBody>,
) -> Result<SessionResponse, Problem> {
    let caller = Caller::<MaySignIn>::of(&plain.parts, &app).await?;
    app.throttles().write(caller.id()).await?;
    let (now, device, in_cookie) = (app.now(), plain.device(), plain.keeps_cookie(&app)?);
    let people = app.people();
    people
        .require_fresh_proof(caller.principal.session_id, now)
        .await?;
    let removal = PasskeyRemoval {
        account_id: caller.id(),
        passkey_id,
        must_have_factor: must_have_second_factor(caller.role()),
    };
    let signed_in = people.remove_passkey(removal, &device, now).await?;
    sign_in::passkey_changed(&app, &caller, "passkey_removed", passkey_id);
    Ok(SessionResponse::new(people, &signed_in, in_cookie))
}
