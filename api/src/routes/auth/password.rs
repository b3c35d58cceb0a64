//! One's own password, changed.

use axum::extract::State;
use commands::policy::MaySignIn;
use identity::{Password, PasswordChange, Proof, SecurityEvent};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{parsed, truth};
use crate::extract::request::{AnonymousRequest, Caller};
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::representation::account::{SessionResponse, SessionView};
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::security_events::sign_in;
use crate::sign_in_brake::{counted, is_wrong_proof};

/// The password that holds, and the one that is to.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"current_password": "moss-kettle-ferry", "new_password": "amber-tunnel-violin"}))]
pub struct ChangePasswordBody {
    /// The one that holds until now.
    #[schema(value_type = String)]
    pub current_password: Password,
    /// 8 to 128 characters; 12 at least for whoever is no patient; none that is soon guessed.
    #[schema(value_type = String)]
    pub new_password: Password,
    /// Whether the refresh token goes into a cookie, as when signing in.
    pub refresh_cookie: Option<bool>,
}

impl FromBody for ChangePasswordBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let current = fields.required("current_password", parsed(Password::presented, CONTACT_CHARS_MAX));
        let chosen = fields.required("new_password", parsed(Password::parse, CONTACT_CHARS_MAX));
        let refresh_cookie = fields.optional("refresh_cookie", truth);
        Some(Self {
            current_password: current?,
            new_password: chosen?,
            refresh_cookie: refresh_cookie?,
        })
    }
}

/// Change your password
///
/// Ends every session of yours, this one too, and answers a new one; devices that were known are known no longer. With a second factor it
/// takes a fresh proof.
#[utoipa::path(post, path = "/auth/password", tag = "auth", security(("bearer" = [])), request_body = ChangePasswordBody,
    responses(
        (status = 200, description = "Changed, and signed in anew", body = SessionView),
        (status = 403, description = "`wrong_password`, `proof_required`, `account_deactivated`, `cross_site_request`"),
        (status = 409, description = "`email_taken`: your e-mail is not proven, and this is the password of another account with it"),
    ))]
pub async fn change_password(
    State(app): State<App>,
    plain: AnonymousRequest<ChangePasswordBody>,
) -> Result<SessionResponse, Problem> {
    let caller = Caller::<MaySignIn>::of(&plain.parts, &app).await?;
    app.throttles().write(caller.id()).await?;
    let account = app.people().account(caller.id()).await?;
    let account = account.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let (device, in_cookie) = (
        plain.device(),
        plain.wants_cookie(plain.body.refresh_cookie, &app)?,
    );
    let ChangePasswordBody {
        current_password,
        new_password,
        refresh_cookie: _,
    } = plain.body;
    new_password
        .suits(account.role, &account.own_words())
        .map_err(|refusal| Problem::invalid(vec![FieldProblem::from(refusal).at("/new_password")]))?;
    let change = PasswordChange {
        account_id: account.id,
        current: current_password,
        chosen: new_password,
        proof: match caller.access.second_factor {
            true => Proof::SecondFactor,
            false => Proof::Password,
        },
    };
    let now = app.now();
    // The password alone speaks for nobody who has a second factor.
    if caller.access.second_factor {
        app.people()
            .require_fresh_proof(caller.principal.session_id, now)
            .await?;
    }
    let refused = |event| sign_in::password_refused(&app, &caller.origin, event, caller.id());
    let attempt = app
        .sign_in_brake()
        .try_again(caller.principal.session_id, now)
        .await
        .inspect_err(|_| refused(SecurityEvent::PasswordBraked))?;
    // Where the address may be another account's, a password is chosen as it is guessed: sign-ins tell whose it is.
    let choice = match account.holds_email() {
        true => None,
        false => Some(
            app.sign_in_brake()
                .try_account(&account.email, plain.address.0, None, now)
                .await
                .inspect_err(|_| refused(SecurityEvent::PasswordBraked))?,
        ),
    };
    let changed = app.people().change_password(&change, &device, now).await;
    // Whatever came of it: a change that another one overtook has told as much.
    if let Some(choice) = choice {
        choice.failed();
    }
    let changed = counted(
        attempt,
        changed.inspect_err(|error| {
            if is_wrong_proof(error) {
                refused(SecurityEvent::PasswordWrong);
            }
        }),
    );
    let signed_in = changed?;
    let event = SecurityEvent::PasswordChanged;
    sign_in::done(&app, &caller.origin, event, &signed_in.account);
    Ok(SessionResponse::new(app.people(), &signed_in, in_cookie))
}
