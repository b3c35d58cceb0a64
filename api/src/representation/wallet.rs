//! A wallet as JSON.

use commands::WalletState;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a wallet holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "owner_id": "019a8f0e-0000-7000-8000-000000000001",
    "period": 1,
    "balance": "20000.00",
    "held": "1500.00",
    "resting": "0.00",
    "available": "18500.00",
    "currency": "RUB"
}))]
pub struct WalletView {
    /// Whose wallet.
    pub owner_id: Uuid,
    /// The statement period in force; 0 before the first deposit.
    pub period: u32,
    /// Everything in it, held money included.
    pub balance: String,
    /// Kept back for payments that are not settled.
    pub held: String,
    /// Earned by visits lately, and not to be paid out before it has rested.
    pub resting: String,
    /// What can be spent or paid out.
    pub available: String,
    /// The currency of all amounts.
    #[schema(value_type = String)]
    pub currency: &'static str,
}

impl WalletView {
    /// The wallet after a decision.
    pub fn of(answer: &WalletState) -> Self {
        Self {
            owner_id: answer.owner_id.uuid(),
            period: answer.period,
            balance: answer.balance.decimal(),
            held: answer.held.decimal(),
            resting: answer.resting.decimal(),
            available: answer.available.decimal(),
            currency: answer.balance.currency.code(),
        }
    }
}
