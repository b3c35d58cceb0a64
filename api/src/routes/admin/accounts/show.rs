//! One account whole.

use axum::extract::State;
use commands::policy::MayOperate;
use commands::{AccountState, accounts};
use domain::account::Standing;
use domain::ids::{DoctorId, kind};
use projections::bookings::query::lists;

use crate::app::App;
use crate::extract::head::{At, QueryParams};
use crate::extract::request::Caller;
use crate::problem::{Code, Problem};
use crate::read_consistency::ReadResponse;
use crate::representation::staff_account::AccountDetailsView;

/// Read an account
///
/// For admins: who it is, how it stands and why, what was last done to it and why in own words, its sessions, what
/// a doctor still has to do. `ETag` is the version of its history, which `history` leads to.
#[utoipa::path(get, path = "/admin/accounts/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account", format = Uuid)),
    responses((status = 200, description = "The account", body = AccountDetailsView)))]
pub async fn show_account(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayOperate>,
) -> Result<ReadResponse<AccountDetailsView>, Problem> {
    let details = app
        .people()
        .account_details_for(&caller.actor(), account_id)
        .await?;
    let details = details.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let role = details.entry.account.role;
    let state = accounts::show(app.services(), account_id, role).await?;
    let note = note_of(&app, &state.answer).await?;
    let acts = accounts::latest_acts(app.services(), account_id).await?;
    let application = match &details.doctor {
        Some(_) => {
            let is_verified = details.entry.verified_at.is_some();
            Some(accounts::application(app.services(), account_id, &state.answer.account, is_verified).await?)
        }
        None => None,
    };
    let open_bookings = match &details.doctor {
        Some(_) => {
            let doctor = DoctorId::from_uuid(account_id.uuid());
            Some(lists::open_with_doctor(&app.models().pool, doctor).await?)
        }
        None => None,
    };
    Ok(ReadResponse {
        body: AccountDetailsView::of(&details, &state, note, &acts, application.as_ref(), open_bookings),
        as_of: None,
        version: Some(state.version),
    })
}

/// Why the account is off, in own words, if somebody said any and they are still there.
async fn note_of(app: &App, state: &AccountState) -> Result<Option<String>, Problem> {
    let Standing::Deactivated {
        note: Some(reference),
        ..
    } = &state.account.standing
    else {
        return Ok(None);
    };
    let opened = identity::vault::open(app.people(), &[reference.id]).await?;
    let note = opened
        .get(&reference.id)
        .and_then(|row| row.body["note"].as_str());
    Ok(note.map(str::to_owned))
}
