//! A doctor asks to be verified, and reads what became of it.

use axum::extract::State;
use commands::accounts::{self, Licence};
use commands::policy::MayPractise;
use identity::{LicenceIssuer, LicenceNumber};
use jiff::civil::Date;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::read::{date, parsed};
use crate::extract::request::{Caller, CommandRequest};
use crate::problem::Problem;
use crate::read_consistency::ReadResponse;
use crate::representation::application::ApplicationView;
use crate::representation::command_response::CommandResponse;
use crate::representation::staff_account::AccountStandingView;

/// Text of a licence longer than this is not even looked at.
const LICENCE_CHARS_MAX: usize = 400;

/// The licence with which the doctor practises.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "licence_number": "Л041-01137-77/00123456",
    "licence_issued_by": "Департамент здравоохранения Москвы",
    "valid_until": "2029-12-01"
}))]
pub struct ApplicationBody {
    /// The licence's number as its paper has it, 4 to 64 characters.
    #[schema(value_type = String)]
    pub licence_number: LicenceNumber,
    /// Who issued it, 2 to 200 characters.
    #[schema(value_type = Option<String>)]
    pub licence_issued_by: Option<LicenceIssuer>,
    /// The last day on which it is good; absent where it has none.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_until: Option<Date>,
}

impl FromBody for ApplicationBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let text = LICENCE_CHARS_MAX;
        let licence_number = fields.required("licence_number", parsed(LicenceNumber::parse, text));
        let licence_issued_by = fields.optional("licence_issued_by", parsed(LicenceIssuer::parse, text));
        let valid_until = fields.optional("valid_until", date);
        Some(Self {
            licence_number: licence_number?,
            licence_issued_by: licence_issued_by?,
            valid_until: valid_until?,
        })
    }
}

/// Apply to be verified
///
/// For doctors: an admin compares the licence with the register. Patients are offered verified doctors alone, so a doctor who is verified and
/// names another licence is not offered until an admin has seen it; visits that were agreed stand. The same again changes nothing, unless it
/// was refused or the doctor is suspended: then it is asked anew.
#[utoipa::path(post, path = "/me/application", tag = "doctors", security(("bearer" = [])), request_body = ApplicationBody,
    responses(
        (status = 200, description = "Applied", body = CommandResponse<AccountStandingView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
        (status = 409, description = "`licence_expired`"),
    ))]
pub async fn apply(
    State(app): State<App>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayPractise, ApplicationBody>,
) -> Result<CommandResponse<AccountStandingView>, Problem> {
    let licence = Licence {
        number: body.licence_number,
        issued_by: body.licence_issued_by,
        valid_until: body.valid_until,
    };
    let done = accounts::apply(app.services(), &metadata, licence).await?;
    Ok(CommandResponse::of(done, |state, _| {
        AccountStandingView::from(&state)
    }))
}

/// Read how your application stands
///
/// For doctors: whether an admin answers for you, and why none does.
#[utoipa::path(get, path = "/me/application", tag = "doctors", security(("bearer" = [])),
    responses((status = 200, description = "How it stands", body = ApplicationView)))]
pub async fn application(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayPractise>,
) -> Result<ReadResponse<ApplicationView>, Problem> {
    let own = accounts::own_application(app.services(), caller.id()).await?;
    Ok(ReadResponse {
        body: ApplicationView::from(&own.answer),
        as_of: None,
        version: Some(own.version),
    })
}
