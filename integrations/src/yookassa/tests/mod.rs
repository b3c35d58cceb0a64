//! YooKassa's adapter against a scripted provider: what is sent, and what every kind of answer means.

mod classification;
mod notices;
mod paying;
mod refunding;

use commands::ports::{
    CreatePayment, Customer, IdempotencyKey, PaymentMode, PaymentRail, PaymentSubject, Receipt, ReceiptItem,
    Reference, ReferenceSubject, RequestAttempt, Vat,
};
use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::provider::{CaptureMode, Provider};
use identity::{Email, Phone};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Credentials, Gateway, REPEAT_WITHIN, Yookassa};
use crate::tests::scripted::Scripted;

const PAYMENT: &str = r#"{
  "id": "22d6d597-000f-5000-9000-145f6df21d6f", "status": "waiting_for_capture", "paid": true, "refundable": false,
  "amount": {"value": "1500.00", "currency": "RUB"}, "test": true,
  "recipient": {"account_id": "100500", "gateway_id": "100700"},
  "authorization_details": {"rrn": "10000000000", "auth_code": "000000", "three_d_secure": {"applied": true}},
  "created_at": "2026-07-10T14:27:54.691Z", "expires_at": "2026-07-17T14:28:32.484Z",
  "description": "Visit", "metadata": {"payment_id": "00000000-0000-0000-0000-0000000000a1", "attempt": "2"},
  "payment_method": {"type": "bank_card", "id": "22d6d597-000f-5000-9000-145f6df21d6f", "saved": false,
    "status": "inactive", "card": {"first6": "555555", "last4": "4444", "card_type": "MasterCard"}}
}"#;

fn now() -> Timestamp {
    "2026-07-10T14:27:54Z".parse().unwrap()
}

fn key() -> IdempotencyKey {
    IdempotencyKey(Uuid::from_u128(0xa1))
}

fn first() -> RequestAttempt {
    RequestAttempt::first(key(), now())
}

fn reference() -> Reference {
    Reference {
        subject: ReferenceSubject::Payment(PaymentId::from_uuid(Uuid::from_u128(0xa1))),
        attempt: 2,
    }
}

fn receipt() -> Receipt {
    Receipt {
        customer: Customer {
            email: Some(Email::parse("marker@example.com").unwrap()),
            phone: Some(Phone::parse("+7 999 000-11-22").unwrap()),
        },
        items: vec![ReceiptItem {
            description: "House call".to_owned(),
            quantity: 1,
            price: Money::kopecks(150_000),
            vat: Vat::None,
            mode: PaymentMode::FullPrepayment,
            subject: PaymentSubject::Service,
        }],
        tax_system: None,
    }
}

fn request() -> CreatePayment {
    CreatePayment {
        request_attempt: first(),
        reference: reference(),
        amount: Money::kopecks(150_000),
        rail: PaymentRail::Card,
        taking: CaptureMode::Held,
        description: "House call".to_owned(),
        return_url: "https://tot.example/paid".into(),
        pay_until: None,
        receipt: Some(receipt()),
    }
}

fn credentials() -> Credentials {
    Credentials {
        id: "100500".to_owned(),
        secret: "test_SecretMarker".into(),
    }
}

fn shop(provider: &Scripted) -> Yookassa {
    Yookassa::new(provider.http(Provider::Yookassa), credentials(), REPEAT_WITHIN)
}

fn gateway(provider: &Scripted) -> Gateway {
    Gateway::new(provider.http(Provider::Yookassa), credentials(), REPEAT_WITHIN)
}
