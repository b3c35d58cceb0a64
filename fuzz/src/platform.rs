//! The API over a database of its own, called in this process.

use std::pin::Pin;
use std::sync::LazyLock;

use api::App;
use api::settings::{Limits, Settings};
use bytes::Bytes;
use commands::prices::{self, PublishPrices};
use commands::{CommandMetadata, CommandServices, PAYOUT_MIN_DEFAULT, Policies};
use dev_stack::TestDatabase;
use domain::people::Role;
use event_store::{EventLog, LogOptions};
use http::Request;
use http_body_util::{BodyExt, Full};
use identity::{
    Device, Email, MasterKeys, NewPatient, Password, People, PeopleOptions, PersonName, Proof, SignedIn,
    TokenKeys,
};
use jiff::Timestamp;
use projections::Models;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Longer than any run.
const TOKEN_SECONDS: i64 = 30 * 86_400;

/// What is called.
pub struct Platform {
    runtime: Runtime,
    call: Box<Call>,
    people: People,
    /// A patient's access token.
    pub token: String,
    _database: TestDatabase,
}

/// The whole surface, put together once.
type Call = dyn Fn(Request<Full<Bytes>>) -> Pin<Box<dyn Future<Output = Answer>>> + Send + Sync;

/// An answer.
pub struct Answer {
    pub status: u16,
    pub media_type: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The code of a refusal; empty where there is none.
    pub fn code(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// One for the process.
pub static PLATFORM: LazyLock<Platform> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (app, people, signed_in, database) = runtime.block_on(start());
    Platform {
        runtime,
        call: call(app),
        people,
        token: signed_in.access_token.expose_secret().to_owned(),
        _database: database,
    }
});

async fn start() -> (App, People, SignedIn, TestDatabase) {
    let database = TestDatabase::create()
        .await
        .expect("a database: run under dev-stack");
    let options = LogOptions::new(database.app_url(), domain::any_event::known);
    let log = EventLog::open(options).await.expect("the log opens");
    let file = |kind: &str| std::env::temp_dir().join(format!("{}.{kind}", database.name));
    let (keys, master) = (file("keys"), file("master-keys"));
    let people = People::new(
        log.pool().clone(),
        TokenKeys::generate(&keys).expect("keys"),
        MasterKeys::generate(&master).expect("master keys"),
        PeopleOptions {
            access_seconds: TOKEN_SECONDS,
            ..PeopleOptions::new("http://tot.example")
        },
    );
    for file in [keys, master] {
        std::fs::remove_file(file).expect("a file of ours");
    }
    let mut settings = Settings::new("http://tot.example/", SecretString::from("secret"), "fuzz");
    settings.limits = Limits::UNLIMITED;
    let policies = Policies {
        payout_min: PAYOUT_MIN_DEFAULT,
    };
    let services = CommandServices::new(log.clone(), people.clone(), policies);
    publish_prices(&services).await;
    let signed_in = sign_in(&people).await;
    (
        App::new(services, Models::new(log), None, settings),
        people,
        signed_in,
        database,
    )
}

async fn publish_prices(services: &CommandServices) {
    let example = include_str!("../../docs/how-to/price-list.example.json");
    let mut list: PublishPrices = api::read_price_document(example.as_bytes()).expect("the example is read");
    list.valid_from = Some(Timestamp::UNIX_EPOCH);
    let admin = "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69".parse().expect("an id");
    let metadata = CommandMetadata::from_account(admin, Role::Admin, String::new(), "0".repeat(32));
    prices::publish(services, &metadata, list)
        .await
        .expect("prices are published");
}

async fn sign_in(people: &People) -> SignedIn {
    let name = |text| PersonName::parse(text).expect("a name");
    let (email, password) = ("anna@example.com", "moss-kettle-ferry");
    let patient = NewPatient {
        email: Email::parse(email).expect("an address"),
        password: Password::parse(password).expect("a password"),
        first_name: name("Анна"),
        last_name: name("Ким"),
        phone: None,
    };
    let now = people.now().await.expect("the database's clock");
    let account = people.register(patient, now).await.expect("a patient");
    let session = people.start_session(account, &Device::UNKNOWN, None, Proof::Password, now);
    session.await.expect("a session")
}

impl Platform {
    /// Whose token this is, if anybody's.
    pub fn accepts(&self, token: &str) -> bool {
        let now = self
            .runtime
            .block_on(self.people.now())
            .expect("the database's clock");
        self.people.access(token, now).is_ok()
    }

    /// Asks, and reads a refusal to its end.
    pub fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        self.runtime.block_on((self.call)(request))
    }
}

fn call(app: App) -> Box<Call> {
    let router = api::router(app);
    Box::new(move |request| {
        let answer = router.clone().oneshot(request);
        Box::pin(async move {
            let (parts, body) = answer.await.unwrap_or_else(|never| match never {}).into_parts();
            let media_type = parts.headers.get(http::header::CONTENT_TYPE);
            let media_type = media_type.and_then(|kind| kind.to_str().ok());
            let media_type = media_type.unwrap_or_default().to_owned();
            // A live stream has no end.
            let is_refused = parts.status.is_client_error() || parts.status.is_server_error();
            let body = match is_refused {
                true => body
                    .collect()
                    .await
                    .expect("a body in memory")
                    .to_bytes()
                    .to_vec(),
                false => Vec::new(),
            };
            Answer {
                status: parts.status.as_u16(),
                media_type,
                body,
            }
        })
    })
}
