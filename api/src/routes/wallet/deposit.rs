//! A patient wants to put money into the wallet.

use domain::money::{Currency, Money};
use domain::payment::events::PaymentMethod;
use domain::payment::refusal::PaymentRefusal;
use utoipa::ToSchema;

use crate::extract::body::Readable;
use crate::extract::caller::Patients;
use crate::extract::fields::Fields;
use crate::extract::read::{amount, currency, word};
use crate::extract::wish::Wish;
use crate::problem::Problem;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::sum::amount_schema;
use crate::representation::wallet::WalletView;

/// How much, and from where.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"amount": "5000.00", "payment_method": "sbp"}))]
#[expect(dead_code, reason = "checked at the door; no provider takes it further yet")]
pub struct DepositBody {
    /// A JSON number or text.
    #[schema(schema_with = amount_schema)]
    pub amount: Money,
    /// `RUB`.
    #[schema(value_type = Option<String>, example = "RUB")]
    pub currency: Option<Currency>,
    /// `yookassa` or `sbp`.
    #[schema(value_type = String, example = "sbp")]
    pub payment_method: PaymentMethod,
}

impl Readable for DepositBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let amount = fields.required("amount", amount);
        let currency = fields.optional("currency", currency);
        let outside = |text: &str| {
            PaymentMethod::parse(text).filter(|method| match method {
                PaymentMethod::Yookassa | PaymentMethod::Sbp => true,
                PaymentMethod::Wallet => false,
            })
        };
        let payment_method = fields.required("payment_method", word(outside, "yookassa, sbp".to_owned()));
        Some(Self {
            amount: amount?,
            currency: currency?,
            payment_method: payment_method?,
        })
    }
}

/// Deposit into your wallet
///
/// For patients. No provider is connected yet, so every method answers `payment_method_unavailable`; an admin credits
/// cash.
#[utoipa::path(post, path = "/wallet/deposits", tag = "wallet", security(("bearer" = [])),
    request_body = DepositBody,
    responses(
        (status = 200, description = "Deposited", body = Positioned<WalletView>),
        (status = 409, description = "`payment_method_unavailable`"),
    ))]
pub async fn deposit(_wish: Wish<Patients, DepositBody>) -> Result<Accepted<WalletView>, Problem> {
    Err(PaymentRefusal::MethodUnavailable.into())
}
