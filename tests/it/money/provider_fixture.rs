//! The platform with payment providers that answer: the real binary, set up by its environment alone, and the sandbox.

use std::net::IpAddr;

use kit::browser::{self, Page};
use kit::database::{self, Fact};
use kit::opening::example_prices;
use kit::platform::{ALL, Platform, ROLES};
use kit::scene::{Scene, VISIT_SECONDS};
use kit::wait::until;
use provider_sandbox::{FiscalMode, Options, RunningSandbox, Sandbox, Settings};
use serde_json::{Value, json};

use super::causes;
use super::control::Control;

/// Where the sandbox's notices come from: addresses that nobody else here has, so that the check of networks is passed
/// and not switched off.
pub const SHOP_ADDRESS: &str = "127.0.0.7";
/// The same for the bank.
pub const BANK_ADDRESS: &str = "127.0.0.8";
/// Neither of them.
pub const STRANGER: &str = "127.0.0.9";
/// A test card that is approved without a code.
pub const CARD: &str = "5555555555554444";
/// A test card that is declined for want of money.
pub const POOR_CARD: &str = "5555555555554600";
/// Long enough for a cash register, a refund or a look by plan, too short for a token to end.
pub const A_WHILE: i64 = 15;

/// What is set up beside the usual.
#[derive(Default)]
pub struct FixtureOptions {
    /// More variables of the platform, or others than the usual.
    pub variables: Vec<(&'static str, String)>,
    /// How long earnings rest. Most tests are about what comes after; how they rest has a test of its own.
    pub earning_rest_hours: u16,
    /// Changes to the sandbox's settings.
    pub settings: Value,
    /// Servers of its own, with nothing of other tests in them.
    pub private: bool,
    /// A process for each role, so that each can be killed alone.
    pub split: bool,
}

/// A platform, its people, and its providers.
pub struct ProviderFixture {
    /// The platform and its people.
    pub scene: Scene,
    /// The providers' other side.
    pub control: Control,
    sandbox: RunningSandbox,
}

impl ProviderFixture {
    /// The usual.
    pub async fn set() -> Self {
        Self::with(FixtureOptions::default()).await
    }

    /// The usual and something more.
    pub async fn with(wanted: FixtureOptions) -> Self {
        let mut platform = if wanted.private {
            Platform::prepare_private().await
        } else {
            Platform::prepare().await
        };
        let mut settings = usual(platform.url());
        if wanted.settings.is_object() {
            settings.merge(&wanted.settings).unwrap();
        }
        let options = Options {
            settings: settings.clone(),
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let mut prices = example_prices();
        prices["visit"]["earning_rest_hours"] = wanted.earning_rest_hours.into();
        platform.open_with(prices);
        for (name, value) in environment(&settings, &sandbox.api_url) {
            platform.set(name, &value);
        }
        for (name, value) in &wanted.variables {
            platform.set(name, value);
        }
        let roles: &[&str] = if wanted.split { &ROLES } else { &[ALL] };
        for role in roles {
            platform.serve(role).await;
        }
        Self {
            control: Control::at(&sandbox.control_url),
            scene: Scene::on(platform).await,
            sandbox,
        }
    }

    /// Lets time pass for everybody: providers first, whose cash registers and clocks do not wait for us.
    pub async fn later(self, seconds: i64) -> Self {
        self.control.advance(seconds).await;
        self.control.quiet().await;
        let scene = self.scene.later(seconds).await;
        scene.platform.drain().await;
        Self { scene, ..self }
    }

    /// Waits until the providers have told everything and the platform has done everything that is due.
    pub async fn drain(&self) {
        self.control.quiet().await;
        self.scene.platform.drain().await;
    }

    /// Books; answers the booking's id.
    pub async fn book(&self, request: Value) -> String {
        let booking = self
            .scene
            .patient
            .client
            .post("/bookings", request)
            .await
            .expect(200);
        booking["id"].as_str().unwrap().to_owned()
    }

    /// Starts to pay; answers the payment as it was answered.
    pub async fn begin(&self, booking: &str, method: &str) -> Value {
        // Several doctors may be on their way to the one patient here.
        let request = json!({"booking_id": booking, "payment_method": method, "allow_overlap": true});
        self.scene
            .patient
            .client
            .post("/payments", request)
            .await
            .expect(200)
    }

    /// Books an urgent visit and starts to pay; answers booking and payment.
    pub async fn urgent(&self, method: &str) -> (String, Value) {
        let booking = self.book(Scene::urgent()).await;
        let payment = self.begin(&booking, method).await;
        (booking, payment)
    }

    /// Opens the page on which a payment is confirmed.
    pub async fn page(&self, payment: &Value) -> Page {
        let link = payment["confirmation_url"].as_str();
        browser::open(link.unwrap_or_else(|| panic!("no link in {payment}"))).await
    }

    /// The payer pays by a card that is approved.
    pub async fn pay_by_card(&self, payment: &Value) {
        let page = self.page(payment).await;
        let done = page.press("Оплатить", &[("number", CARD)]).await;
        assert_eq!(done.status, 303, "{}", done.html);
        self.control.quiet().await;
    }

    /// The payer scans the code and pays in the bank's application.
    pub async fn pay_by_code(&self, payment: &Value) {
        let bank = browser::open(payment["qr_payload"].as_str().unwrap()).await;
        bank.press("Оплатить", &[]).await;
        self.control.quiet().await;
    }

    /// An urgent visit, paid by card and secured.
    pub async fn secured_by_card(&self) -> (String, Value) {
        let (booking, payment) = self.urgent("yookassa").await;
        self.pay_by_card(&payment).await;
        self.until_secured(&booking).await;
        (booking, self.payment(&payment).await)
    }

    /// An urgent visit, paid by a code and secured.
    pub async fn secured_by_code(&self) -> (String, Value) {
        let (booking, payment) = self.urgent("sbp").await;
        self.pay_by_code(&payment).await;
        self.until_secured(&booking).await;
        (booking, self.payment(&payment).await)
    }

    /// Waits until the booking is secured.
    pub async fn until_secured(&self, booking: &str) {
        let secured = |booking: &Value| booking["steps"]["secured_at"].is_string();
        self.scene
            .until_booking(booking, "the payment to secure the booking", secured)
            .await;
    }

    /// The doctor comes as far as this. A visit lasts its while: once it has begun, the clocks of both sides go on.
    pub async fn visit(&self, booking: &str, actions: &[&str]) {
        let seen = self.scene.booking(booking).await;
        if seen["doctor_id"].is_null() {
            self.scene.assign(booking).await.expect(200);
        }
        for action in actions {
            // Access tokens do not outlive a few visits.
            let doctor = self.scene.platform.again(&self.scene.doctor).await;
            self.scene.act(&doctor.client, booking, action).await.expect(200);
            if *action == "start" {
                self.control.advance(VISIT_SECONDS).await;
                self.scene.platform.advance(VISIT_SECONDS).await;
            }
        }
    }

    /// The patient asks what cancelling costs, and cancels for that; answers the fee.
    pub async fn cancel_as_quoted(&self, booking: &str) -> String {
        let patient = &self.scene.patient.client;
        let quote = patient
            .get(&format!("/bookings/{booking}/cancellation-quote"))
            .await;
        let fee = quote.expect(200)["amount"].as_str().unwrap().to_owned();
        self.scene.cancel(booking, &fee).await.expect(200);
        fee
    }

    /// The payment as its patient sees it now.
    pub async fn payment(&self, payment: &Value) -> Value {
        let path = format!("/payments/{}", id_of(payment));
        self.scene.patient.client.get(&path).await.expect(200)
    }

    /// Looks at the payment until it has this status.
    pub async fn until(&self, payment: &Value, status: &str) -> Value {
        until(&format!("the payment to be {status}"), || async {
            let payment = self.payment(payment).await;
            (payment["status"] == status).then_some(payment)
        })
        .await
    }

    /// The facts of a payment's stream, in order.
    pub async fn facts(&self, payment: &Value) -> Vec<Fact> {
        let pool = self.scene.platform.pool().await;
        let mut facts = database::facts(&pool).await;
        pool.close().await;
        facts.retain(|fact| fact.aggregate_id == id_of(payment));
        facts
    }

    /// How many facts of a type a payment has.
    pub async fn count(&self, payment: &Value, event_type: &str) -> usize {
        let facts = self.facts(payment).await;
        facts.iter().filter(|fact| fact.event_type == event_type).count()
    }

    /// The kinds of anomalies recorded of a payment.
    pub async fn anomalies(&self, payment: &Value) -> Vec<String> {
        let facts = self.facts(payment).await;
        let anomalies = facts
            .iter()
            .filter(|fact| fact.event_type == "PaymentAnomalyRecorded");
        anomalies
            .map(|fact| fact.body["anomaly"]["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Ends the journey in order: nothing left over, and the books balanced.
    pub async fn finish(self) {
        self.drain().await;
        causes::are_told_in_every_history(&self).await;
        self.scene.finish().await;
        self.sandbox.stop().await;
    }
}

/// A payment's id, from its representation.
pub fn id_of(payment: &Value) -> &str {
    payment["id"].as_str().unwrap()
}

/// A shop and a terminal with receipts, whose notices go to the platform at `url`.
fn usual(url: &str) -> Settings {
    let source = |address: &str| Some(address.parse::<IpAddr>().unwrap());
    let yookassa = format!("{url}/api/v1/webhooks/yookassa");
    let mut settings = Settings::default();
    settings.shop.webhook_url = Some(yookassa.clone());
    settings.shop.webhook_source = source(SHOP_ADDRESS);
    settings.shop.fiscalization.mode = FiscalMode::PaymentFirst;
    settings.gateway.webhook_url = Some(yookassa);
    settings.terminal.notification_url = Some(format!("{url}/api/v1/webhooks/tbank"));
    settings.terminal.notification_source = source(BANK_ADDRESS);
    settings
}

/// What a clinic fills in to go live, with the sandbox in place of the providers.
fn environment(settings: &Settings, api_url: &str) -> Vec<(&'static str, String)> {
    let (shop, gateway, terminal) = (&settings.shop, &settings.gateway, &settings.terminal);
    vec![
        ("TOT_YOOKASSA_SHOP_ID", shop.id.clone()),
        ("TOT_YOOKASSA_SECRET_KEY", shop.secret.clone()),
        ("TOT_YOOKASSA_GATEWAY_ID", gateway.id.clone()),
        ("TOT_YOOKASSA_GATEWAY_SECRET", gateway.secret.clone()),
        ("TOT_YOOKASSA_API_URL", format!("{api_url}/v3")),
        ("TOT_YOOKASSA_NETWORKS", SHOP_ADDRESS.to_owned()),
        ("TOT_TBANK_TERMINAL_KEY", terminal.key.clone()),
        ("TOT_TBANK_PASSWORD", terminal.password.clone()),
        ("TOT_TBANK_API_URL", api_url.to_owned()),
        ("TOT_TBANK_NETWORKS", BANK_ADDRESS.to_owned()),
        ("TOT_RECEIPTS", "on".to_owned()),
        ("TOT_RECEIPT_VAT_CODE", "1".to_owned()),
        ("TOT_RECEIPT_TAX_SYSTEM", "2".to_owned()),
        // So that a provider that does not answer is given up for now within a test.
        ("TOT_PROVIDER_ACT_SECONDS", "3".to_owned()),
    ]
}
