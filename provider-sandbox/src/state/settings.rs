//! Everything about the sandbox that may be changed while it runs, and the switches for what the providers leave unsaid.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::money::Kopecks;

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
    /// `recipient.gateway_id`.
    pub gateway_id: String,
    /// Whether objects carry `test: true`.
    pub test: bool,
    /// Where notifications go; nowhere when absent.
    pub webhook_url: Option<String>,
    /// The address notifications are sent from; the system's choice when absent.
    pub webhook_source: Option<IpAddr>,
    /// Life of an unpaid payment, in seconds.
    pub pending_seconds: u64,
    /// Life of a card hold, in seconds.
    pub hold_seconds: u64,
    /// YooKassa's fees, in basis points.
    pub fees: Fees,
    /// Fiscal receipts.
    pub fiscalization: Fiscalization,
    /// What becomes of new refunds.
    pub refunds: RefundSettings,
}

/// Fees in basis points by payment method.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Cards.
    pub bank_card: i64,
    /// The fast payment system.
    pub sbp: i64,
    /// YooMoney wallets.
    pub yoo_money: i64,
}

/// When a shop prints receipts and how its till behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fiscalization {
    /// Whether and in which order.
    pub mode: FiscalMode,
    /// What the till does with a receipt.
    pub till: Outcome,
    /// How long the till takes, in (virtual) seconds.
    pub till_seconds: u64,
}

/// The order of payment and receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiscalMode {
    /// No receipts are demanded; those sent are registered all the same.
    Off,
    /// A receipt is demanded; it follows the payment.
    PaymentFirst,
    /// A receipt is demanded; the payment stays `pending` until the till has answered.
    ReceiptFirst,
}

/// What an object that begins `pending` becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeds after its delay.
    Succeed,
    /// It is canceled after its delay.
    Cancel,
    /// It stays `pending` until the control surface decides.
    Wait,
}

/// New refunds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundSettings {
    /// What they become.
    pub outcome: Outcome,
    /// After how many (virtual) seconds; 0 with `succeed` means at once, without `pending`.
    pub seconds: u64,
    /// `cancellation_details.reason` of canceled ones.
    pub reason: String,
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
    pub outcome: Outcome,
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
    /// The password that signs.
    pub password: String,
    /// Where notifications go when `Init` names no address.
    pub notification_url: Option<String>,
    /// The address notifications are sent from; the system's choice when absent.
    pub notification_source: Option<IpAddr>,
    /// Life of a link without `RedirectDueDate`, in seconds.
    pub due_seconds: u64,
    /// What becomes of a refund through the fast payment system.
    pub refund: Outcome,
    /// How long such a refund is under way, in (virtual) seconds.
    pub refund_seconds: u64,
}

/// Research could not settle these; each is a switch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsettled {
    /// Whether one Idempotence-Key is one wish in the whole shop or per endpoint.
    pub key_scope: KeyScope,
    /// Whether a refusal (4xx) is remembered by its key too.
    pub replay_refusals: bool,
    /// Whether a repeated request shows the first answer or the object as it is now.
    pub replay_shows: ReplayShows,
    /// Whether `amount` becomes the captured sum after a partial capture.
    pub amount_after_capture: AmountAfterCapture,
    /// YooKassa's pauses between deliveries, in seconds; the last repeats until a day has passed since the event.
    pub webhook_pauses: Vec<u64>,
    /// YooKassa's limit of requests in one (virtual) second; none when absent.
    pub requests_per_second: Option<u32>,
    /// What `Init` does with an `OrderId` it has seen.
    pub duplicate_order: DuplicateOrder,
    /// Which fields a T-Bank notification about the fast payment system carries.
    pub sbp_notification: SbpNotification,
    /// Whether T-Bank goes on daily for a month after the hourly day (its two pages differ).
    pub notify_for_a_month: bool,
    /// Where the payload of a QR leads.
    pub qr_leads_to: QrLeadsTo,
}

/// The scope of an Idempotence-Key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// One key, one wish, whatever the endpoint.
    Shop,
    /// The same key may be used once per endpoint.
    Endpoint,
}

/// What a replay shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayShows {
    /// The first answer, byte by byte.
    FirstAnswer,
    /// The object as it is now.
    ObjectNow,
}

/// `amount` after a partial capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountAfterCapture {
    /// The captured sum.
    Captured,
    /// The sum that was authorised.
    Original,
}

/// A repeated `OrderId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateOrder {
    /// A second payment: the dangerous reading.
    SecondPayment,
    /// The first payment again.
    SamePayment,
    /// A refusal.
    Refuse,
}

/// The fields of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SbpNotification {
    /// The ones every notification has.
    Bare,
    /// Also the masked phone and `Data`.
    Full,
}

/// Where a QR leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QrLeadsTo {
    /// The sandbox's own bank page, so that it can be clicked through.
    Sandbox,
    /// `qr.nspk.ru`, as in life.
    Nspk,
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

fn merge(target: &mut Value, patch: &Value) {
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
            gateway_id: "100700".into(),
            test: true,
            webhook_url: None,
            webhook_source: None,
            pending_seconds: 60 * 60,
            hold_seconds: 7 * 24 * 60 * 60,
            fees: Fees {
                bank_card: 280,
                sbp: 70,
                yoo_money: 280,
            },
            fiscalization: Fiscalization {
                mode: FiscalMode::Off,
                till: Outcome::Succeed,
                till_seconds: 3,
            },
            refunds: RefundSettings {
                outcome: Outcome::Succeed,
                seconds: 0,
                reason: "insufficient_funds".into(),
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
            outcome: Outcome::Succeed,
            seconds: 0,
            reason: "general_decline".into(),
        }
    }
}

impl Default for TerminalSettings {
    fn default() -> Self {
        Self {
            key: "SandboxTerminalDEMO".into(),
            password: "sandbox-terminal-password".into(),
            notification_url: None,
            notification_source: None,
            due_seconds: 24 * 60 * 60,
            refund: Outcome::Succeed,
            refund_seconds: 2,
        }
    }
}

impl Default for Unsettled {
    fn default() -> Self {
        Self {
            key_scope: KeyScope::Shop,
            replay_refusals: false,
            replay_shows: ReplayShows::FirstAnswer,
            amount_after_capture: AmountAfterCapture::Captured,
            webhook_pauses: vec![60, 5 * 60, 15 * 60, 30 * 60, 60 * 60],
            requests_per_second: None,
            duplicate_order: DuplicateOrder::SecondPayment,
            sbp_notification: SbpNotification::Bare,
            notify_for_a_month: true,
            qr_leads_to: QrLeadsTo::Sandbox,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{KeyScope, Settings};

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
    fn a_misspelt_setting_is_refused_and_changes_nothing() {
        let mut settings = Settings::default();
        assert!(settings.merge(&json!({"shop": {"idd": "1", "id": "2"}})).is_err());
        assert_eq!(settings.shop.id, Settings::default().shop.id);
    }
}
