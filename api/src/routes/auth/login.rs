//! Somebody signs in.

use axum::Json;
use axum::extract::State;
use identity::{Email, Password};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::Readable;
use crate::extract::command_request::AnonymousRequest;
use crate::extract::fields::Fields;
use crate::extract::read::parsed;
use crate::problem::Problem;
use crate::representation::account::SessionView;
use crate::routes::auth::register::CONTACT_CHARS_MAX;

/// Who signs in.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"email": "patient@example.com", "password": "password123"}))]
pub struct LoginBody {
    /// The name to sign in with.
    #[schema(value_type = String, format = Email)]
    pub email: Email,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub password: Password,
}

impl Readable for LoginBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", parsed(Email::parse, CONTACT_CHARS_MAX));
        let password = fields.required("password", parsed(Password::presented, CONTACT_CHARS_MAX));
        Some(Self {
            email: email?,
            password: password?,
        })
    }
}

/// Sign in
///
/// Answers an access token for fifteen minutes and a refresh token. Attempts are limited per address and per account.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = LoginBody, responses(
    (status = 200, description = "Signed in", body = SessionView),
    (status = 401, description = "`wrong_credentials`"),
    (status = 403, description = "`account_deactivated`"),
))]
pub async fn login(
    State(app): State<App>,
    plain: AnonymousRequest<LoginBody>,
) -> Result<Json<SessionView>, Problem> {
    app.throttles().login_from(plain.address.0)?;
    app.throttles().login_to(plain.body.email.as_str())?;
    let device = plain.device();
    let LoginBody { email, password } = &plain.body;
    let signed_in = app.people().login(email, password, &device, app.now()).await?;
    Ok(Json(SessionView::from(&signed_in)))
}
