//! T-Bank's adapter against a scripted provider: what is sent, what is asked first, and what every answer means.

mod answers;
mod notices;
mod paying;
mod refunding;
mod specification;

use commands::ports::{
    CreatePayment, Customer, IdempotencyKey, PaymentMode, PaymentRail, PaymentSubject, Receipt, ReceiptItem,
    Reference, ReferenceSubject, RequestAttempt, Vat,
};
use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::provider::{CaptureMode, Provider};
use identity::{Email, Phone};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{Tbank, TbankSettings, Terminal, token};
use crate::tests::scripted::{Received, Scripted};

const ORDER: &str = "000000000000000000000000000000a1p2";
const QR: &str = r#"{"TerminalKey":"TestDEMO","OrderId":"000000000000000000000000000000a1p2","Success":true,
    "Data":"https://qr.nspk.ru/AS1000670LSS7DN18SJQDNP4B05KLJL2?type=01&bank=100000000001&sum=10000&cur=RUB&crc=C08B",
    "PaymentId":3093639567,"ErrorCode":"0","Message":"OK","RequestKey":211258}"#;

fn created_body() -> String {
    format!(
        r#"{{"Success":true,"ErrorCode":"0","TerminalKey":"TestDEMO","Status":"NEW","PaymentId":"3093639567",
        "OrderId":"{ORDER}","Amount":150000,"PaymentURL":"https://securepay.example/new/fU1ppgqa"}}"#
    )
}

fn state(status: &str, amount: i64) -> String {
    format!(
        r#"{{"Success":true,"ErrorCode":"0","Message":"OK","TerminalKey":"TestDEMO","Status":"{status}",
        "PaymentId":"3093639567","OrderId":"{ORDER}","Amount":{amount}}}"#
    )
}

fn refused(code: &str) -> String {
    format!(r#"{{"Success":false,"ErrorCode":"{code}","Message":"Нет","Details":"phone 79990001122"}}"#)
}

fn now() -> Timestamp {
    "2026-07-10T14:27:54Z".parse().unwrap()
}

fn first() -> RequestAttempt {
    let key = IdempotencyKey(Uuid::from_u128(0xa1));
    RequestAttempt::first(key, now())
}

fn again() -> RequestAttempt {
    RequestAttempt {
        first_sent_at: Some(now() - SignedDuration::from_mins(1)),
        ..first()
    }
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
        tax_system: Some(2),
    }
}

fn request(request_attempt: RequestAttempt) -> CreatePayment {
    CreatePayment {
        request_attempt,
        reference: reference(),
        amount: Money::kopecks(150_000),
        rail: PaymentRail::Sbp,
        taking: CaptureMode::AtOnce,
        description: "House call".to_owned(),
        return_url: "https://tot.example/paid".into(),
        pay_until: Some("2026-07-10T14:42:54.5Z".parse().unwrap()),
        receipt: Some(receipt()),
    }
}

fn terminal() -> Terminal {
    Terminal {
        key: "TestDEMO".to_owned(),
        password: "PasswordMarker".into(),
    }
}

fn adapter(provider: &Scripted) -> Tbank {
    let settings = TbankSettings {
        notification_url: Some("https://tot.example/api/v1/webhooks/tbank".to_owned()),
    };
    Tbank::new(provider.http(Provider::Tbank), terminal(), settings)
}

/// What was called, in order; every call was signed.
fn called(provider: &Scripted) -> Vec<String> {
    let method = |sent: &Received| {
        let Value::Object(mut fields) = sent.json() else {
            panic!()
        };
        let token = fields.remove("Token").unwrap();
        assert_eq!(token, token::sign(&fields, &terminal().password));
        assert_eq!(fields["TerminalKey"], "TestDEMO");
        let path = sent.line.split(' ').nth(1).unwrap();
        path.rsplit('/').next().unwrap().to_owned()
    };
    provider.received().iter().map(method).collect()
}
