//! One's own account, read and changed.

use axum::Json;
use axum::extract::State;
use commands::policy::{MayEnrol, MaySignIn};
use domain::account::refusal::AccountRefusal;
use domain::people::Role;
use identity::{PersonName, Phone, ProfileChange};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::read::parsed;
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::{Code, Problem};
use crate::representation::account::AccountView;
use crate::routes::auth::register::CONTACT_CHARS_MAX;

/// Read your account
///
/// The account behind the access token.
#[utoipa::path(get, path = "/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The account", body = AccountView),
))]
pub async fn me(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayEnrol>,
) -> Result<Json<AccountView>, Problem> {
    let account = app.people().account(caller.id()).await?;
    let account = account.ok_or_else(|| Problem::plain(Code::NotFound))?;
    Ok(Json(AccountView::from(&account)))
}

/// What changes; what is absent stays.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"phone": "+79990000001"}))]
pub struct ChangeMeBody {
    /// 2 to 50 characters.
    #[schema(value_type = Option<String>)]
    pub first_name: Option<PersonName>,
    /// 2 to 50 characters.
    #[schema(value_type = Option<String>)]
    pub last_name: Option<PersonName>,
    /// Begins with `+7` or `8`, at least ten digits.
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
}

impl FromBody for ChangeMeBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let first_name = fields.optional("first_name", parsed(PersonName::parse, CONTACT_CHARS_MAX));
        let last_name = fields.optional("last_name", parsed(PersonName::parse, CONTACT_CHARS_MAX));
        let phone = fields.optional("phone", parsed(Phone::parse, CONTACT_CHARS_MAX));
        Some(Self {
            first_name: first_name?,
            last_name: last_name?,
            phone: phone?,
        })
    }
}

/// Change your account
///
/// Names and phone; what is absent stays as it is. Another number is not proven. A verified doctor's names an admin changes.
#[utoipa::path(put, path = "/auth/me", tag = "auth", security(("bearer" = [])), request_body = ChangeMeBody, responses(
    (status = 200, description = "The account as it is now", body = AccountView),
    (status = 409, description = "`profile_verified`"),
))]
pub async fn change_me(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MaySignIn, ChangeMeBody>,
) -> Result<Json<AccountView>, Problem> {
    let ChangeMeBody {
        first_name,
        last_name,
        phone,
    } = body;
    require_own_names(&app, &caller, first_name.as_ref(), last_name.as_ref()).await?;
    let change = ProfileChange {
        first_name,
        last_name,
        phone,
    };
    let account = app.people().update_profile(caller.id(), change).await?;
    Ok(Json(AccountView::from(&account)))
}

/// What an admin verified a doctor by is the admin's to change; the same names are no change.
async fn require_own_names(
    app: &App,
    caller: &Caller<MaySignIn>,
    first_name: Option<&PersonName>,
    last_name: Option<&PersonName>,
) -> Result<(), Problem> {
    if caller.role() != Role::Doctor || (first_name.is_none() && last_name.is_none()) {
        return Ok(());
    }
    let account = app.people().account(caller.id()).await?;
    let account = account.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let stays = first_name.is_none_or(|name| *name == account.first_name)
        && last_name.is_none_or(|name| *name == account.last_name);
    if !stays && app.people().is_verified(caller.id()).await? {
        return Err(AccountRefusal::ProfileVerified.into());
    }
    Ok(())
}
