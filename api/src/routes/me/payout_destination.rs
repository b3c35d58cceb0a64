//! The bank account that one's own money is paid out to.

use axum::Json;
use axum::extract::State;
use commands::CommandMetadata;
use commands::payouts::{self, Destination};
use commands::policy::{MayNameDestination, MayReceiveMoney};
use domain::payout::rest::rests_until;
use identity::{BankId, PayoutDestination, Phone};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::read::parsed;
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::Problem;
use crate::representation::timestamp::shown;
use crate::trace::TraceId;

/// Telephone numbers and banks longer than this are not even looked at.
pub const DESTINATION_CHARS_MAX: usize = 64;

/// A bank account by the faster payments system.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"phone": "+79990000001", "bank_id": "100000000111"}))]
pub struct DestinationBody {
    /// The number the account is tied to; begins with `+7` or `8`, at least ten digits.
    #[schema(value_type = String)]
    pub phone: Phone,
    /// The bank, one of `GET /sbp-banks`.
    #[schema(value_type = String)]
    pub bank_id: BankId,
}

impl FromBody for DestinationBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let phone = fields.required("phone", parsed(Phone::parse, DESTINATION_CHARS_MAX));
        let bank_id = fields.required("bank_id", parsed(BankId::parse, DESTINATION_CHARS_MAX));
        Some(Self {
            phone: phone?,
            bank_id: bank_id?,
        })
    }
}

/// The bank account as its owner recognises it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"phone": "+7******0001", "bank_id": "100000000111", "set_at": "2026-12-01T09:30:00Z", "rests_until": "2026-12-02T09:30:00Z"}))]
pub struct DestinationView {
    /// The number with all but its last digits hidden.
    pub phone: String,
    /// The bank.
    pub bank_id: String,
    /// Why nothing is paid out there any more: the code with which the last payout came to nothing. Name it anew, or
    /// another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubtful: Option<String>,
    /// When it was named.
    #[schema(value_type = String, format = DateTime)]
    pub set_at: Timestamp,
    /// From when on money goes there: 24 hours after it was first named.
    #[schema(value_type = String, format = DateTime)]
    pub rests_until: Timestamp,
}

impl From<PayoutDestination> for DestinationView {
    fn from(destination: PayoutDestination) -> Self {
        Self {
            phone: destination.masked_phone(),
            bank_id: destination.bank_id.as_str().to_owned(),
            doubtful: destination.doubtful,
            set_at: shown(destination.set_at),
            rests_until: shown(rests_until(destination.first_named_at)),
        }
    }
}

/// Read where your money goes
///
/// For doctors and patients.
#[utoipa::path(get, path = "/me/payout-destination", tag = "payouts", security(("bearer" = [])),
    responses((status = 200, description = "The bank account", body = DestinationView)))]
pub async fn destination(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayReceiveMoney>,
) -> Result<Json<DestinationView>, Problem> {
    let named = payouts::destination(app.services(), caller.id()).await?;
    Ok(Json(named.into()))
}

/// Say where your money goes
///
/// For doctors and patients: replaces what was said before. Payouts on their way are not touched. Takes a second factor and a fresh proof
/// (`POST /auth/proof`); an account that was never named before gets money from `rests_until` on.
#[utoipa::path(put, path = "/me/payout-destination", tag = "payouts", security(("bearer" = [])),
    request_body = DestinationBody,
    responses(
        (status = 200, description = "The bank account as it is now", body = DestinationView),
        (status = 403, description = "`second_factor_required`, `proof_required`, `forbidden`"),
        (status = 409, description = "`unknown_bank`"),
    ))]
pub async fn name_destination(
    State(app): State<App>,
    trace: TraceId,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayNameDestination, DestinationBody>,
) -> Result<Json<DestinationView>, Problem> {
    app.people()
        .require_fresh_proof(caller.principal.session_id, app.now())
        .await?;
    let DestinationBody { phone, bank_id } = body;
    let command = Destination { phone, bank_id };
    // Not under a key of the caller's: naming an account twice is naming it once.
    let request = "name a bank account".to_owned();
    let metadata =
        CommandMetadata::from_account(caller.id(), caller.role(), request, trace.as_str().to_owned());
    let named = payouts::name_destination(app.services(), &metadata, command).await?;
    Ok(Json(named.into()))
}
