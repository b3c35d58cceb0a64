//! The real binary with every role on, under the load of a thousand patients with tokens of their own.

pub mod people;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use people::{authorised, register_all, sign_in};

use crate::child::Service;
use crate::http::{self, Connection};
use crate::load::{Gate, Measured, closed_loop, visible_lag};
use crate::stats::Latencies;

/// The price list that is measured with.
const PRICES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/how-to/price-list.example.json"
);
/// Days from today that visits are booked for.
const FAR: Range<i64> = 2..9;
/// The same where a card's hold must last until the visit is over.
const NEAR: Range<i64> = 2..5;
/// Patients of the main load, each with a token.
pub const PATIENTS: usize = 1_000;
/// While more facts than this are not visible yet, the sustained run holds back: well below two seconds of work.
const VISIBLE_BACKLOG_MAX: i64 = 6_000;

/// The running platform and its people.
#[derive(Debug)]
pub struct PlatformUnderTest {
    service: Service,
    tokens: Arc<Vec<String>>,
    admin: String,
}

/// Where the platform runs.
#[derive(Debug)]
pub struct TestServers<'a> {
    /// The application's database URL.
    pub app_url: &'a str,
    /// NATS.
    pub nats_url: &'a str,
    /// A folder for its keys.
    pub folder: &'a Path,
}

impl PlatformUnderTest {
    /// Starts the binary with these variables beside the usual ones, makes an admin and registers so many patients over
    /// HTTP.
    pub async fn start(
        servers: &TestServers<'_>,
        patients: usize,
        variables: &[(&str, String)],
    ) -> Result<Self, String> {
        let mut environment = environment(servers);
        let more = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        environment.extend(more);
        let keys = servers.folder.join("keys.json");
        run_tot(&environment, &["keys", "--out", &keys.display().to_string()], "").await?;
        let password = "a long enough password";
        let make = [
            "--json",
            "admin",
            "create",
            "--role",
            "admin",
            "--email",
            "admin@example.com",
            "--password-stdin",
        ];
        let made = run_tot(&environment, &make, password).await?;
        let made: Value = serde_json::from_str(&made).map_err(|fault| format!("the admin: {fault}"))?;
        let admin = made["id"].as_str().unwrap_or_default();
        run_tot(&environment, &["prices", "publish", PRICES, "--admin", admin], "").await?;
        let service = Service::start("tot", &["serve"], &environment, "TOT is ready: ").await?;
        let login = json!({"email": "admin@example.com", "password": password});
        let admin = sign_in(&service.address, "/api/v1/auth/login", &login).await?;
        let tokens = Arc::new(register_all(&service.address, password, patients).await?);
        Ok(Self {
            service,
            tokens,
            admin,
        })
    }

    /// Urgent bookings, one fact each, as fast as they are acknowledged.
    pub async fn urgent(&self, connections: usize, duration: Duration) -> Result<Measured, String> {
        let gate = Arc::new(Gate::default());
        closed_loop(
            &self.service.address,
            connections,
            duration,
            gate,
            self.urgent_requests(),
        )
        .await
    }

    /// The same, held back whenever read models fall behind; answers facts visible per second.
    pub async fn sustained(&self, connections: usize, duration: Duration) -> Result<f64, String> {
        self.wait_until_visible().await?;
        let gate = Arc::new(Gate::default());
        let start = Instant::now();
        let watch = {
            let (gate, address, admin) = (gate.clone(), self.service.address.clone(), self.admin.clone());
            tokio::spawn(async move {
                while let Ok(backlog) = backlog(&address, &admin).await {
                    gate.set_closed(backlog > VISIBLE_BACKLOG_MAX);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            })
        };
        let measured = closed_loop(
            &self.service.address,
            connections,
            duration,
            gate,
            self.urgent_requests(),
        )
        .await;
        watch.abort();
        let measured = measured?;
        self.wait_until_visible().await?;
        Ok(measured.commands as f64 / start.elapsed().as_secs_f64())
    }

    /// Acknowledged → readable at a fixed rate.
    pub async fn lag(&self, per_second: u32, duration: Duration) -> Result<Latencies, String> {
        self.wait_until_visible().await?;
        let (tokens, host) = (self.tokens.clone(), self.service.address.clone());
        let read = move |turn: u64, id: &str, position: i64| {
            let token = &tokens[turn as usize % tokens.len()];
            let headers = format!("Authorization: Bearer {token}\r\nRead-After: {position}\r\n");
            http::get(&format!("/api/v1/bookings/{id}"), &host, &headers)
        };
        visible_lag(
            &self.service.address,
            per_second,
            duration,
            4,
            self.urgent_requests(),
            read,
        )
        .await
    }

    /// Scheduled bookings of free slots of many doctors, two streams each; answers how many a second.
    pub async fn scheduled(&self, connections: usize, requests: usize) -> Result<f64, String> {
        let slots = Arc::new(self.open_days(requests, FAR).await?);
        let start = Instant::now();
        let booked = self.book(connections, slots).await?;
        Ok(booked.len() as f64 / start.elapsed().as_secs_f64())
    }

    /// The same, of visits so near that a card is held for them and not charged; answers each booking with its patient's token.
    pub async fn booked(&self, connections: usize, requests: usize) -> Result<Vec<(String, String)>, String> {
        let slots = Arc::new(self.open_days(requests, NEAR).await?);
        self.book(connections, slots).await
    }

    /// Where the API listens.
    pub fn address(&self) -> &str {
        &self.service.address
    }

    /// The admin's token.
    pub fn admin(&self) -> &str {
        &self.admin
    }

    async fn book(
        &self,
        connections: usize,
        slots: Arc<Vec<(String, String)>>,
    ) -> Result<Vec<(String, String)>, String> {
        let (host, tokens) = (self.service.address.clone(), self.tokens.clone());
        let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let mut clients = Vec::new();
        for _ in 0..connections {
            let (slots, host, tokens, next) = (slots.clone(), host.clone(), tokens.clone(), next.clone());
            clients.push(tokio::spawn(async move {
                let mut connection = Connection::open(&host).await.map_err(|fault| fault.to_string())?;
                let mut booked = Vec::new();
                loop {
                    let turn = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some((doctor, starts_at)) = slots.get(turn) else {
                        return Ok::<_, String>(booked);
                    };
                    let body = json!({
                        "call_type": "scheduled", "doctor_id": doctor, "starts_at": starts_at,
                        "address": "ул. Ленина, 1", "amount": "2000.00",
                    });
                    let token = &tokens[turn % tokens.len()];
                    let request =
                        http::post("/api/v1/bookings", &host, &authorised(token), &body.to_string());
                    let answer = answer_of(&mut connection, &request).await?;
                    let id = answer["id"].as_str().ok_or("a booking has an id")?;
                    booked.push((id.to_owned(), token.clone()));
                }
            }));
        }
        let mut booked = Vec::new();
        for client in clients {
            booked.extend(client.await.map_err(|fault| fault.to_string())??);
        }
        Ok(booked)
    }

    /// Peak resident memory, MiB.
    pub fn peak_memory_mib(&self) -> Result<f64, String> {
        self.service.peak_memory_mib()
    }

    /// Waits until every read model has every fact.
    pub async fn wait_until_visible(&self) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(120);
        while backlog(&self.service.address, &self.admin).await? > 0 {
            if Instant::now() > deadline {
                return Err("the read models did not catch up within two minutes".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Ends the platform.
    pub async fn stop(self) {
        self.service.stop().await;
    }

    /// The same people before a process with these roles alone.
    pub async fn again(self, environment: &[(String, String)], roles: &str) -> Result<Self, String> {
        self.service.stop().await;
        let serve = ["serve", "--role", roles];
        let service = Service::start("tot", &serve, environment, "TOT is ready: ").await?;
        Ok(Self { service, ..self })
    }

    fn urgent_requests(&self) -> impl Fn(u64) -> Vec<u8> + Send + Sync + 'static {
        let (tokens, host) = (self.tokens.clone(), self.service.address.clone());
        move |turn| {
            let token = &tokens[turn as usize % tokens.len()];
            let body =
                r#"{"call_type":"urgent","address":"ул. Ленина, 1","amount":"1500.00","symptoms":"кашель"}"#;
            http::post("/api/v1/bookings", &host, &authorised(token), body)
        }
    }

    /// Doctors and these days from today until there are `requests` free slots.
    async fn open_days(&self, requests: usize, days: Range<i64>) -> Result<Vec<(String, String)>, String> {
        let mut slots = Vec::new();
        let mut number = 0;
        while slots.len() < requests {
            number += 1;
            let doctor = json!({
                "role": "doctor", "email": format!("doctor{number}@example.com"), "first_name": "Иван",
                "last_name": "Пирогов", "password": "a long enough password", "phone": format!("+7902{number:07}"),
                "specialization": "therapist", "experience_years": 10, "zone": "Europe/Moscow",
            });
            let made = self.as_admin("/api/v1/admin/accounts", &doctor).await?;
            let id = made["id"].as_str().unwrap_or_default().to_owned();
            for day in days.clone() {
                let date = date_in(day)?;
                let request = json!({
                    "date": date, "zone": "Europe/Moscow", "slot_minutes": 30,
                    "working": [{"from": "06:00", "until": "22:00"}],
                });
                self.as_admin(&format!("/api/v1/doctors/{id}/days"), &request)
                    .await?;
                let midnight: jiff::Timestamp = format!("{date}T03:00:00Z")
                    .parse()
                    .map_err(|_| "a date of the calendar")?;
                for slot in 0..32 {
                    let starts_at = midnight + jiff::SignedDuration::from_mins(30 * slot);
                    slots.push((id.clone(), starts_at.to_string()));
                }
            }
        }
        slots.truncate(requests);
        Ok(slots)
    }

    async fn as_admin(&self, path: &str, body: &Value) -> Result<Value, String> {
        let mut connection = Connection::open(&self.service.address)
            .await
            .map_err(|fault| fault.to_string())?;
        let request = http::post(
            path,
            &self.service.address,
            &authorised(&self.admin),
            &body.to_string(),
        );
        answer_of(&mut connection, &request).await
    }
}

/// `days` from today, in UTC.
fn date_in(days: i64) -> Result<jiff::civil::Date, String> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    today
        .checked_add(jiff::Span::new().days(days))
        .map_err(|fault| fault.to_string())
}

/// What a serving process of the bench is configured with; limits are raised, since one address asks for everybody.
pub fn environment(servers: &TestServers<'_>) -> Vec<(String, String)> {
    let keys = servers.folder.join("keys.json").display().to_string();
    [
        ("TOT_DATABASE_URL", servers.app_url),
        ("TOT_NATS_URL", servers.nats_url),
        ("TOT_LISTEN", "127.0.0.1:0"),
        ("TOT_METRICS_LISTEN", "127.0.0.1:0"),
        ("TOT_TOKEN_KEYS", &keys),
        ("TOT_COMMAND_SECRET", &"5e".repeat(32)),
        ("TOT_MESSAGE_KEY", &"6f".repeat(32)),
        ("TOT_RATE_LIMIT_REQUESTS_PER_ADDRESS", "100000000"),
        ("TOT_RATE_LIMIT_LOGINS_PER_ADDRESS", "100000000"),
        ("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "100000000"),
        ("TOT_RATE_LIMIT_WRITES_PER_ACCOUNT", "100000000"),
        ("TOT_LOG", "warn"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// Runs `tot` to its end and answers what it printed.
pub async fn run_tot(
    environment: &[(String, String)],
    arguments: &[&str],
    input: &str,
) -> Result<String, String> {
    use tokio::io::AsyncWriteExt;
    let mut child = tokio::process::Command::new(crate::child::beside("tot")?)
        .args(arguments)
        .envs(environment.iter().cloned())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .map_err(|fault| fault.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(input.as_bytes())
            .await
            .map_err(|fault| fault.to_string())?;
    }
    let output = child
        .wait_with_output()
        .await
        .map_err(|fault| fault.to_string())?;
    if !output.status.success() {
        return Err(format!("tot {arguments:?} ended with {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The facts that the slowest read model has not applied yet.
async fn backlog(address: &str, admin: &str) -> Result<i64, String> {
    let mut connection = Connection::open(address)
        .await
        .map_err(|fault| fault.to_string())?;
    let headers = format!("Authorization: Bearer {admin}\r\n");
    let models = answer_of(
        &mut connection,
        &http::get("/api/v1/admin/projections", address, &headers),
    )
    .await?;
    let items = models["items"]
        .as_array()
        .ok_or_else(|| format!("no read models in {models}"))?;
    Ok(items
        .iter()
        .filter_map(|model| model["lag"].as_i64())
        .max()
        .unwrap_or(0))
}

/// The JSON of a 200; everything else is a fault.
pub async fn answer_of(connection: &mut Connection, request: &[u8]) -> Result<Value, String> {
    let answer = connection.ask(request).await.map_err(|fault| fault.to_string())?;
    if answer.status != 200 {
        return Err(format!(
            "{}: {}",
            answer.status,
            String::from_utf8_lossy(answer.body)
        ));
    }
    serde_json::from_slice(answer.body).map_err(|fault| fault.to_string())
}
