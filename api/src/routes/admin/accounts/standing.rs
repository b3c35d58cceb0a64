//! An account is switched off and on again, and its sessions are ended.

use axum::extract::State;
use commands::accounts::{self, DeactivateAccount, EndAccountSessions, ReactivateAccount};
use commands::policy::MayOperate;
use domain::account::events::DeactivationReason;
use domain::ids::{SessionId, kind};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{id, lines, one_of};
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::command_response::CommandResponse;
use crate::representation::staff_account::AccountStandingView;

/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// Why nobody is to sign in with it.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"reason": "left"}))]
pub struct DeactivateBody {
    /// `own_request`, `left`, `duplicate`, `compromised`, `misconduct` or `other`.
    #[schema(value_type = String, example = "left")]
    pub reason: DeactivationReason,
    /// In own words; kept apart from the history.
    pub note: Option<String>,
}

impl FromBody for DeactivateBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = DeactivationReason::ALL.map(DeactivationReason::as_str).join(", ");
        let reason = fields.required("reason", one_of(DeactivationReason::parse, words));
        let note = fields.optional("note", lines(NOTE_CHARS_MAX));
        Some(Self {
            reason: reason?,
            note: note?,
        })
    }
}

/// Why its owner is to sign in again.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"note": "Documents were shown"}))]
pub struct ReactivateBody {
    /// In own words; kept apart from the history.
    pub note: Option<String>,
}

impl FromBody for ReactivateBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let note = fields.optional("note", lines(NOTE_CHARS_MAX));
        Some(Self { note: note? })
    }
}

/// Which sessions end.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"session_id": "019a8f0e-0000-7000-8000-00000000000a"}))]
pub struct EndSessionsBody {
    /// Only this one; all of them if absent.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub session_id: Option<SessionId>,
}

impl FromBody for EndSessionsBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let session_id = fields.optional("session_id", id);
        Some(Self {
            session_id: session_id?,
        })
    }
}

/// Deactivate an account
///
/// For admins; of one's own another admin does it. Every session ends with it, within a second. A deactivated doctor is not offered any more; bookings that were made
/// stand, are counted by `GET /admin/accounts/{id}` and listed by `GET /bookings?doctor_id=`. Deactivating twice is once.
#[utoipa::path(post, path = "/admin/accounts/{id}/deactivate", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account", format = Uuid)), request_body = DeactivateBody,
    responses(
        (status = 200, description = "Deactivated", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
        (status = 409, description = "`own_account`"),
    ))]
pub async fn deactivate_account(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayOperate, DeactivateBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let command = DeactivateAccount {
        account_id,
        reason: body.reason,
        note: body.note,
    };
    let done = accounts::deactivate(app.services(), &metadata, command).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}

/// Reactivate an account
///
/// For admins: its owner may sign in again. Sessions of before stay ended.
#[utoipa::path(post, path = "/admin/accounts/{id}/reactivate", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account", format = Uuid)), request_body = ReactivateBody,
    responses(
        (status = 200, description = "Active", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
    ))]
pub async fn reactivate_account(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayOperate, ReactivateBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let command = ReactivateAccount {
        account_id,
        note: body.note,
    };
    let done = accounts::reactivate(app.services(), &metadata, command).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}

/// End an account's sessions
///
/// For admins: whoever is signed in with it is out, on all devices or in one session. Its owner may sign in anew. Where no such
/// session lives nothing happens.
#[utoipa::path(post, path = "/admin/accounts/{id}/end-sessions", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account", format = Uuid)), request_body = EndSessionsBody,
    responses(
        (status = 200, description = "Ended", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
    ))]
pub async fn end_account_sessions(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayOperate, EndSessionsBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let command = EndAccountSessions {
        account_id,
        session_id: body.session_id,
    };
    let done = accounts::end_sessions(app.services(), &metadata, command).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}
