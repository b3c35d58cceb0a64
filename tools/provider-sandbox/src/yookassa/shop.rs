//! What a caller may know of itself, and the banks of the fast payment system.

use serde_json::{Value, json};

use crate::state::SandboxState;
use crate::state::settings::FiscalMode;
use crate::state::wire::amount;
use crate::yookassa::Call;
use crate::yookassa::auth::Caller;
use crate::yookassa::errors::Refusal;

/// Participants of the fast payment system: id, name, BIC.
const BANKS: [(&str, &str, &str); 6] = [
    ("100000000111", "Сбербанк", "044525225"),
    ("100000000004", "Т-Банк", "044525974"),
    ("100000000005", "Банк ВТБ", "044525187"),
    ("100000000008", "Альфа-Банк", "044525593"),
    ("100000000007", "Райффайзенбанк", "044525700"),
    ("100000000022", "ЮMoney", "044525444"),
];

/// `GET /sbp_banks`.
pub fn sbp_banks(_: &SandboxState, _: &Call) -> Result<Value, Refusal> {
    let items: Vec<Value> = BANKS
        .iter()
        .map(|(bank_id, name, bic)| json!({"bank_id": bank_id, "name": name, "bic": bic}))
        .collect();
    Ok(json!({"type": "list", "items": items}))
}

/// Whether this is the id of a participant.
pub fn is_bank(bank_id: &str) -> bool {
    BANKS.iter().any(|(id, _, _)| *id == bank_id)
}

/// The participants, for pages and for T-Bank.
pub fn banks() -> impl Iterator<Item = (&'static str, &'static str)> {
    BANKS.iter().map(|(id, name, _)| (*id, *name))
}

/// `GET /me`.
pub fn me(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    let (shop, gateway) = (&state.settings.shop, &state.settings.gateway);
    Ok(match call.caller {
        Caller::Shop => {
            let enabled = shop.fiscalization.mode != FiscalMode::Off;
            let mut me = json!({
                "account_id": shop.id,
                "status": "enabled",
                "test": true,
                "fiscalization_enabled": enabled,
                "payment_methods": ["bank_card", "sbp"],
                // Empty rather than absent: strict clients insist on the field.
                "payout_methods": [],
            });
            if enabled {
                me["fiscalization"] = json!({"enabled": true, "provider": "yoo_receipt"});
            }
            me
        }
        Caller::Gateway => json!({
            "account_id": gateway.id,
            "status": "enabled",
            "test": true,
            "payout_methods": ["sbp"],
            "payout_balance": amount(gateway.balance),
        }),
    })
}
