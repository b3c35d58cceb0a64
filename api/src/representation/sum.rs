//! An amount of money as JSON.

use domain::money::Money;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"amount": "1500.00", "currency": "RUB"}))]
pub struct Sum {
    /// Decimal text with two decimals.
    #[schema(example = "1500.00")]
    pub amount: String,
    /// ISO 4217 code.
    #[schema(value_type = String, example = "RUB")]
    pub currency: &'static str,
}

impl From<Money> for Sum {
    fn from(money: Money) -> Self {
        Self {
            amount: money.decimal(),
            currency: money.currency.code(),
        }
    }
}
