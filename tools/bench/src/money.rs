//! Real money against the sandbox: visits paid by card from the link to the captured price, and providers' notices absorbed.
//!
//! The sandbox answers at once and shares our two cores, so this measures us and its own work, never a provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dev_stack::{install_clock, move_clock, read_clock};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::books::Shop;
use crate::child::{Service, beside};
use crate::http::{self, Connection};
use crate::load::{Gate, closed_loop};
use crate::people::{Booked, Hours, answer_of, ask, authorised};
use crate::platform::{PlatformUnderTest, TestServers, hours};
use crate::stats::Latencies;
use crate::tot::Tot;

/// How often a payer looks whether the booking is secured.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long anything may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Visits begin so soon that each step may be taken at once, and late enough to be paid before.
const BEGINS_IN: SignedDuration = SignedDuration::from_mins(10);
/// The shortest slots, and as many of them as begin before a visit may only start later.
const SLOTS: (i64, i64) = (5, 3);
/// A visit lasts at least five minutes; the database's clock is set ahead by more.
const VISIT_SECONDS: i64 = 6 * 60;
/// So long it takes at most until every process has seen that.
const CLOCK_SEEN_WITHIN: Duration = Duration::from_secs(5);

/// What a number of paid visits took.
#[derive(Debug, Default)]
pub struct Paid {
    /// Visits from the link to the captured price, per second.
    pub visits_per_s: f64,
    /// Payer confirmed → booking secured, as a patient sees it.
    pub secured: Latencies,
}

/// A platform and the sandbox it is set up with.
#[derive(Debug)]
pub struct PaymentBench {
    /// The platform.
    pub platform: PlatformUnderTest,
    /// The sandbox's shop.
    pub shop: Shop,
    owner_url: String,
    sandbox: Service,
}

impl PaymentBench {
    /// Sets both up; the platform does not run yet.
    pub async fn set_up(tot: &Tot, servers: &TestServers<'_>, patients: usize) -> Result<Self, String> {
        let program = beside("provider-sandbox")?.display().to_string();
        let sandbox = Service::start(&program, &[], &[], "{").await?;
        let said: Value =
            serde_json::from_str(&format!("{{{}", sandbox.address)).map_err(|error| error.to_string())?;
        let address = |name: &str| -> Result<String, String> {
            let url = said[name].as_str().ok_or("the sandbox says where it listens")?;
            Ok(url.trim_start_matches("http://").to_owned())
        };
        let (api, control) = (address("api_url")?, address("control_url")?);
        let settings = ask(&control, &http::patch("/settings", &control, "", "{}")).await?;
        let text = |path: &str| {
            settings
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (id, secret) = (text("/shop/id"), text("/shop/secret"));
        let authorization = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let variables = [
            ("TOT_YOOKASSA_SHOP_ID", id),
            ("TOT_YOOKASSA_SECRET_KEY", secret),
            ("TOT_YOOKASSA_API_URL", format!("http://{api}/v3")),
            ("TOT_YOOKASSA_NETWORKS", "127.0.0.0/8".to_owned()),
            ("TOT_RATE_LIMIT_NOTICES_PER_OBJECT", "1000000".to_owned()),
        ];
        let platform = PlatformUnderTest::set_up(tot, servers, patients).await?;
        install_clock(servers.owner_url)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self {
            platform: platform.with(&variables),
            shop: Shop {
                api,
                control,
                authorization,
            },
            owner_url: servers.owner_url.to_owned(),
            sandbox,
        })
    }

    /// Starts the platform with these roles and lets the shop's notices come to it.
    pub async fn resume(&mut self, roles: &[&str]) -> Result<(), String> {
        self.platform.resume(roles).await?;
        let url = format!("http://{}/api/v1/webhooks/yookassa", self.platform.host());
        self.hook(&json!(url)).await
    }

    /// Ends both.
    pub async fn end(mut self) {
        self.platform.pause().await;
        self.sandbox.stop().await;
    }

    /// Says where the shop's notices go.
    pub async fn hook(&self, url: &Value) -> Result<(), String> {
        let patch = json!({"shop": {"webhook_url": url}}).to_string();
        let control = &self.shop.control;
        ask(control, &http::patch("/settings", control, "", &patch))
            .await
            .map(drop)
    }

    /// Visits that are booked and can be paid and begun at once.
    pub async fn booked(&self, connections: usize, visits: usize) -> Result<Vec<Booked>, String> {
        let people = self.platform.people()?;
        let host = self.platform.host();
        let hours = self.near_hours().await?;
        let slots = people.open(host, &[hours], visits).await?;
        let booked = people
            .book(host, connections, slots, self.platform.tot.asks_about_overlaps())
            .await?;
        self.platform.wait_until_visible().await?;
        Ok(booked)
    }

    /// Each visit is paid by card, secured by the provider's notice, begun by its doctor; and, once it has lasted, completed
    /// and its price captured. The clock stands while it is set ahead.
    pub async fn pay(&self, visits: Vec<Booked>, connections: usize) -> Result<Paid, String> {
        let captured = self.counted("payments.capture.200").await?;
        let visits = Arc::new(visits);
        let mut paid = Paid::default();
        let begun = Instant::now();
        for secured in self.in_lanes(connections, &visits, Lane::pay_and_begin).await? {
            paid.secured.merge(secured);
        }
        let mut took = begun.elapsed();
        move_clock(&self.owner_url, VISIT_SECONDS)
            .await
            .map_err(|error| error.to_string())?;
        tokio::time::sleep(CLOCK_SEEN_WITHIN).await;
        let begun = Instant::now();
        self.in_lanes(connections, &visits, Lane::complete).await?;
        self.until_counted("payments.capture.200", captured + visits.len() as u64)
            .await?;
        took += begun.elapsed();
        paid.visits_per_s = visits.len() as f64 / took.as_secs_f64();
        Ok(paid)
    }

    /// Every notice is about another payment, which is the dear case: doubles of one are cheaper. How many a second are answered,
    /// each durable, and how many are read back from the provider.
    pub async fn take_notices(&self, connections: usize, span: Duration) -> Result<(f64, f64), String> {
        let host = self.platform.host().to_owned();
        let looked = self.counted("payments.get.404").await?;
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
        self.until_counted("payments.get.404", looked + measured.commands)
            .await?;
        let followed = measured.commands as f64 / begun.elapsed().as_secs_f64();
        Ok((measured.per_second(), followed))
    }

    async fn near_hours(&self) -> Result<Hours, String> {
        let clock = read_clock(&self.owner_url)
            .await
            .map_err(|error| error.to_string())?;
        let now = Timestamp::from_millisecond(clock.now_ms).map_err(|error| error.to_string())?;
        let (slot_minutes, slots) = SLOTS;
        // A zone in which they all lie in one date.
        for zone in ["Europe/Moscow", "Asia/Vladivostok"] {
            let begins = (now + BEGINS_IN).in_tz(zone).map_err(|error| error.to_string())?;
            let minute = i64::from(begins.hour()) * 60 + i64::from(begins.minute());
            let minute = (minute + slot_minutes) / slot_minutes * slot_minutes;
            if minute + slot_minutes * slots < 24 * 60 {
                return hours(begins.date(), zone, minute, slot_minutes, slots);
            }
        }
        Err("no zone in which these visits lie in one date".to_owned())
    }

    /// Does `work` with all visits over so many connections, and answers what each lane says.
    async fn in_lanes<T, W>(
        &self,
        lanes: usize,
        visits: &Arc<Vec<Booked>>,
        work: fn(Lane) -> W,
    ) -> Result<Vec<T>, String>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, String>> + Send + 'static,
    {
        let next = Arc::new(AtomicUsize::new(0));
        let mut running = Vec::new();
        for _ in 0..lanes {
            let lane = Lane {
                host: self.platform.host().to_owned(),
                control: self.shop.control.clone(),
                admin: self.platform.people()?.admin.token.clone(),
                visits: visits.clone(),
                next: next.clone(),
            };
            running.push(tokio::spawn(work(lane)));
        }
        let mut done = Vec::with_capacity(lanes);
        for lane in running {
            done.push(lane.await.map_err(|error| error.to_string())??);
        }
        Ok(done)
    }

    async fn counted(&self, what: &str) -> Result<u64, String> {
        let control = &self.shop.control;
        let counters = ask(control, &http::get("/counters", control, "")).await?;
        Ok(counters[what].as_u64().unwrap_or(0))
    }

    /// Waits until the sandbox has counted something so often.
    async fn until_counted(&self, what: &str, times: u64) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let counted = self.counted(what).await?;
            if counted >= times {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{counted} of {times} {what} within {PATIENCE:?}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// One connection that takes visit after visit.
struct Lane {
    host: String,
    control: String,
    admin: String,
    visits: Arc<Vec<Booked>>,
    next: Arc<AtomicUsize>,
}

impl Lane {
    async fn pay_and_begin(self) -> Result<Latencies, String> {
        let mut connection = self.connect().await?;
        let mut secured = Latencies::default();
        while let Some(visit) = self.next() {
            let request = json!({"booking_id": visit.id, "payment_method": "yookassa"}).to_string();
            let request = http::post(
                "/api/v1/payments",
                &self.host,
                &authorised(&visit.token),
                &request,
            );
            let payment = answer_of(&mut connection, &request).await?;
            let paying = json!({"metadata": {"key": "payment_id", "value": payment["id"]}});
            ask(
                &self.control,
                &http::post("/pay", &self.control, "", &paying.to_string()),
            )
            .await?;
            let begun = Instant::now();
            self.until_assigned(&mut connection, visit).await?;
            secured.add(begun.elapsed());
            self.step(&mut connection, visit, "depart").await?;
            self.step(&mut connection, visit, "start").await?;
        }
        Ok(secured)
    }

    async fn complete(self) -> Result<(), String> {
        let mut connection = self.connect().await?;
        while let Some(visit) = self.next() {
            self.step(&mut connection, visit, "complete").await?;
        }
        Ok(())
    }

    fn next(&self) -> Option<&Booked> {
        self.visits.get(self.next.fetch_add(1, Ordering::Relaxed))
    }

    async fn connect(&self) -> Result<Connection, String> {
        Connection::open(&self.host)
            .await
            .map_err(|error| error.to_string())
    }

    async fn step(&self, connection: &mut Connection, visit: &Booked, step: &str) -> Result<(), String> {
        let path = format!("/api/v1/bookings/{}/{step}", visit.id);
        let request = http::post(&path, &self.host, &authorised(&self.admin), "{}");
        answer_of(connection, &request).await.map(drop)
    }

    async fn until_assigned(&self, connection: &mut Connection, visit: &Booked) -> Result<(), String> {
        let headers = format!("Authorization: Bearer {}\r\n", visit.token);
        let request = http::get(&format!("/api/v1/bookings/{}", visit.id), &self.host, &headers);
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
