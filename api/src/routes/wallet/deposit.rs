//! A patient puts money into the wallet.

use axum::extract::State;
use commands::payments::{self, DepositMoney};
use commands::policy::MayUseWallet;
use domain::money::{Currency, Money};
use domain::payment::events::PaymentMethod;
use url::Url;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{amount, currency, one_of, parsed, payment_method_in};
use crate::extract::request::{CommandRequest, Keyed};
use crate::problem::Problem;
use crate::representation::amount::amount_schema;
use crate::representation::command_response::CommandResponse;
use crate::representation::payment::PaymentView;
use crate::return_targets::{RETURN_URL_CHARS_MAX, return_url_in};
use crate::routes::payments::payment_response;

/// How much, and from where.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"amount": "5000.00", "payment_method": "sbp"}))]
pub struct DepositBody {
    /// A JSON number or text.
    #[schema(schema_with = amount_schema)]
    pub amount: Money,
    /// `RUB`.
    #[schema(value_type = Option<String>, example = "RUB")]
    #[expect(dead_code, reason = "checked where it is read, and there is one")]
    pub currency: Option<Currency>,
    /// `card` (or `yookassa`, by the name of who takes cards) or `sbp`.
    #[schema(value_type = String, example = "sbp")]
    pub payment_method: PaymentMethod,
    /// Where the payer comes back to: an address of an origin or app scheme that the platform allows; the platform's own page if absent.
    #[schema(value_type = Option<String>, format = "uri", max_length = 2048, example = "https://app.example/paid?visit=7")]
    pub return_url: Option<Url>,
}

impl FromBody for DepositBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let amount = fields.required("amount", amount);
        let currency = fields.optional("currency", currency);
        let outside = |text: &str| {
            payment_method_in(text).filter(|method| match method {
                PaymentMethod::Yookassa | PaymentMethod::Sbp => true,
                PaymentMethod::Wallet => false,
            })
        };
        let payment_method = fields.required(
            "payment_method",
            one_of(outside, "card, yookassa, sbp".to_owned()),
        );
        let return_url = fields.optional("return_url", parsed(return_url_in, RETURN_URL_CHARS_MAX));
        Some(Self {
            amount: amount?,
            currency: currency?,
            payment_method: payment_method?,
            return_url: return_url?,
        })
    }
}

/// Deposit into your wallet
///
/// For patients, by card or SBP; charged at once. The answer waits shortly for where the payment is confirmed; without it by
/// then it is `pending` and `checking`. One deposit is from 1.00 to 10000000.00 by card, to 700000.00 by SBP.
#[utoipa::path(post, path = "/wallet/deposits", tag = "wallet", security(("bearer" = [])),
    request_body = DepositBody,
    responses(
        (status = 200, description = "Started; `Location` names the payment", body = CommandResponse<PaymentView>),
        (status = 409, description = "`payment_method_unavailable`, `deposit_limit`, `return_url_not_allowed`"),
    ))]
pub async fn deposit(
    State(app): State<App>,
    Keyed(CommandRequest { metadata, body, .. }): Keyed<MayUseWallet, DepositBody>,
) -> Result<CommandResponse<PaymentView>, Problem> {
    let command = DepositMoney {
        amount: body.amount,
        method: body.payment_method,
        return_url: app.settings().return_targets.allowed(body.return_url.as_ref())?,
    };
    let done = payments::deposit(app.services(), &metadata, command).await?;
    payment_response(&app, done).await
}
