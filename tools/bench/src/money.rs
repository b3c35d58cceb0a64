//! Real money against the sandbox: payments from the link to the captured price, and providers' notices absorbed.
//!
//! The sandbox answers at once and shares our two cores, so this measures us and its own work, never a provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::books::{self, Compared, Shop};
use crate::child::Service;
use crate::http::{self, Connection};
use crate::load::{Gate, closed_loop};
use crate::ours::people::authorised;
use crate::ours::{self, PlatformUnderTest, TestServers, answer_of};
use crate::stats::Latencies;

/// Patients who pay.
const PATIENTS: usize = 50;
/// How often a payer looks whether the booking is secured.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long anything may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was measured.
#[derive(Debug, Default)]
pub struct Paid {
    /// Payments started, confirmed, held, and captured by a completed visit, per second.
    pub payments_per_s: f64,
    /// Payer confirmed → booking secured, as a patient sees it.
    pub secured: Latencies,
    /// Notices answered with 200, each durable as an intent, per second.
    pub notices_per_s: f64,
    /// Notices read back from the provider, per second.
    pub followed_per_s: f64,
    /// Both sides of a long day compared.
    pub compared: Compared,
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Connections of the payers, and of the notices.
    pub connections: usize,
    /// Payments by card, from the link to the captured price.
    pub payments: usize,
    /// How long notices come.
    pub notices_for: Duration,
    /// Payments on both sides of the reconciliation.
    pub compared: usize,
}

/// The platform and the sandbox it is set up with.
struct PaymentBench {
    ours: PlatformUnderTest,
    sandbox: Service,
    shop: Shop,
    environment: Vec<(String, String)>,
}

/// Measures all of it.
pub async fn run(servers: &TestServers<'_>, load: Load) -> Result<Paid, String> {
    let mut bench = PaymentBench::open(servers).await?;
    let mut paid = Paid::default();
    bench.pay(&mut paid, load.connections, load.payments).await?;
    bench
        .take_notices(&mut paid, load.connections, load.notices_for)
        .await?;
    // Nobody needs to be told of payments that are there already, and no process to act on them: they are for bookings
    // that never were.
    bench.hook(&Value::Null).await?;
    bench.ours = bench.ours.again(&bench.environment, "api,relay,workers").await?;
    books::fill(&bench.shop, servers.app_url, load.compared).await?;
    bench.ours.wait_until_visible().await?;
    paid.compared = books::compare(&bench.environment, load.compared).await?;
    bench.ours.stop().await;
    bench.sandbox.stop().await;
    Ok(paid)
}

impl PaymentBench {
    async fn open(servers: &TestServers<'_>) -> Result<Self, String> {
        let sandbox = Service::start("provider-sandbox", &[], &[], "{").await?;
        let said: Value =
            serde_json::from_str(&format!("{{{}", sandbox.address)).map_err(|fault| fault.to_string())?;
        let address = |name: &str| -> Result<String, String> {
            let url = said[name].as_str().ok_or("the sandbox says where it listens")?;
            Ok(url.trim_start_matches("http://").to_owned())
        };
        let (api, control) = (address("api_url")?, address("control_url")?);
        let settings = ask(&control, &http::get("/settings", &control, "")).await?;
        let text = |path: &str| {
            settings
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (id, secret) = (text("/shop/id"), text("/shop/secret"));
        let variables = [
            ("TOT_YOOKASSA_SHOP_ID", id.clone()),
            ("TOT_YOOKASSA_SECRET_KEY", secret.clone()),
            ("TOT_YOOKASSA_API_URL", format!("http://{api}/v3")),
            ("TOT_YOOKASSA_NETWORKS", "127.0.0.0/8".to_owned()),
            ("TOT_RATE_LIMIT_NOTICES_PER_OBJECT", "1000000".to_owned()),
        ];
        let ours = PlatformUnderTest::start(servers, PATIENTS, &variables).await?;
        let mut environment = ours::environment(servers);
        environment.extend(variables.map(|(name, value)| (name.to_owned(), value)));
        let authorization = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let bench = Self {
            shop: Shop {
                api,
                control,
                authorization,
            },
            ours,
            sandbox,
            environment,
        };
        let url = format!("http://{}/api/v1/webhooks/yookassa", bench.ours.address());
        bench.hook(&json!(url)).await?;
        Ok(bench)
    }

    /// Says where the shop's notices go.
    async fn hook(&self, url: &Value) -> Result<(), String> {
        let patch = json!({"shop": {"webhook_url": url}}).to_string();
        let control = &self.shop.control;
        ask(control, &http::patch("/settings", control, "", &patch))
            .await
            .map(drop)
    }

    /// Bookings are made before the clock runs; then each is paid by card, secured by the provider's notice, lived
    /// through by its doctor, and the price captured.
    async fn pay(&self, paid: &mut Paid, connections: usize, payments: usize) -> Result<(), String> {
        let bookings = Arc::new(self.ours.booked(connections, payments).await?);
        let next = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let mut payers = Vec::new();
        for _ in 0..connections {
            let payer = Payer {
                host: self.ours.address().to_owned(),
                control: self.shop.control.clone(),
                admin: self.ours.admin().to_owned(),
                bookings: bookings.clone(),
                next: next.clone(),
            };
            payers.push(tokio::spawn(payer.work()));
        }
        for payer in payers {
            let secured = payer.await.map_err(|fault| fault.to_string())??;
            paid.secured.merge(secured);
        }
        self.until_counted("payments.capture.200", payments).await?;
        paid.payments_per_s = payments as f64 / begun.elapsed().as_secs_f64();
        Ok(())
    }

    /// Every notice is about another payment, which is the dear case: doubles of one are cheaper.
    async fn take_notices(&self, paid: &mut Paid, connections: usize, span: Duration) -> Result<(), String> {
        let host = self.ours.address().to_owned();
        let notice = {
            let host = host.clone();
            move |_: u64| {
                let body = json!({
                    "type": "notification", "event": "payment.waiting_for_capture",
                    "object": {"id": Uuid::new_v4().to_string(), "status": "waiting_for_capture", "paid": true,
                               "amount": {"value": "2000.00", "currency": "RUB"}},
                });
                http::post("/api/v1/webhooks/yookassa", &host, "", &body.to_string())
            }
        };
        let begun = Instant::now();
        let measured = closed_loop(&host, connections, span, Arc::new(Gate::default()), notice).await?;
        paid.notices_per_s = measured.per_second();
        let told = usize::try_from(measured.commands).map_err(|fault| fault.to_string())?;
        self.until_counted("payments.get.404", told).await?;
        paid.followed_per_s = told as f64 / begun.elapsed().as_secs_f64();
        Ok(())
    }

    /// Waits until the sandbox has counted something so often.
    async fn until_counted(&self, what: &str, times: usize) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let counters = ask(
                &self.shop.control,
                &http::get("/counters", &self.shop.control, ""),
            )
            .await?;
            let counted = counters[what].as_u64().unwrap_or(0);
            if counted >= times as u64 {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{counted} of {times} {what} within {PATIENCE:?}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// One lane of payers.
struct Payer {
    host: String,
    control: String,
    admin: String,
    bookings: Arc<Vec<(String, String)>>,
    next: Arc<AtomicUsize>,
}

impl Payer {
    async fn work(self) -> Result<Latencies, String> {
        let mut connection = Connection::open(&self.host)
            .await
            .map_err(|fault| fault.to_string())?;
        let mut secured = Latencies::default();
        loop {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((booking, token)) = self.bookings.get(turn) else {
                return Ok(secured);
            };
            let request = json!({"booking_id": booking, "payment_method": "yookassa"});
            let request = http::post(
                "/api/v1/payments",
                &self.host,
                &authorised(token),
                &request.to_string(),
            );
            let payment = answer_of(&mut connection, &request).await?;
            let paying = json!({"metadata": {"key": "payment_id", "value": payment["id"]}});
            ask(
                &self.control,
                &http::post("/pay", &self.control, "", &paying.to_string()),
            )
            .await?;
            let begun = Instant::now();
            self.until_assigned(&mut connection, booking, token).await?;
            secured.add(begun.elapsed());
            // A visit takes its time; what is called off by the clinic lets its money go at once.
            let path = format!("/api/v1/bookings/{booking}/cancel");
            let reason = r#"{"reason": "clinic_request"}"#;
            let request = http::post(&path, &self.host, &authorised(&self.admin), reason);
            answer_of(&mut connection, &request).await?;
        }
    }

    async fn until_assigned(
        &self,
        connection: &mut Connection,
        booking: &str,
        token: &str,
    ) -> Result<(), String> {
        let headers = format!("Authorization: Bearer {token}\r\n");
        let request = http::get(&format!("/api/v1/bookings/{booking}"), &self.host, &headers);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = answer_of(connection, &request).await?;
            if seen["status"] == "assigned" {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("never secured: {seen}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// One request over a connection of its own.
async fn ask(address: &str, request: &[u8]) -> Result<Value, String> {
    let mut connection = Connection::open(address)
        .await
        .map_err(|fault| fault.to_string())?;
    answer_of(&mut connection, request).await
}
