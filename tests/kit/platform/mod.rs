//! The whole platform for one test: a database of its own, secrets of its own, and `tot` in one process or in five.

mod addresses;
mod limits;
mod processes;
mod restored;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use dev_stack::{Adjustments, Stack, TestDatabase};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::sync::OnceCell;

use crate::balancer::Balancer;
use crate::causes;
use crate::client::Client;
use crate::database;
use crate::opening::example_prices;
use crate::persona::{self, Persona};
use crate::process::{Process, command};
use crate::wait::until;

pub use restored::postgres_programs;

/// The roles a process can play, each of which may be a process of its own.
pub const ROLES: [&str; 5] = ["api", "relay", "workers", "intents", "webhooks"];
/// The name under which the process that plays every role is known.
pub const ALL: &str = "all";
/// Ports for the API: below those that the system gives to outgoing connections, one of which could take the port while
/// the API is down.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Where the platform's servers come from.
enum TestServers {
    Shared(Box<TestDatabase>),
    Private {
        stack: Arc<Stack>,
        owner_url: String,
        app_url: String,
    },
}

/// A platform under test.
pub struct Platform {
    servers: TestServers,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    url: String,
    /// Before the API processes, when there are several.
    balancer: Option<Balancer>,
    processes: Vec<(&'static str, Process)>,
    /// The price list it opens with; none where a test wants a platform without one.
    pub(crate) prices: Option<Value>,
    opened: OnceCell<()>,
    /// The admin who published it, until somebody signs in as them.
    pub(crate) publisher: Mutex<Option<String>>,
    over: bool,
}

impl Platform {
    /// Every role in one process, on the run's shared servers.
    pub async fn start() -> Self {
        let mut platform = Self::prepare().await;
        platform.serve(ALL).await;
        platform
    }

    /// One process per role, on servers of its own, which the test may kill.
    pub async fn start_split() -> Self {
        let mut platform = Self::prepare_private().await;
        for role in ROLES {
            platform.serve(role).await;
        }
        platform
    }

    /// Two processes per role, on servers of its own, which the test may kill; connections reach either API process.
    pub async fn start_doubled() -> Self {
        let mut platform = Self::prepare_private().await;
        let port = url::Url::parse(&platform.url).unwrap().port().unwrap();
        platform.balancer = Some(Balancer::at(port).await);
        for role in ROLES.iter().chain(&ROLES) {
            platform.serve(role).await;
        }
        platform
    }

    /// Everything but the processes, on the run's shared servers.
    pub async fn prepare() -> Self {
        Self::on(TestServers::Shared(Box::new(
            TestDatabase::create().await.unwrap(),
        )))
        .await
    }

    /// Everything but the processes, on servers of its own.
    pub async fn prepare_private() -> Self {
        Self::prepare_private_with(&[]).await
    }

    /// The same with more of Postgres' settings, each as `name=value`.
    pub async fn prepare_private_with(settings: &[&str]) -> Self {
        Self::prepare_adjusted(Adjustments {
            postgres: settings,
            ..Adjustments::default()
        })
        .await
    }

    /// The same on servers that are set up otherwise.
    pub async fn prepare_adjusted(adjustments: Adjustments<'_>) -> Self {
        let stack = Arc::new(Stack::start_throwaway_with(adjustments).await.unwrap());
        let database = stack.cluster().migrated_database("tot").await.unwrap();
        Self::on(TestServers::Private {
            stack,
            owner_url: database.owner_url,
            app_url: database.app_url,
        })
        .await
    }

    async fn on(servers: TestServers) -> Self {
        let folder = std::env::temp_dir().join(format!("tot-it-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let mut platform = Self {
            servers,
            folder,
            environment: Vec::new(),
            url,
            balancer: None,
            processes: Vec::new(),
            prices: Some(example_prices()),
            opened: OnceCell::new(),
            publisher: Mutex::new(None),
            over: false,
        };
        let keys = platform.folder.join("keys.json").display().to_string();
        let master_keys = platform.folder.join("master-keys.json").display().to_string();
        let (database, nats) = (platform.app_url().to_owned(), platform.nats_url().to_owned());
        for (name, value) in [
            ("TOT_DATABASE_URL", database.as_str()),
            ("TOT_DATABASE_CONNECTIONS", "12"),
            ("TOT_NATS_URL", &nats),
            ("TOT_LISTEN", &format!("127.0.0.1:{port}")),
            ("TOT_METRICS_LISTEN", "127.0.0.1:0"),
            ("TOT_PUBLIC_URL", &platform.url.clone()),
            ("TOT_TOKEN_KEYS", &keys),
            ("TOT_MASTER_KEYS", &master_keys),
            // Where an operator's sign-in is kept: each platform has its own.
            (
                "XDG_CONFIG_HOME",
                &platform.folder.join("config").display().to_string(),
            ),
            ("TOT_COMMAND_SECRET", &"5e".repeat(32)),
            ("TOT_MESSAGE_KEY", &"6f".repeat(32)),
            ("TOT_WEBHOOK_KEY", &"70".repeat(32)),
            // Receivers of tests are on this machine.
            ("TOT_WEBHOOK_LOOPBACK", "on"),
            // Clocks leap over nights here; what a night does has tests of its own.
            ("TOT_RECONCILE_AT", "off"),
            ("TOT_HTTP_CONNECTIONS_PER_ADDRESS", "4096"),
        ] {
            platform.set(name, value);
        }
        for (name, value) in limits::UNLIMITED {
            platform.set(name, value);
        }
        platform.tot(&["keys", "--out", &keys], "").await;
        platform.tot(&["keys", "new-master"], "").await;
        platform
    }

    /// Sets a variable for processes started from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Forgets a variable for processes started from now on.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    /// A variable as it is set.
    pub fn variable(&self, name: &str) -> &str {
        let mut variables = self.environment.iter();
        &variables.find(|(known, _)| known == name).unwrap().1
    }

    /// The variables processes are started with.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Where the log of a role's processes is.
    pub fn log(&self, role: &str) -> PathBuf {
        self.folder.join(format!("{role}.log"))
    }

    /// The folder of logs and keys.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Somebody who has not signed in.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(self.url())
    }

    /// A registered patient.
    pub async fn patient(&self) -> Persona {
        persona::patient(&self.anonymous()).await
    }

    /// Somebody in `role`, made by `admin`.
    pub async fn made_by(&self, admin: &Persona, role: &str) -> Persona {
        persona::made_by(admin, &self.anonymous(), role).await
    }

    /// A doctor of a clinic, made by `admin`.
    pub async fn doctor_of(&self, admin: &Persona, clinic: &Persona) -> Persona {
        persona::doctor_of(admin, &self.anonymous(), &clinic.id).await
    }

    /// The same person with an authenticator app: whoever takes money out needs one.
    pub async fn with_second_factor(&self, persona: &Persona) -> Persona {
        persona::with_second_factor(&self.anonymous(), persona).await
    }

    /// As if every bank account had been named a day before: that a new one gets no money has a journey of its own.
    pub async fn rest_bank_accounts(&self) {
        let pool = self.pool().await;
        sqlx::query(
            "update identity.known_bank_accounts set first_named_at = first_named_at - interval '24 hours'",
        )
        .execute(&pool)
        .await
        .unwrap();
        pool.close().await;
    }

    /// Signs somebody in again, as after a quarter of an hour.
    pub async fn again(&self, persona: &Persona) -> Persona {
        persona::login(&self.anonymous(), &persona.email).await
    }

    /// Runs `tot` with these arguments and this standard input, and answers what it prints.
    pub async fn tot(&self, arguments: &[&str], input: &str) -> String {
        let output = self.try_tot(arguments, input).await;
        assert!(
            output.status.success(),
            "tot {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, but a failure is an answer.
    pub async fn try_tot(&self, arguments: &[&str], input: &str) -> std::process::Output {
        use std::process::Stdio;
        use tokio::io::AsyncWriteExt;
        let mut asked = command(arguments, &self.environment);
        asked
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = asked.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that does not ask for input may have closed it.
        drop(stdin.write_all(input.as_bytes()).await);
        drop(stdin);
        child.wait_with_output().await.unwrap()
    }

    /// Puts money into a patient's wallet.
    pub async fn credit(&self, admin: &Persona, patient: &Persona, amount: &str) {
        let path = format!("/admin/wallets/{}/deposits", patient.id);
        admin
            .client
            .post_once(&path, json!({"amount": amount}))
            .await
            .expect(200);
    }

    /// The platform's time.
    pub async fn now(&self) -> Timestamp {
        let version = self.anonymous().get("/version").await.expect(200);
        version["now"].as_str().unwrap().parse().unwrap()
    }

    /// Moves the clock of every process ahead and waits until the API sees it.
    pub async fn advance(&self, seconds: i64) {
        let target = self
            .now()
            .await
            .checked_add(jiff::SignedDuration::from_secs(seconds))
            .unwrap();
        dev_stack::advance_clock(self.owner_url(), seconds).await.unwrap();
        until("the clock to move", || async {
            (self.now().await >= target).then_some(())
        })
        .await;
    }

    /// A few connections in the application's role, for looking at tables.
    pub async fn pool(&self) -> PgPool {
        database::pool(self.app_url()).await
    }

    /// Waits until every read model has every fact and no intent is due.
    pub async fn drain(&self) {
        let pool = self.pool().await;
        database::drained(&pool).await;
        pool.close().await;
    }

    /// Builds every read model anew and fails unless each comes out as the live one was; only while nothing changes.
    pub async fn rebuilt_equals_live(&self) {
        let pool = self.pool().await;
        database::drained(&pool).await;
        for model in database::models(&pool).await {
            let before = database::live_generation(&pool, &model).await;
            self.tot_as_admin(&["projections", "rebuild", &model, "--json"])
                .await;
            let after = database::live_generation(&pool, &model).await;
            assert_ne!(before, after, "{model} was not rebuilt");
            database::same_rows(&pool, &model, before, after).await;
        }
        pool.close().await;
    }

    /// Ends the test in order: drained, nothing parked or poisoned, money balanced, no fact without a cause, stopped politely.
    pub async fn finish(self) {
        let pool = self.pool().await;
        database::drained(&pool).await;
        let parked: i64 = sqlx::query_scalar("select count(*) from parked")
            .fetch_one(&pool)
            .await
            .unwrap();
        let poisoned: Vec<String> =
            sqlx::query_scalar("select last_error from intents where state = 'poisoned'")
                .fetch_all(&pool)
                .await
                .unwrap();
        assert!(
            parked == 0 && poisoned.is_empty(),
            "{parked} parked, poisoned: {poisoned:?}"
        );
        database::ledger_is_balanced(&pool).await;
        causes::every_fact_has_its_cause(&pool).await;
        pool.close().await;
        self.stop().await;
    }

    /// Ends the test without a look at what is left over.
    pub async fn stop(mut self) {
        self.halt().await;
    }

    /// Stops every process politely; logs and tables can still be looked at.
    pub async fn halt(&mut self) {
        for (_, process) in self.processes.drain(..) {
            process.stop().await;
        }
        self.over = true;
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the logs are kept in {}", self.folder.display());
            return;
        }
        drop(std::fs::remove_dir_all(&self.folder));
        assert!(
            self.over,
            "a journey ends with Platform::finish or Platform::stop"
        );
    }
}

fn free_port() -> u16 {
    loop {
        let port = rand::random_range(PORTS);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
