//! An admin takes cash and credits a wallet.

use axum::extract::State;
use commands::policy::MayOperate;
use commands::wallet::{self, DepositCash};
use domain::ids::kind;
use domain::money::{Currency, Money};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{amount, currency};
use crate::extract::request::{CommandRequest, Keyed};
use crate::problem::Problem;
use crate::representation::amount::amount_schema;
use crate::representation::command_response::CommandResponse;
use crate::representation::wallet::WalletView;

/// How much cash.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"amount": "20000.00"}))]
pub struct CreditBody {
    /// A JSON number or text.
    #[schema(schema_with = amount_schema)]
    pub amount: Money,
    /// `RUB`.
    #[schema(value_type = Option<String>, example = "RUB")]
    #[expect(dead_code, reason = "checked where it is read, and there is one")]
    pub currency: Option<Currency>,
}

impl FromBody for CreditBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let amount = fields.required("amount", amount);
        let currency = fields.optional("currency", currency);
        Some(Self {
            amount: amount?,
            currency: currency?,
        })
    }
}

/// Credit a wallet with cash
///
/// For admins, against cash taken from the patient.
#[utoipa::path(post, path = "/admin/wallets/{owner}/deposits", tag = "admin", security(("bearer" = [])),
    params(("owner" = String, Path, description = "The patient", format = Uuid)), request_body = CreditBody,
    responses(
        (status = 200, description = "Credited", body = CommandResponse<WalletView>),
        (status = 409, description = "`amount_out_of_range`"),
    ))]
pub async fn credit_wallet(
    State(app): State<App>,
    At(owner_id): At<kind::Account>,
    Keyed(CommandRequest { metadata, body, .. }): Keyed<MayOperate, CreditBody>,
) -> Result<CommandResponse<WalletView>, Problem> {
    let command = DepositCash {
        owner_id,
        amount: body.amount,
    };
    let done = wallet::deposit_cash(app.services(), &metadata, command).await?;
    Ok(CommandResponse::of(done, |answer, _| WalletView::of(&answer)))
}
