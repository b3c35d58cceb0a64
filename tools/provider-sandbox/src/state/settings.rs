//! Everything about the sandbox that may be changed while it runs.

use std::net::IpAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::money::Kopecks;
use crate::state::payment::ReceiptRegistration;
use crate::state::unsettled::Unsettled;

/// Characters of a T-Bank terminal's password at most.
pub const PASSWORD_CHARS_MAX: usize = 20;

/// All settings; `PATCH /settings` merges into their JSON form.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The YooKassa shop.
    pub shop: ShopSettings,
    /// The YooKassa payout gateway.
    pub gateway: GatewaySettings,
    /// The T-Bank terminal.
    pub terminal: TerminalSettings,
    /// What research could not settle: tests run in every position.
    pub unsettled: Unsettled,
}

/// A shop that takes payments.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopSettings {
    /// `shopId`, also `recipient.account_id`.
    pub id: String,
    /// The secret key.
    pub secret: String,
    /// Where notifications go; nowhere when absent.
    pub webhook_url: Option<String>,
    /// The address notifications are sent from; the system's choice when absent.
    pub webhook_source: Option<IpAddr>,
    /// Life of a card hold, in seconds.
    pub hold_seconds: u64,
    /// Fiscal receipts.
    pub fiscalization: Fiscalization,
    /// What becomes of new refunds.
    pub refunds: RefundSettings,
}

/// Whether a shop registers receipts, and how its cash register behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fiscalization {
    /// Whether they are demanded.
    pub mode: FiscalMode,
    /// What the cash register does with a receipt.
    #[serde(rename = "till")]
    pub cash_register: ScriptedOutcome,
    /// How long the cash register takes, in (virtual) seconds.
    #[serde(rename = "till_seconds")]
    pub cash_register_seconds: u64,
}

/// Whether receipts are demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiscalMode {
    /// No receipts are demanded; those sent are registered all the same.
    Off,
    /// A receipt is demanded; it follows the payment.
    PaymentFirst,
}

/// What an object that begins `pending` becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptedOutcome {
    /// It succeeds after its delay.
    Succeed,
    /// It is canceled after its delay.
    Cancel,
    /// It stays `pending` until the control surface decides.
    Wait,
}

impl ScriptedOutcome {
    /// What becomes of a receipt; nothing yet while it waits.
    pub(crate) fn registration(self) -> Option<ReceiptRegistration> {
        match self {
            Self::Succeed => Some(ReceiptRegistration::Succeeded),
            Self::Cancel => Some(ReceiptRegistration::Canceled),
            Self::Wait => None,
        }
    }
}

/// New refunds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundSettings {
    /// What they become.
    pub outcome: ScriptedOutcome,
    /// After how many (virtual) seconds; 0 with `succeed` means at once, without `pending`.
    pub seconds: u64,
}

/// The payout gateway: an account with credentials of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// The gateway's id.
    pub id: String,
    /// The gateway's secret key.
    pub secret: String,
    /// Where payout notifications go; nowhere when absent.
    pub webhook_url: Option<String>,
    /// Money that can be paid out, in kopecks.
    pub balance: Kopecks,
    /// What payouts become.
    pub outcome: ScriptedOutcome,
    /// After how many (virtual) seconds; 0 with `succeed` means at once, without `pending`.
    pub seconds: u64,
    /// `cancellation_details.reason` of canceled ones.
    pub reason: String,
}

/// The T-Bank terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminalSettings {
    /// `TerminalKey`.
    pub key: String,
    /// The password that signs; at most [`PASSWORD_CHARS_MAX`] characters, as the bank gives them out.
    #[serde(deserialize_with = "terminal_password")]
    pub password: String,
    /// Where notifications go when `Init` names no address.
    pub notification_url: Option<String>,
    /// The address notifications are sent from; the system's choice when absent.
    pub notification_source: Option<IpAddr>,
    /// What becomes of a refund through the fast payment system.
    pub refund: ScriptedOutcome,
}

impl Settings {
    /// Merges a JSON object into the settings (RFC 7396: `null` removes).
    ///
    /// # Errors
    /// When the result would not be settings any more; nothing is changed then.
    pub fn merge(&mut self, patch: &Value) -> Result<(), serde_json::Error> {
        let mut whole = serde_json::to_value(&*self)?;
        merge(&mut whole, patch);
        *self = serde_json::from_value(whole)?;
        Ok(())
    }
}

fn terminal_password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let password = String::deserialize(deserializer)?;
    if is_terminal_password(&password) {
        Ok(password)
    } else {
        Err(D::Error::custom(format!(
            "a terminal's password has 1 to {PASSWORD_CHARS_MAX} characters"
        )))
    }
}

/// Whether the bank could have given this out as a terminal's password.
pub fn is_terminal_password(password: &str) -> bool {
    (1..=PASSWORD_CHARS_MAX).contains(&password.chars().count())
}

/// Merges objects into objects; anything else replaces.
pub fn merge(target: &mut Value, patch: &Value) {
    match (target.as_object_mut(), patch.as_object()) {
        (Some(fields), Some(changes)) => {
            for (name, change) in changes {
                merge(fields.entry(name).or_insert(Value::Null), change);
            }
        }
        (Some(_), None) | (None, Some(_)) | (None, None) => *target = patch.clone(),
    }
}

impl Default for ShopSettings {
    fn default() -> Self {
        Self {
            id: "100500".into(),
            secret: "test_sandbox-shop-secret".into(),
            webhook_url: None,
            webhook_source: None,
            hold_seconds: 7 * 24 * 60 * 60,
            fiscalization: Fiscalization {
                mode: FiscalMode::Off,
                cash_register: ScriptedOutcome::Succeed,
                cash_register_seconds: 3,
            },
            refunds: RefundSettings {
                outcome: ScriptedOutcome::Succeed,
                seconds: 0,
            },
        }
    }
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            id: "500100".into(),
            secret: "test_sandbox-gateway-secret".into(),
            webhook_url: None,
            balance: Kopecks(100_000_000),
            outcome: ScriptedOutcome::Succeed,
            seconds: 0,
            reason: "general_decline".into(),
        }
    }
}

impl Default for TerminalSettings {
    fn default() -> Self {
        Self {
            key: "SandboxTerminalDEMO".into(),
            password: "sandbox-terminal-pw".into(),
            notification_url: None,
            notification_source: None,
            refund: ScriptedOutcome::Succeed,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Settings;
    use crate::state::unsettled::KeyScope;

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let mut settings = Settings::default();
        settings
            .merge(&json!({"unsettled": {"key_scope": "endpoint"}, "shop": {"webhook_url": "http://127.0.0.1:1/"}}))
            .unwrap();
        assert_eq!(settings.unsettled.key_scope, KeyScope::Endpoint);
        assert_eq!(settings.shop.webhook_url.as_deref(), Some("http://127.0.0.1:1/"));
        assert_eq!(settings.shop.id, Settings::default().shop.id);
        settings.merge(&json!({"shop": {"webhook_url": null}})).unwrap();
        assert_eq!(settings.shop.webhook_url, None);
    }

    #[test]
    fn a_terminals_password_is_no_longer_than_the_bank_gives_out() {
        let mut settings = Settings::default();
        for (length, fits) in [(0, false), (1, true), (20, true), (21, false)] {
            let patch = json!({"terminal": {"password": "x".repeat(length)}});
            assert_eq!(settings.merge(&patch).is_ok(), fits, "{length}");
        }
        assert!(super::is_terminal_password(
            &Settings::default().terminal.password
        ));
    }

    #[test]
    fn a_misspelt_setting_is_refused_and_changes_nothing() {
        let mut settings = Settings::default();
        assert!(settings.merge(&json!({"shop": {"idd": "1", "id": "2"}})).is_err());
        assert_eq!(settings.shop.id, Settings::default().shop.id);
    }
}
