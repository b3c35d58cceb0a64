//! One's own password, changed.

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use identity::{Password, PasswordChange, Proof};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::parsed;
use crate::extract::request::{AnonymousRequest, Caller};
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::representation::account::SessionView;
use crate::routes::auth::register::CONTACT_CHARS_MAX;
use crate::sign_in_brake::counted;

/// The password that holds, and the one that is to.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"current_password": "moss-kettle-ferry", "new_password": "amber-tunnel-violin"}))]
pub struct ChangePasswordBody {
    /// The one that holds until now.
    #[schema(value_type = String)]
    pub current_password: Password,
    /// 8 to 128 characters; 12 at least for whoever is no patient. None that is soon guessed: no common one, no date, no run of keys,
    /// none made of your own names.
    #[schema(value_type = String)]
    pub new_password: Password,
}

impl FromBody for ChangePasswordBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let current = fields.required("current_password", parsed(Password::presented, CONTACT_CHARS_MAX));
        let chosen = fields.required("new_password", parsed(Password::parse, CONTACT_CHARS_MAX));
        Some(Self {
            current_password: current?,
            new_password: chosen?,
        })
    }
}

/// Change your password
///
/// Ends every session of yours, this one too, and answers a new one; devices that were known are known no longer. After some wrong
/// passwords the next has to wait, longer each time.
#[utoipa::path(post, path = "/auth/password", tag = "auth", security(("bearer" = [])), request_body = ChangePasswordBody,
    responses(
        (status = 200, description = "Changed, and signed in anew", body = SessionView),
        (status = 403, description = "`wrong_password`, `account_deactivated`"),
    ))]
pub async fn change_password(
    State(app): State<App>,
    plain: AnonymousRequest<ChangePasswordBody>,
) -> Result<Json<SessionView>, Problem> {
    let caller = Caller::<MaySignIn>::of(&plain.parts, &app)?;
    app.throttles().write(caller.id())?;
    let account = app.people().account(caller.id()).await?;
    let account = account.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let device = plain.device();
    let ChangePasswordBody {
        current_password,
        new_password,
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
    let attempt = app.sign_in_brake().try_again(caller.principal.session_id, now)?;
    let changed = app.people().change_password(&change, &device, now).await;
    Ok(Json(SessionView::from(&counted(attempt, changed)?)))
}
