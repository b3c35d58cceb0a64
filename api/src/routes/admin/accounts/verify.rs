//! An admin answers for a doctor, or no longer does.

use axum::extract::State;
use commands::accounts::{self, RefuseDoctor, UnverifyDoctor};
use commands::policy::MayOperate;
use domain::account::events::{ApplicationRefusedReason, UnverifiedReason};
use domain::ids::kind;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{lines, one_of};
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::command_response::CommandResponse;
use crate::representation::staff_account::AccountStandingView;
use crate::routes::admin::accounts::standing::NOTE_CHARS_MAX;

/// Why no admin answers for the doctor.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"reason": "accreditation_expired"}))]
pub struct UnverifyBody {
    /// `documents_missing`, `accreditation_expired`, `accreditation_withdrawn` or `other`.
    #[schema(value_type = String, example = "accreditation_expired")]
    pub reason: UnverifiedReason,
}

impl FromBody for UnverifyBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = UnverifiedReason::ALL.map(UnverifiedReason::as_str).join(", ");
        let reason = fields.required("reason", one_of(UnverifiedReason::parse, words));
        Some(Self { reason: reason? })
    }
}

/// Why a doctor who applied is not verified.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"reason": "licence_not_found"}))]
pub struct RefuseApplicationBody {
    /// `licence_not_found`, `licence_expired`, `licence_of_another`, `documents_missing` or `other`.
    #[schema(value_type = String, example = "licence_not_found")]
    pub reason: ApplicationRefusedReason,
    /// In own words: the doctor reads them.
    pub note: Option<String>,
}

impl FromBody for RefuseApplicationBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = ApplicationRefusedReason::ALL
            .map(ApplicationRefusedReason::as_str)
            .join(", ");
        let reason = fields.required("reason", one_of(ApplicationRefusedReason::parse, words));
        let note = fields.optional("note", lines(NOTE_CHARS_MAX));
        Some(Self {
            reason: reason?,
            note: note?,
        })
    }
}

/// Refuse a doctor's application
///
/// For admins; the doctor reads why and may apply again. `If-Match` holds it to what you have seen.
#[utoipa::path(post, path = "/admin/accounts/{id}/refuse-application", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor's account", format = Uuid)), request_body = RefuseApplicationBody,
    responses(
        (status = 200, description = "Refused", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
        (status = 409, description = "`not_a_doctor`, `no_application`"),
    ))]
pub async fn refuse_application(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayOperate, RefuseApplicationBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let command = RefuseDoctor {
        account_id,
        reason: body.reason,
        note: body.note,
    };
    let done = accounts::refuse(app.services(), &metadata, command).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}

/// Verify a doctor
///
/// For admins, who answer for what the doctor says of themselves: from then on the doctor is listed and takes new visits. Verifies who
/// applied and lifts a suspension; `If-Match` holds it to what you have seen.
#[utoipa::path(post, path = "/admin/accounts/{id}/verify", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor's account", format = Uuid)),
    responses(
        (status = 200, description = "Verified", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
        (status = 409, description = "`not_a_doctor`, `licence_document_missing`"),
    ))]
pub async fn verify_doctor(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    CommandRequest { metadata, .. }: CommandRequest<MayOperate, EmptyBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let done = accounts::verify(app.services(), &metadata, account_id).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}

/// Take a doctor's verification back
///
/// For admins: suspends the doctor, who reads why, is not listed any more and takes no new visits (`doctor_not_available`); bookings that were made stand.
#[utoipa::path(post, path = "/admin/accounts/{id}/unverify", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor's account", format = Uuid)), request_body = UnverifyBody,
    responses(
        (status = 200, description = "Not verified", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
        (status = 409, description = "`not_a_doctor`"),
    ))]
pub async fn unverify_doctor(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayOperate, UnverifyBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let command = UnverifyDoctor {
        account_id,
        reason: body.reason,
    };
    let done = accounts::unverify(app.services(), &metadata, command).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}
