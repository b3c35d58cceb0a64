//! The switches for what the providers leave unsaid.

use serde::{Deserialize, Serialize};

/// Research could not settle these; each is a switch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsettled {
    /// Whether one Idempotence-Key is one request in the whole shop or per endpoint.
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
    /// Whether YooKassa reads a sum that is a JSON number, which its description does not allow.
    pub numeric_sums: NumericSums,
}

/// The scope of an Idempotence-Key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// One key, one request, whatever the endpoint.
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

/// A sum that is a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumericSums {
    /// A refusal, as the description says.
    Refuse,
    /// Read like text.
    Accept,
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
            numeric_sums: NumericSums::Refuse,
        }
    }
}
