//! An amount of money as JSON.

use domain::money::Money;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};

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

/// An amount of a request: a JSON number or text of one.
pub fn amount_schema() -> Schema {
    decimal(
        "A JSON number or text; at most two decimals, at most 10000000.00. Read as decimal text, never through a float.",
        r"^[0-9]+(\.[0-9]{1,2}0*)?$",
        "1500.00",
    )
}

/// Degrees of a request: a JSON number or text of one.
pub fn degrees_schema() -> Schema {
    decimal(
        "Decimal degrees, as a JSON number or as text.",
        r"^-?[0-9]{1,3}(\.[0-9]{1,9})?$",
        "55.7558",
    )
}

fn decimal(words: &str, pattern: &str, example: &str) -> Schema {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .build();
    let number = ObjectBuilder::new().schema_type(Type::Number).build();
    OneOfBuilder::new()
        .item(text)
        .item(number)
        .description(Some(words))
        .examples([example])
        .build()
        .into()
}
