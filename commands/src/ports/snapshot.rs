//! What a provider has: payments and refunds as it shows them, whatever the source.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use std::str::FromStr;

use domain::ids::{PaymentId, TransferId};
use domain::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a provider's payment is for, on our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceSubject {
    Payment(PaymentId),
    Deposit(TransferId),
}

impl ReferenceSubject {
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Payment(id) => id.uuid(),
            Self::Deposit(id) => id.uuid(),
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Payment(_) => 'p',
            Self::Deposit(_) => 'd',
        }
    }
}

/// One attempt at a payment of ours, as the provider is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference {
    pub subject: ReferenceSubject,
    /// Which attempt at it, from 1 to [`Reference::ATTEMPT_MAX`].
    pub attempt: u16,
}

impl Reference {
    /// More attempts do not fit into T-Bank's 36 characters of an order.
    pub const ATTEMPT_MAX: u16 = 999;

    /// One text of at most 36 characters, different for every attempt: 32 hexadecimal digits, a letter, the attempt.
    pub fn order(self) -> String {
        let letter = self.subject.letter();
        format!("{}{letter}{}", self.subject.uuid().simple(), self.attempt)
    }

    /// Reads what [`Reference::order`] wrote; nothing else was ours.
    pub fn parse_order(order: &str) -> Option<Self> {
        let (number, rest) = order.split_at_checked(32)?;
        let number = Uuid::from_str(number).ok()?;
        let subject = match rest.chars().next()? {
            'p' => ReferenceSubject::Payment(PaymentId::from_uuid(number)),
            'd' => ReferenceSubject::Deposit(TransferId::from_uuid(number)),
            _ => return None,
        };
        let attempt = rest.get(1..)?.parse().ok()?;
        let reference = Self { subject, attempt };
        (reference.order() == order && (1..=Self::ATTEMPT_MAX).contains(&attempt)).then_some(reference)
    }
}

/// Where a payment or refund stands at the provider; words the platform does not know are kept as they came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing is decided yet.
    Pending,
    /// The money is held and waits to be captured or given up.
    WaitingForCapture,
    Succeeded,
    /// Given up, declined or expired.
    Cancelled,
    /// A word of the provider's that the platform does not know.
    Other(String),
}

/// Who gave a payment or refund up, and why, in the provider's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// Who decided, such as `payment_network`; none where the provider does not say.
    pub party: Option<String>,
    /// Why, such as `insufficient_funds`.
    pub reason: String,
}

/// A payment as a provider shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub provider: domain::payment::provider::Provider,
    pub provider_id: String,
    pub status: Status,
    /// How much it is about. Whether a partial capture rewrites it is the provider's habit.
    pub amount: Money,
    /// What was taken: nothing, or the amount as shown once it succeeded, which after a partial capture may still be
    /// what was held. None where the provider no longer tells what was taken from what is left of it.
    pub captured: Option<Money>,
    /// What of it went back; none where the provider does not say here.
    pub refunded: Option<Money>,
    /// What of it reaches the clinic after the provider's fee, once known.
    pub income: Option<Money>,
    /// When the hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When the provider made it; none where it does not say.
    pub created_at: Option<Timestamp>,
    pub confirmation_url: Option<String>,
    /// What a QR code for the patient's bank holds; also a link for the same device.
    pub qr_payload: Option<String>,
    /// Which attempt of ours it is; none for payments that are not ours.
    pub reference: Option<Reference>,
    pub cancelled: Option<Cancellation>,
    /// Where the receipt of the payment stands, if there is one.
    pub receipt: Option<Status>,
    /// Whether it moved no real money.
    pub test: bool,
}

/// A refund as a provider shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundSnapshot {
    pub provider: domain::payment::provider::Provider,
    /// The provider's id of the refund; none where refunds have no id.
    pub provider_id: Option<String>,
    pub payment_provider_id: String,
    pub status: Status,
    pub amount: Money,
    /// When the provider made it; none where it does not say.
    pub created_at: Option<Timestamp>,
    /// Which refund of the payment it is, by our numbers; none where the provider does not keep them.
    pub number: Option<u32>,
    pub cancelled: Option<Cancellation>,
    /// Where the receipt of the refund stands, if there is one.
    pub receipt: Option<Status>,
}

/// A stretch of the provider's time, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// What leads to the next page; none on the last.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_fits_and_names_its_attempt() {
        let number = Uuid::from_u128(0x0197_a8b0_0000_7000_8000_0000_0000_00ff);
        for subject in [
            ReferenceSubject::Payment(PaymentId::from_uuid(number)),
            ReferenceSubject::Deposit(TransferId::from_uuid(number)),
        ] {
            for attempt in [1, 2, 10, Reference::ATTEMPT_MAX] {
                let reference = Reference { subject, attempt };
                let order = reference.order();
                assert!(order.len() <= 36, "{order}");
                assert_eq!(Reference::parse_order(&order), Some(reference));
            }
        }
    }

    #[test]
    fn what_we_did_not_write_is_not_ours() {
        for order in [
            "",
            "21090",
            "0197a8b000007000800000000000000ff",
            "0197a8b00000700080000000000000ffp",
            "0197a8b00000700080000000000000ffp0",
            "0197a8b00000700080000000000000ffp01",
            "0197a8b00000700080000000000000ffp1000",
            "0197a8b00000700080000000000000ffx1",
            "0197A8B00000700080000000000000FFp1",
            "0197a8b0-0000-7000-8000-0000000000ff",
            "платёж-платёж-платёж-платёж",
        ] {
            assert_eq!(Reference::parse_order(order), None, "{order}");
        }
    }
}
