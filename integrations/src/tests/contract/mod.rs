//! The adapters against the sandbox: the same expectations as against the providers themselves, faults included.

mod bank;
mod redaction;
mod shop;

use commands::ports::{CreatePayment, Customer, IdempotencyKey, PaymentMode, PaymentRail, PaymentSubject};
use commands::ports::{Receipt, ReceiptItem, Reference, ReferenceSubject, RequestAttempt, Vat, Window};
use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::provider::{CaptureMode, Provider};
use identity::{Email, Phone};
use jiff::{SignedDuration, Timestamp};
use provider_sandbox::{Options, RunningSandbox, Sandbox, Settings};
use reqwest_tls::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Limits;
use crate::http::{Http, Sent};
use crate::tbank::{Tbank, TbankSettings, Terminal};
use crate::yookassa::{Credentials, Gateway, REPEAT_WITHIN, Yookassa};

/// A sandbox, its control surface, and our adapters talking to it.
struct SandboxFixture {
    settings: Settings,
    control: Http,
    api_url: String,
    _sandbox: RunningSandbox,
}

impl SandboxFixture {
    async fn begin(settings: Settings) -> Self {
        let options = Options {
            seed: Some(1),
            settings: settings.clone(),
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let control = http(Provider::Yookassa, &sandbox.control_url);
        Self {
            settings,
            control,
            api_url: sandbox.api_url.clone(),
            _sandbox: sandbox,
        }
    }

    fn shop(&self) -> Yookassa {
        let credentials = Credentials {
            id: self.settings.shop.id.clone(),
            secret: self.settings.shop.secret.clone().into(),
        };
        Yookassa::new(
            http(Provider::Yookassa, &format!("{}/v3", self.api_url)),
            credentials,
            REPEAT_WITHIN,
        )
    }

    fn gateway(&self) -> Gateway {
        let credentials = Credentials {
            id: self.settings.gateway.id.clone(),
            secret: self.settings.gateway.secret.clone().into(),
        };
        Gateway::new(
            http(Provider::Yookassa, &format!("{}/v3", self.api_url)),
            credentials,
            REPEAT_WITHIN,
        )
    }

    fn terminal(&self) -> Terminal {
        Terminal {
            key: self.settings.terminal.key.clone(),
            password: self.settings.terminal.password.clone().into(),
        }
    }

    fn bank(&self) -> Tbank {
        Tbank::new(
            http(Provider::Tbank, &self.api_url),
            self.terminal(),
            TbankSettings::default(),
        )
    }

    /// Tells the sandbox something over its control surface.
    async fn told(&self, path: &str, body: Value) -> Value {
        self.control(Method::POST, path, Some(body)).await
    }

    async fn shown(&self, path: &str) -> Value {
        self.control(Method::GET, path, None).await
    }

    /// The next request of this operation meets this fault.
    async fn strike(&self, operation: &str, fault: Value) {
        self.told("faults", json!({"on": operation, "fault": fault}))
            .await;
    }

    async fn pass(&self, seconds: i64) {
        self.told("clock/advance", json!({"seconds": seconds})).await;
    }

    async fn now(&self) -> Timestamp {
        self.shown("clock").await["now"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// An hour around now.
    async fn window(&self) -> Window {
        let now = self.now().await;
        Window {
            from: now - SignedDuration::from_mins(30),
            to: now + SignedDuration::from_mins(30),
        }
    }

    async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let sent = Sent {
            operation: "control",
            method,
            path: path.split('/').map(str::to_owned).collect(),
            query: vec![],
            headers: vec![],
            body: body.map(|body| body.to_string().into_bytes()),
        };
        let Ok(reply) = self.control.act(&sent).await else {
            panic!("no answer to {path}")
        };
        let body = String::from_utf8(reply.body.to_vec()).unwrap();
        assert_eq!(reply.status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }
}

fn http(provider: Provider, base: &str) -> Http {
    let limits = Limits {
        ask_pause: std::time::Duration::ZERO,
        ..Limits::default()
    };
    Http::new(provider, base, limits, None).unwrap()
}

fn reference(number: u128) -> Reference {
    Reference {
        subject: ReferenceSubject::Payment(PaymentId::from_uuid(Uuid::from_u128(number))),
        attempt: 1,
    }
}

/// A key as the platform draws them: another one for another request and for another attempt.
fn key(number: u128, operation: &str, attempt: u32) -> IdempotencyKey {
    let name = format!("{operation}/{attempt}");
    IdempotencyKey(Uuid::new_v5(&Uuid::from_u128(number), name.as_bytes()))
}

fn first(key: IdempotencyKey, at: Timestamp) -> RequestAttempt {
    RequestAttempt::first(key, at)
}

/// The same sending a minute later.
fn again(request_attempt: RequestAttempt) -> RequestAttempt {
    RequestAttempt {
        at: request_attempt.at + SignedDuration::from_mins(1),
        first_sent_at: Some(request_attempt.first_sent_at.unwrap_or(request_attempt.at)),
        ..request_attempt
    }
}

fn receipt(kopecks: i64, mode: PaymentMode) -> Receipt {
    Receipt {
        customer: Customer {
            email: Some(Email::parse("planted.marker@example.com").unwrap()),
            phone: Some(Phone::parse("+7 999 000-11-22").unwrap()),
        },
        items: vec![ReceiptItem {
            description: "House call".to_owned(),
            quantity: 1,
            price: Money::kopecks(kopecks),
            vat: Vat::None,
            mode,
            subject: PaymentSubject::Service,
        }],
        tax_system: Some(2),
    }
}

fn request(number: u128, rail: PaymentRail, taking: CaptureMode, at: Timestamp) -> CreatePayment {
    CreatePayment {
        request_attempt: first(key(number, "create", 1), at),
        reference: reference(number),
        amount: Money::kopecks(150_000),
        rail,
        taking,
        description: "House call".to_owned(),
        return_url: "https://tot.example/paid".into(),
        pay_until: None,
        receipt: None,
    }
}
