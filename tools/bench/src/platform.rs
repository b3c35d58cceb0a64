//! One build of the platform with every role on, run only while it is measured, so that its idle work burdens nobody else.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dev_stack::{Database, Stack};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use crate::child::Service;
use crate::http;
use crate::load::{Gate, Measured, Paced, closed_loop, paced};
use crate::people::{ADMIN, Hours, PASSWORD, People, ask, authorised};
use crate::tot::{Environment, Tot};
use crate::webhooks;

/// Days from today that visits are booked for.
const FAR_DAYS: std::ops::Range<i64> = 2..9;
/// While more facts than this are not visible yet, the sustained run holds back: well below two seconds of work.
const VISIBLE_BACKLOG_MAX: i64 = 6_000;
/// How long read models may take to catch up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where a platform runs.
#[derive(Clone, Debug)]
pub struct TestServers<'a> {
    /// The owner's database URL.
    pub owner_url: &'a str,
    /// The application's database URL.
    pub app_url: &'a str,
    /// NATS.
    pub nats_url: &'a str,
    /// A folder for its keys.
    pub folder: &'a Path,
}

/// A fresh database.
///
/// # Errors
/// The server makes none.
pub async fn database(stack: &Stack, name: &str) -> Result<Database, String> {
    let database = stack.cluster().database(name).await;
    database.map_err(|error| error.to_string())
}

/// Where a platform on this database runs.
pub fn servers_of<'a>(stack: &'a Stack, (database, folder): (&'a Database, &'a Path)) -> TestServers<'a> {
    TestServers {
        owner_url: &database.owner_url,
        app_url: &database.app_url,
        nats_url: stack.nats_url(),
        folder,
    }
}

/// A platform that is set up, running or not.
#[derive(Debug)]
pub struct PlatformUnderTest {
    /// The build.
    pub tot: Tot,
    environment: Environment,
    people: Option<People>,
    patients: usize,
    service: Option<Service>,
}

impl PlatformUnderTest {
    /// Migrates the database by the build itself and makes an admin. The platform does not run yet.
    pub async fn set_up(tot: &Tot, servers: &TestServers<'_>, patients: usize) -> Result<Self, String> {
        tot.migrate(servers.owner_url, servers.app_url).await?;
        let environment = environment(servers);
        let keys = servers.folder.join("keys.json").display().to_string();
        tot.run(&environment, &["keys", "--out", &keys], "").await?;
        tot.run(&environment, &["keys", "new-master"], "").await?;
        let make = format!("--json admin create --role admin --email {ADMIN} --password-stdin");
        let make: Vec<&str> = make.split(' ').collect();
        let made = tot.run(&environment, &make, PASSWORD).await?;
        let made: Value = serde_json::from_str(&made).map_err(|error| format!("the admin: {error}"))?;
        let admin = (made["id"].as_str().unwrap_or_default(), ADMIN, PASSWORD);
        tot.publish_prices(&environment, admin).await?;
        Ok(Self {
            tot: tot.clone(),
            environment,
            people: None,
            patients,
            service: None,
        })
    }

    /// The same with these variables beside the usual ones.
    pub fn with(mut self, variables: &[(&str, String)]) -> Self {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.environment.extend(variables);
        self
    }

    /// Starts it with these roles; nobody signs in.
    pub async fn start(&mut self, roles: &[&str]) -> Result<(), String> {
        let program = self.tot.program.display().to_string();
        let mut arguments = vec!["serve"];
        arguments.extend(roles.iter().flat_map(|role| ["--role", *role]));
        let service = Service::start(&program, &arguments, &self.environment, "TOT is ready: ").await?;
        self.service = Some(service);
        Ok(())
    }

    /// Starts it with these roles; its people sign in, for the first time or anew.
    pub async fn resume(&mut self, roles: &[&str]) -> Result<(), String> {
        self.start(roles).await?;
        let host = self.host().to_owned();
        match &mut self.people {
            Some(people) => people.refresh(&host).await?,
            None => {
                let code = self.tot.code(&self.environment, ADMIN, PASSWORD).await?;
                self.people = Some(People::register(&host, self.patients, code).await?);
            }
        }
        self.wait_until_visible().await
    }

    /// Ends it; its data stay.
    pub async fn pause(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop().await;
        }
    }

    /// Where the API listens, while it runs.
    pub fn host(&self) -> &str {
        self.service.as_ref().map_or("", |service| &service.address)
    }

    /// Its people.
    ///
    /// # Errors
    /// It has not run yet.
    pub fn people(&self) -> Result<&People, String> {
        self.people
            .as_ref()
            .ok_or_else(|| "nobody is registered".to_owned())
    }

    /// The variables it runs with, and the admin's sign-in on the command line.
    ///
    /// # Errors
    /// As [`Tot::run`].
    pub async fn operators_environment(&self) -> Result<Environment, String> {
        self.tot.signed_in(&self.environment, ADMIN, PASSWORD).await
    }

    /// Urgent bookings, one fact each, as fast as they are acknowledged.
    pub async fn urgent(&self, connections: usize, duration: Duration) -> Result<Measured, String> {
        let requests = self.urgent_requests()?;
        closed_loop(
            self.host(),
            connections,
            duration,
            Arc::new(Gate::default()),
            requests,
        )
        .await
    }

    /// The same, held back whenever read models fall behind; answers facts visible per second.
    pub async fn sustained(&self, connections: usize, duration: Duration) -> Result<f64, String> {
        self.wait_until_visible().await?;
        let gate = Arc::new(Gate::default());
        let start = Instant::now();
        let watch = {
            let (gate, host) = (gate.clone(), self.host().to_owned());
            let admin = self.people()?.admin.token.clone();
            tokio::spawn(async move {
                while let Ok(backlog) = backlog(&host, &admin).await {
                    gate.set_closed(backlog > VISIBLE_BACKLOG_MAX);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            })
        };
        let measured = closed_loop(self.host(), connections, duration, gate, self.urgent_requests()?).await;
        watch.abort();
        let measured = measured?;
        self.wait_until_visible().await?;
        Ok(measured.commands as f64 / start.elapsed().as_secs_f64())
    }

    /// Due → acknowledged → readable, at a fixed rate.
    pub async fn paced(&self, per_second: u32, duration: Duration) -> Result<Paced, String> {
        self.wait_until_visible().await?;
        let (tokens, host) = (self.people()?.callers(), self.host().to_owned());
        let read = move |turn: u64, id: &str, position: i64| {
            let token = &tokens[turn as usize % tokens.len()];
            let headers = format!("Authorization: Bearer {token}\r\nRead-After: {position}\r\n");
            http::get(&format!("/api/v1/bookings/{id}"), &host, &headers)
        };
        let requests = self.urgent_requests()?;
        paced(self.host(), per_second, duration, 4, requests, read).await
    }

    /// Scheduled bookings of free slots of many doctors, two streams each; answers how many a second.
    pub async fn scheduled(&self, connections: usize, requests: usize) -> Result<f64, String> {
        let hours = FAR_DAYS.map(far_hours).collect::<Result<Vec<_>, _>>()?;
        let people = self.people()?;
        let slots = people.open(self.host(), &hours, requests).await?;
        self.wait_until_visible().await?;
        let start = Instant::now();
        let booked = people
            .book(self.host(), connections, slots, self.tot.asks_about_overlaps())
            .await?;
        Ok(booked.len() as f64 / start.elapsed().as_secs_f64())
    }

    /// Rebuilds the read models that show bookings: one of ours, three of an earlier build.
    pub async fn rebuild(&self) -> Result<Rebuilt, String> {
        self.wait_until_visible().await?;
        let list = ["projections", "list", "--json"];
        let models = self.tot.run(&self.environment, &list, "").await?;
        let models: &[&str] = match models.contains("\"bookings\"") {
            true => &["bookings"],
            false => &["booking_details", "patient_bookings", "doctor_agenda"],
        };
        let environment = self.operators_environment().await?;
        let (mut first, mut seconds) = (None, 0.0);
        for model in models {
            let arguments = ["projections", "rebuild", model, "--json"];
            let said = self.tot.run(&environment, &arguments, "").await?;
            let last = said.lines().last().unwrap_or_default();
            let done: Value = serde_json::from_str(last).map_err(|error| format!("{error} in {last}"))?;
            let number = |name: &str| done[name].as_f64().ok_or_else(|| format!("no {name} in {last}"));
            let (facts, per_s) = (number("done")?, number("facts_per_s")?);
            seconds += facts / per_s;
            first.get_or_insert((facts, per_s));
        }
        let (facts, one_per_s) = first.ok_or("there is no model of bookings")?;
        Ok(Rebuilt {
            facts,
            one_per_s,
            all_per_s: facts / seconds,
        })
    }

    /// Peak resident memory since it was started, MiB.
    pub fn peak_memory_mib(&self) -> Result<f64, String> {
        self.service.as_ref().ok_or("it does not run")?.peak_memory_mib()
    }

    /// Resident memory now, KiB.
    pub fn memory_kib(&self) -> Result<f64, String> {
        self.service.as_ref().ok_or("it does not run")?.memory_kib()
    }

    /// Waits until every read model has every fact.
    pub async fn wait_until_visible(&self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while backlog(self.host(), &self.people()?.admin.token).await? > 0 {
            if Instant::now() > deadline {
                return Err(format!("the read models did not catch up within {PATIENCE:?}"));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    fn urgent_requests(&self) -> Result<impl Fn(u64) -> Vec<u8> + Send + Sync + use<>, String> {
        let (tokens, host) = (self.people()?.callers(), self.host().to_owned());
        Ok(move |turn: u64| {
            let token = &tokens[turn as usize % tokens.len()];
            let body =
                r#"{"call_type":"urgent","address":"ул. Ленина, 1","amount":"1500.00","symptoms":"кашель"}"#;
            http::post("/api/v1/bookings", &host, &authorised(token), body)
        })
    }
}

/// What a rebuild did.
pub struct Rebuilt {
    pub facts: f64,
    /// Facts a second of the model that shows a booking in full.
    pub one_per_s: f64,
    /// Facts a second of all models that show bookings, one after the other: each fact counts once.
    pub all_per_s: f64,
}

/// Half hours of a whole day, `days` from today in Moscow.
fn far_hours(days: i64) -> Result<Hours, String> {
    let zone = "Europe/Moscow";
    let today = Timestamp::now()
        .in_tz(zone)
        .map_err(|error| error.to_string())?
        .date();
    let date = today
        .checked_add(days.days())
        .map_err(|error| error.to_string())?;
    hours(date, zone, 6 * 60, 30, 32)
}

/// `slots` slots of so many minutes from `minute` of a local date on.
pub fn hours(
    date: Date,
    zone: &'static str,
    minute: i64,
    slot_minutes: i64,
    slots: i64,
) -> Result<Hours, String> {
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let zone_of = TimeZone::get(zone).map_err(|error| error.to_string())?;
    let midnight = date.to_zoned(zone_of).map_err(|error| error.to_string())?;
    let starts_at = midnight
        .checked_add(minute.minutes())
        .map_err(|error| error.to_string())?;
    Ok(Hours {
        date,
        zone,
        from: clock(minute),
        until: clock(minute + slot_minutes * slots),
        starts_at: starts_at.timestamp(),
        slot_minutes,
        slots,
    })
}

/// What a process of the bench is configured with; limits are raised, since one address asks for everybody.
fn environment(servers: &TestServers<'_>) -> Environment {
    let keys = servers.folder.join("keys.json").display().to_string();
    let master_keys = servers.folder.join("master-keys.json").display().to_string();
    [
        ("TOT_DATABASE_URL", servers.app_url),
        ("TOT_NATS_URL", servers.nats_url),
        ("TOT_LISTEN", "127.0.0.1:0"),
        ("TOT_METRICS_LISTEN", "127.0.0.1:0"),
        ("TOT_TOKEN_KEYS", &keys),
        ("TOT_MASTER_KEYS", &master_keys),
        ("TOT_COMMAND_SECRET", &"5e".repeat(32)),
        ("TOT_MESSAGE_KEY", &"6f".repeat(32)),
        ("TOT_WEBHOOK_KEY", &"70".repeat(32)),
        webhooks::LOOPBACK,
        ("TOT_RATE_LIMIT_REQUESTS_PER_ADDRESS", "100000000"),
        ("TOT_RATE_LIMIT_LOGINS_PER_ADDRESS", "100000000"),
        ("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "100000000"),
        ("TOT_RATE_LIMIT_WRITES_PER_ACCOUNT", "100000000"),
        ("TOT_LIMIT_BOOKINGS_PER_HOUR", "off"),
        ("TOT_LIMIT_URGENT_CALLS_PER_HOUR", "off"),
        ("TOT_LIMIT_REGISTRATIONS_PER_HOUR", "off"),
        ("TOT_LIMIT_REGISTRATIONS_PER_DAY", "off"),
        ("TOT_LIMIT_PAYMENTS_PER_HOUR", "off"),
        ("TOT_LIMIT_INVITATIONS_PER_DAY", "off"),
        ("TOT_LOG", "warn"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The facts that the slowest read model has not applied yet.
async fn backlog(host: &str, admin: &str) -> Result<i64, String> {
    let headers = format!("Authorization: Bearer {admin}\r\n");
    let models = ask(host, &http::get("/api/v1/admin/projections", host, &headers)).await?;
    let items = models["items"]
        .as_array()
        .ok_or_else(|| format!("no read models in {models}"))?;
    let lags = items.iter().filter_map(|model| model["lag"].as_i64());
    Ok(lags.max().unwrap_or(0))
}
