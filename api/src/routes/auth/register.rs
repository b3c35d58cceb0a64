//! A patient makes an account and is signed in at once.

use axum::extract::State;
use domain::people::Role;
use identity::{
    ConsentKind, Email, NewPatient, Password, PersonName, Phone, Proof, SecurityEvent, own_words,
};
use utoipa::ToSchema;

use crate::app::App;
use crate::business_limits;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{one_of, parsed, truth};
use crate::extract::request::AnonymousRequest;
use crate::problem::Problem;
use crate::representation::account::{SessionResponse, SessionView};
use crate::routes::me::consents::{GivenConsentBody, given_consent};
use crate::security_events::sign_in;

/// The longest text any of these fields can be, before it is looked at closer.
pub const CONTACT_CHARS_MAX: usize = 512;

/// Consents given at once, at most.
pub const CONSENTS_MAX: usize = 8;

/// Who registers.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "email": "ivan@example.com",
    "password": "moss-kettle-ferry",
    "first_name": "Иван",
    "last_name": "Иванов",
    "phone": "+79990000000",
    "consents": [{"kind": "personal_data", "version": 1}]
}))]
pub struct RegisterBody {
    /// The name to sign in with.
    #[schema(value_type = String, format = Email)]
    pub email: Email,
    /// 8 to 128 characters, and none that is soon guessed.
    #[schema(value_type = String)]
    pub password: Password,
    /// 2 to 50 characters.
    #[schema(value_type = String)]
    pub first_name: PersonName,
    /// 2 to 50 characters.
    #[schema(value_type = String)]
    pub last_name: PersonName,
    /// Begins with `+7` or `8`, at least ten digits.
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
    /// Nothing but `patient`: other accounts are made by the platform.
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "checked where it is read: it can only be one")]
    pub role: Option<Role>,
    /// Whether the refresh token goes into a cookie, as when signing in.
    pub refresh_cookie: Option<bool>,
    /// What you consent to, by the versions of `GET /consents`; what is missing `GET /me/consents` tells.
    #[schema(value_type = Option<Vec<GivenConsentBody>>)]
    pub consents: Vec<ConsentKind>,
}

impl FromBody for RegisterBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", parsed(Email::parse, CONTACT_CHARS_MAX));
        let password = fields.required("password", parsed(Password::parse, CONTACT_CHARS_MAX));
        let first_name = fields.required("first_name", parsed(PersonName::parse, CONTACT_CHARS_MAX));
        let last_name = fields.required("last_name", parsed(PersonName::parse, CONTACT_CHARS_MAX));
        let phone = fields.optional("phone", parsed(Phone::parse, CONTACT_CHARS_MAX));
        let patient = |word: &str| Role::parse(word).filter(|role| *role == Role::Patient);
        let role = fields.optional("role", one_of(patient, "patient".to_owned()));
        let refresh_cookie = fields.optional("refresh_cookie", truth);
        let consents = match fields.optional("consents", Ok) {
            Some(Some(_)) => fields.objects("consents", CONSENTS_MAX, given_consent),
            Some(None) => Some(Vec::new()),
            None => None,
        };
        let read = Self {
            email: email?,
            password: password?,
            first_name: first_name?,
            last_name: last_name?,
            phone: phone?,
            role: role?,
            refresh_cookie: refresh_cookie?,
            consents: consents?,
        };
        let suits = read.password.suits(Role::Patient, &read.own_words());
        suits
            .map_err(|refusal| fields.fault("password", refusal.into()))
            .ok()?;
        Some(read)
    }
}

impl RegisterBody {
    fn own_words(&self) -> Vec<&str> {
        own_words(
            &self.email,
            &self.first_name,
            &self.last_name,
            self.phone.as_ref(),
        )
    }
}

/// Register as a patient
///
/// Makes a patient's account and signs it in; the platform makes all others. The answer is the same whoever else has the address or the
/// number: they are yours once a code proves it. Sent again within ten minutes, with the same data and password, it is the same registration.
/// Counts as a try to sign in at the address.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = RegisterBody, responses(
    (status = 200, description = "Registered and signed in", body = SessionView),
    (status = 403, description = "`cross_site_request`, `second_factor_due`"),
    (status = 409, description = "`email_taken`: this is the password of an account with this address"),
    (status = 429, description = "`rate_limited`, `too_many_registrations`"),
))]
pub async fn register(
    State(app): State<App>,
    plain: AnonymousRequest<RegisterBody>,
) -> Result<SessionResponse, Problem> {
    app.throttles().login_from(plain.address.0).await?;
    let origin = plain.origin(&app);
    let (device, in_cookie) = (
        plain.device(),
        plain.wants_cookie(plain.body.refresh_cookie, &app)?,
    );
    let RegisterBody {
        email,
        password,
        first_name,
        last_name,
        phone,
        role: _,
        refresh_cookie: _,
        consents,
    } = plain.body;
    let patient = NewPatient {
        email,
        password,
        first_name,
        last_name,
        phone,
    };
    let now = app.now();
    // It tells whether a password is the right one: as often as somebody may fail to sign in, and whatever comes of it.
    let attempt = app
        .sign_in_brake()
        .try_account(&patient.email, plain.address.0, None, now)
        .await
        .inspect_err(|_| sign_in::braked(&app, &origin, &patient.email))?;
    let place = attempt.place;
    attempt.failed();
    business_limits::registration(&app, plain.address.0).await?;
    let account = app.people().register_at(patient, place, now).await?;
    for kind in consents {
        app.people().record_consent(account.id, (kind, true), now).await?;
    }
    let signed_in = app
        .people()
        .start_session(account, &device, None, Proof::Password, now)
        .await?;
    sign_in::done(&app, &origin, SecurityEvent::Registered, &signed_in.account);
    Ok(SessionResponse::new(app.people(), &signed_in, in_cookie))
}
