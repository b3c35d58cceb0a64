//! The accounts of the platform, page by page.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::{AccountId, ClinicId};
use domain::people::Role;
use history::find::FindQuery;
use identity::{AccountFilter, AccountOrder};
use projections::Limit;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::read::{Parsed, id_in, one_of_in, truth_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::page::PageView;
use crate::representation::staff_account::AccountEntryView;

/// Which accounts.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AccountsQuery {
    /// Only of this role.
    #[param(value_type = Option<String>, example = "doctor")]
    pub role: Option<Role>,
    /// Only those whose owners may sign in (`true`), or only those whose may not (`false`).
    pub active: Option<bool>,
    /// Only doctors an admin answers for (`true`), or only doctors none does (`false`).
    pub verified: Option<bool>,
    /// Only doctors whose application waits for an admin (`true`), or only others (`false`).
    pub applied: Option<bool>,
    /// Only doctors of this clinic.
    #[param(value_type = Option<String>, format = Uuid)]
    pub clinic_id: Option<ClinicId>,
    /// Only whoever is found by it: a whole account id, e-mail address, telephone number, last name, or first and last name.
    #[param(value_type = Option<String>, example = "doctor@example.com")]
    pub q: Option<FindQuery>,
    /// `newest` first (the default) or `oldest` first.
    #[param(value_type = Option<String>, example = "newest")]
    pub order: AccountOrder,
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<AccountId>,
}

impl FromQuery for AccountsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let roles = Role::ALL.map(Role::as_str).join(", ");
        let role = parameters.optional("role", |text| one_of_in(text, Role::parse, &roles));
        let active = parameters.optional("active", truth_in);
        let verified = parameters.optional("verified", truth_in);
        let applied = parameters.optional("applied", truth_in);
        let clinic_id = parameters.optional("clinic_id", id_in);
        let q = parameters.optional("q", account_in);
        let order = parameters.optional("order", |text| one_of_in(text, order, "newest, oldest"));
        let limit = parameters.limit();
        let not_a_cursor = || FieldProblem::new("not_a_cursor", "this is not a cursor of this list");
        let cursor = parameters.optional("cursor", |text| text.parse().map_err(|_| not_a_cursor()));
        Some(Self {
            role: role?,
            active: active?,
            verified: verified?,
            applied: applied?,
            clinic_id: clinic_id?,
            q: q?,
            order: order?.unwrap_or_default(),
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// What an account is found by.
fn account_in(text: &str) -> Parsed<FindQuery> {
    let wrong = "must be an account's id, an e-mail address, a telephone number, or a last name, with or without a first name";
    FindQuery::parse(text)
        .ok()
        .filter(|query| query.account_id().is_some() || query.person().is_some())
        .ok_or_else(|| FieldProblem::new("not_findable", wrong))
}

fn order(word: &str) -> Option<AccountOrder> {
    match word {
        "newest" => Some(AccountOrder::NewestFirst),
        "oldest" => Some(AccountOrder::OldestFirst),
        _ => None,
    }
}

/// List accounts
///
/// For admins, in the order in which they were made. Nobody is found by a part of a name or address. Who was shown is recorded.
#[utoipa::path(get, path = "/admin/accounts", tag = "admin", security(("bearer" = [])), params(AccountsQuery),
    responses((status = 200, description = "A page of accounts", body = PageView<AccountEntryView>)))]
pub async fn list_accounts(
    State(app): State<App>,
    QueryParams(question): QueryParams<AccountsQuery>,
    caller: Caller<MayOperate>,
) -> Result<Json<PageView<AccountEntryView>>, Problem> {
    let filter = AccountFilter {
        role: question.role,
        active: question.active,
        verified: question.verified,
        applied: question.applied,
        clinic_id: question.clinic_id,
        id: question.q.as_ref().and_then(FindQuery::account_id),
        sought: question.q.as_ref().and_then(FindQuery::person).cloned(),
    };
    let limit = u32::from(question.limit.rows());
    let page = app
        .people()
        .accounts_for(&caller.actor(), &filter, question.order, question.cursor, limit)
        .await?;
    Ok(Json(PageView::from(&page)))
}
