//! A log with the facts of visits on a database of one's own, endpoints, and receivers that behave as their address says.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dev_stack::TestDatabase;
use domain::ids::AccountId;
use event_store::{EventLog, LogOptions, shard_of};
use futures::future::BoxFuture;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::watch;
use uuid::Uuid;
use webhooks::address::{EndpointUrl, Loopback};
use webhooks::endpoints::{Endpoint, EndpointScope, NewEndpoint, create, show};
use webhooks::{
    Attempt, Dispatcher, DispatcherOptions, EventType, FanOut, FanOutOptions, FanOutStep, OutgoingRequest,
    Transport, WebhookKeys, Webhooks,
};

/// A visit from its request to its end, as the log has it.
pub const VISIT: [(&str, &str); 6] = [
    ("BookingRequested", "2"),
    ("BookingSecured", "1"),
    ("BookingAssigned", "2"),
    ("DoctorDeparted", "1"),
    ("DoctorArrived", "1"),
    ("VisitStarted", "1"),
];
/// The clinic that the golden facts speak of.
pub const CLINIC: &str = "018f6d2a-0009-7c3e-9a51-0242ac120002";

pub struct Kit {
    pub database: TestDatabase,
    pub log: EventLog,
    pub owner: PgConnection,
    pub webhooks: Webhooks,
    pub fan_out: FanOut,
    pub dispatcher: Dispatcher,
    pub receivers: Receivers,
    pub last: i64,
    versions: HashMap<(String, Uuid), i64>,
}

impl Kit {
    pub async fn open() -> Self {
        Self::with(DispatcherOptions::default()).await
    }

    pub async fn with(options: DispatcherOptions) -> Self {
        let database = TestDatabase::create().await.unwrap();
        dev_stack::install_clock(database.owner_url()).await.unwrap();
        let log = another_process(&database).await;
        let owner = PgConnection::connect(database.owner_url()).await.unwrap();
        let webhooks = Webhooks {
            pool: log.pool().clone(),
            keys: Arc::new(WebhookKeys::new(b"a key of the tests", None).unwrap()),
            loopback: Loopback::Allowed,
        };
        let receivers = Receivers::default();
        let fan_out = FanOut::new(log.clone(), few_at_a_time());
        let told = fan_out.queued();
        let dispatcher = Dispatcher::new(log.clone(), &webhooks, Arc::new(receivers.clone()), options, told);
        Self {
            database,
            log,
            owner,
            webhooks,
            fan_out,
            dispatcher,
            receivers,
            last: 0,
            versions: HashMap::new(),
        }
    }

    /// An endpoint that is told of everything, or of one clinic's.
    pub async fn endpoint(&self, path: &str, clinic: Option<&str>, event_types: &[EventType]) -> Endpoint {
        let owner = clinic.map_or_else(Uuid::new_v4, |clinic| clinic.parse().unwrap());
        let new = NewEndpoint {
            id: Uuid::new_v4(),
            owner_id: AccountId::from_uuid(owner),
            clinic_id: clinic.map(|clinic| clinic.parse().unwrap()),
            digest: "digest".to_owned(),
            url: EndpointUrl::parse(&format!("http://localhost/{path}"), Loopback::Allowed).unwrap(),
            event_types: event_types.to_vec(),
        };
        create(&self.webhooks, &new).await.unwrap().endpoint
    }

    pub async fn everything(&self, path: &str) -> Endpoint {
        self.endpoint(path, None, &EventType::ALL).await
    }

    pub async fn shown(&self, endpoint: &Endpoint) -> Endpoint {
        show(&self.webhooks.pool, EndpointScope::Everybodys, endpoint.id)
            .await
            .unwrap()
    }

    /// The next fact of a stream, as the golden files have it.
    pub async fn append(
        &mut self,
        (aggregate, id): (&str, Uuid),
        (event_type, version): (&str, &str),
        partition: Uuid,
        clinic: &str,
    ) -> i64 {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/events"));
        let golden = std::fs::read_to_string(folder.join(format!("{event_type}.v{version}.json"))).unwrap();
        let payload = golden
            .trim_end()
            .replace(CLINIC, clinic)
            .replace("018f6d2a-0001-7c3e-9a51-0242ac120002", &partition.to_string());
        self.last += 1;
        let sequence = self.versions.entry((aggregate.to_owned(), id)).or_default();
        *sequence += 1;
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position, shard, \
                                 partition_key, recorded_at, command_id) \
             values ($1, $2, $3, $4, $5, $6::json, '{}', $7, $8, $9, house_now(), null)",
        )
        .bind(aggregate)
        .bind(id.to_string())
        .bind(*sequence)
        .bind(event_type)
        .bind(version)
        .bind(payload)
        .bind(self.last)
        .bind(shard_of(&partition.to_string()))
        .bind(partition.to_string())
        .execute(&mut self.owner)
        .await
        .unwrap();
        self.last
    }

    /// The first so many facts of a visit of this clinic's doctor.
    pub async fn visit(&mut self, booking: Uuid, facts: usize, clinic: &str) {
        for fact in VISIT.into_iter().take(facts) {
            self.append(("booking", booking), fact, booking, clinic).await;
        }
    }

    /// Tells the log until there is nothing more.
    pub async fn fan_out_all(&mut self) {
        loop {
            match self.fan_out.step().await.unwrap() {
                FanOutStep::Quiet | FanOutStep::Nobody => break,
                FanOutStep::Queued(_) => {}
                FanOutStep::Follows => panic!("another process leads"),
            }
        }
    }

    /// Tells and delivers what is due until nothing is.
    pub async fn deliver(&mut self) {
        self.fan_out_all().await;
        while self.dispatcher.step().await.unwrap() > 0 {}
    }

    /// Moves the platform's clock, and waits until this process sees it.
    pub async fn advance(&mut self, seconds: i64) {
        let before = self.log.clock().now();
        dev_stack::move_clock(self.database.owner_url(), seconds)
            .await
            .unwrap();
        let ahead = jiff::SignedDuration::from_secs(seconds - 1);
        while self.log.clock().now() < before + ahead {
            tokio::task::yield_now().await;
        }
    }

    /// Positions in an endpoint's queue, in order, with where they stand.
    pub async fn queue(&mut self, endpoint: &Endpoint) -> Vec<(i64, String)> {
        sqlx::query_as(
            "select position, state from webhooks.deliveries where endpoint_id = $1 order by position",
        )
        .bind(endpoint.id)
        .fetch_all(&mut self.owner)
        .await
        .unwrap()
    }
}

/// Few facts at a time, so that batches end everywhere.
pub fn few_at_a_time() -> FanOutOptions {
    FanOutOptions {
        batch_max: 3,
        ..FanOutOptions::default()
    }
}

pub async fn another_process(database: &TestDatabase) -> EventLog {
    EventLog::open(LogOptions::new(database.app_url(), domain::any_event::known))
        .await
        .unwrap()
}

/// One message that came, be it taken or not.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub id: String,
    pub signatures: String,
    pub body: serde_json::Value,
    pub taken: bool,
}

impl Received {
    pub fn position(&self) -> i64 {
        self.body["data"]["position"].as_i64().unwrap()
    }

    pub fn booking(&self) -> String {
        self.body["data"]["booking_id"].as_str().unwrap().to_owned()
    }
}

type Answer = Box<dyn Fn(&serde_json::Value) -> Attempt + Send>;

/// Receivers by the path of their address; they take everything unless they are told otherwise.
#[derive(Clone, Default)]
pub struct Receivers(Arc<Mutex<State>>, Arc<watch::Sender<usize>>);

#[derive(Default)]
struct State {
    received: Vec<Received>,
    answers: HashMap<String, Answer>,
    takes: HashMap<String, Duration>,
}

pub fn answered(status: u16) -> Attempt {
    Attempt::Answered {
        status,
        retry_after: None,
    }
}

impl Receivers {
    /// From now on it answers so.
    pub fn set(&self, path: &str, answer: impl Fn(&serde_json::Value) -> Attempt + Send + 'static) {
        self.0
            .lock()
            .unwrap()
            .answers
            .insert(path.to_owned(), Box::new(answer));
    }

    /// From now on each answer takes so long.
    pub fn slow_down(&self, path: &str, takes: Duration) {
        self.0.lock().unwrap().takes.insert(path.to_owned(), takes);
    }

    pub fn of(&self, path: &str) -> Vec<Received> {
        let state = self.0.lock().unwrap();
        state
            .received
            .iter()
            .filter(|one| one.path == path)
            .cloned()
            .collect()
    }

    /// Waits until all of them together have taken so many.
    pub async fn until_taken(&self, count: usize) {
        let mut taken = self.1.subscribe();
        taken.wait_for(|taken| *taken >= count).await.unwrap();
    }

    /// Positions it took, in the order in which it did.
    pub fn taken(&self, path: &str) -> Vec<i64> {
        let taken = self.of(path).into_iter().filter(|one| one.taken);
        taken.map(|one| one.position()).collect()
    }

    /// Whether each booking's events were taken in the order of the log, repetitions aside.
    pub fn in_order(&self, path: &str) -> bool {
        let mut last = HashMap::<String, i64>::new();
        self.of(path).into_iter().filter(|one| one.taken).all(|one| {
            let before = last.insert(one.booking(), one.position());
            before.is_none_or(|before| before <= one.position())
        })
    }
}

impl Transport for Receivers {
    fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Attempt> {
        Box::pin(async move {
            let path = request.url.url().path().trim_start_matches('/').to_owned();
            let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
            let takes = self.0.lock().unwrap().takes.get(&path).copied();
            if let Some(takes) = takes {
                tokio::time::sleep(takes).await;
            }
            let mut state = self.0.lock().unwrap();
            let attempt = state
                .answers
                .get(&path)
                .map_or(answered(200), |answer| answer(&body));
            state.received.push(Received {
                path,
                id: request.id,
                signatures: request.signatures,
                body,
                taken: attempt.is_taken(),
            });
            if attempt.is_taken() {
                self.1.send_modify(|taken| *taken += 1);
            }
            attempt
        })
    }
}
