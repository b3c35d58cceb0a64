//! A patient takes money out of the wallet.

use axum::extract::State;
use commands::payouts::{self, Destination, Withdrawal};
use commands::policy::MayWithdraw;
use domain::money::{Currency, Money};
use identity::{BankId, Phone};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{amount, currency, parsed};
use crate::extract::request::{CommandRequest, Keyed};
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::amount::amount_schema;
use crate::representation::command_response::CommandResponse;
use crate::representation::payout::{self, PayoutView};
use crate::routes::me::payout_destination::DESTINATION_CHARS_MAX;

/// How much, and where to.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"amount": "1500.00"}))]
pub struct WithdrawalBody {
    /// A JSON number or text; 1.00 to 500000.00.
    #[schema(schema_with = amount_schema)]
    pub amount: Money,
    /// `RUB`.
    #[schema(value_type = Option<String>, example = "RUB")]
    #[expect(dead_code, reason = "checked where it is read, and there is one")]
    pub currency: Option<Currency>,
    /// The number of the bank account, for this withdrawal alone; together with `bank_id`. Else your own destination.
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
    /// Its bank.
    #[schema(value_type = Option<String>)]
    pub bank_id: Option<BankId>,
}

impl FromBody for WithdrawalBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let amount = fields.required("amount", amount);
        let currency = fields.optional("currency", currency);
        let phone = fields.optional("phone", parsed(Phone::parse, DESTINATION_CHARS_MAX));
        let bank_id = fields.optional("bank_id", parsed(BankId::parse, DESTINATION_CHARS_MAX));
        let together = || FieldProblem::new("required", "phone and bank_id stand together");
        if let (Some(phone), Some(bank_id)) = (&phone, &bank_id) {
            match (phone.is_some(), bank_id.is_some()) {
                (true, false) => fields.fault("bank_id", together()),
                (false, true) => fields.fault("phone", together()),
                (true, true) | (false, false) => {}
            }
        }
        Some(Self {
            amount: amount?,
            currency: currency?,
            phone: phone?,
            bank_id: bank_id?,
        })
    }
}

/// Withdraw from your wallet
///
/// For patients: to the bank account named here, or else to your own payout destination. The money leaves the wallet at
/// once; should the payout come to nothing, it comes back by itself. Takes a second factor; a bank account that is new takes a fresh
/// proof (`POST /auth/proof`) and rests for 24 hours (`destination_resting`).
#[utoipa::path(post, path = "/wallet/withdrawals", tag = "wallet", security(("bearer" = [])),
    request_body = WithdrawalBody,
    responses(
        (status = 200, description = "On its way", body = CommandResponse<PayoutView>),
        (status = 403, description = "`second_factor_required`, `proof_required`, `forbidden`"),
        (status = 409, description = "`insufficient_funds`, `payout_unavailable`, `no_payout_destination`, \
                                      `destination_resting`, `unknown_bank`, `amount_out_of_range`"),
    ))]
pub async fn withdraw(
    State(app): State<App>,
    Keyed(CommandRequest {
        metadata,
        body,
        caller,
    }): Keyed<MayWithdraw, WithdrawalBody>,
) -> Result<CommandResponse<PayoutView>, Problem> {
    let to = body.phone.zip(body.bank_id);
    let proven = app
        .people()
        .has_fresh_proof(caller.principal.session_id, app.now())
        .await?;
    let command = Withdrawal {
        amount: body.amount,
        to: to.map(|(phone, bank_id)| Destination { phone, bank_id }),
        proven,
    };
    let done = payouts::withdraw(app.services(), &metadata, command).await?;
    let response = CommandResponse::of_state(done, |state, version| {
        PayoutView::of_state(&state.payout, version)
    })?;
    Ok(response.at(|view| payout::location(&view.id)))
}
