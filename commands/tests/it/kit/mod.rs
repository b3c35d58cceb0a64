//! A platform of one's own on a fresh database, with people in it and its processes driven by hand.

mod lives;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use commands::bookings::{self, RequestBooking};
use commands::intents::{IntentStep, IntentWorker, IntentWorkerOptions};
use commands::payments::{self, StartPayment};
use commands::ports::{Hint, ObjectKind};
use commands::schedule::{self, OpenDay, WorkingHours};
use commands::wallet::{self, DepositCash};
use commands::{
    BookingState, CommandError, CommandMetadata, CommandOutcome, CommandServices, Policies, ProviderPorts,
    RetrySchedule,
};
use dev_stack::TestDatabase;
use domain::booking::Booking;
use domain::booking::events::CallType;
use domain::ids::{AccountId, BookingId, ClinicId, DoctorId, PatientId, PaymentId};
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::events::PaymentMethod;
use domain::payment::provider::Provider;
use domain::people::Role;
use event_store::intents::{IntentFilter, IntentOptions};
use event_store::{AsOf, Bus, Counters, EventLog, Fact, LogOptions, Worker, WorkerOptions};
use identity::{MasterKeys, People, PeopleOptions, TokenKeys};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::hasty_bus::connect;
use crate::people;
use crate::price_lists::publish_prices;

pub const URGENT: Money = Money::kopecks(150_000);
pub const SCHEDULED: Money = Money::kopecks(200_000);
/// How often a process looks at the platform's clock.
const SAMPLE_EVERY: Duration = Duration::from_millis(50);
pub const ZONE: &str = "Europe/Moscow";
/// More rounds than any chain of reactions is long.
const RETRIES_MAX: u32 = 400;

pub struct Kit {
    pub services: CommandServices,
    pub intents: IntentWorker,
    /// The way over NATS, if the platform has one.
    pub bus: Option<Bus>,
    processes: Worker,
    people: AtomicU32,
    /// The clinic of the doctors.
    pub clinic: ClinicId,
    _keys: KeyFile,
    pub database: TestDatabase,
}

struct KeyFile(std::path::PathBuf);

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Kit {
    /// Its processes follow the log alone.
    pub async fn new() -> Self {
        Self::on(TestDatabase::create().await.unwrap(), None).await
    }

    /// Where nobody published a price list yet.
    pub async fn without_prices() -> Self {
        Self::bare(TestDatabase::create().await.unwrap(), None).await
    }

    /// With somebody to ask outside.
    pub async fn with_providers(ports: ProviderPorts) -> Self {
        let mut kit = Self::new().await;
        kit.reaches(ports);
        kit
    }

    /// From now on these are whom it can ask outside.
    pub fn reaches(&mut self, ports: ProviderPorts) {
        self.services = self.services.clone().with_providers(ports);
        self.intents = IntentWorker::new(self.services.clone(), IntentWorkerOptions::default());
    }

    /// A provider tells, under this word, that its payment succeeded.
    pub async fn noticed(&self, provider_id: &str, dedup: &str) {
        let hint = Hint {
            event: "payment.succeeded".to_owned(),
            object: ObjectKind::Payment,
            object_id: provider_id.to_owned(),
            payment_id: Some(provider_id.to_owned()),
            dedup: dedup.to_owned(),
        };
        payments::enqueue_notice(&self.services, Provider::Yookassa, &hint, false, "trace")
            .await
            .unwrap();
    }

    /// Its processes hear of facts over the NATS at this address, if there is one.
    pub async fn on(database: TestDatabase, nats_url: Option<&str>) -> Self {
        let kit = Self::bare(database, nats_url).await;
        publish_prices(&kit.services, 1, |_| ()).await;
        kit
    }

    async fn bare(database: TestDatabase, nats_url: Option<&str>) -> Self {
        let (services, keys) = open_process(&database, SAMPLE_EVERY).await;
        let bus = match nats_url {
            Some(url) => Some(connect(url, &services.log).await),
            None => None,
        };
        let consumer = Arc::new(commands::processes::consumer(RetrySchedule::default()));
        let mut processes = Worker::new(
            services.log.clone(),
            bus.clone(),
            consumer,
            WorkerOptions::default(),
        );
        processes.register().await.unwrap();
        let intents = IntentWorker::new(services.clone(), IntentWorkerOptions::default());
        let clinic = people::clinic(&services, 0).await;
        Self {
            services,
            intents,
            bus,
            processes,
            people: AtomicU32::new(1),
            clinic,
            _keys: keys,
            database,
        }
    }

    /// Another process over the same database.
    pub async fn another_process(&self) -> CommandServices {
        self.process_reading_the_clock_every(SAMPLE_EVERY).await
    }

    /// Another process, whose copy of the platform's clock is this old at worst.
    pub async fn process_reading_the_clock_every(&self, sample_every: Duration) -> CommandServices {
        let (services, keys) = open_process(&self.database, sample_every).await;
        drop(keys);
        services
    }

    /// An intent worker whose claims last only so long.
    pub fn hasty_worker(&self, lease_ms: u64) -> IntentWorker {
        let queue = IntentOptions {
            lease: Duration::from_millis(lease_ms),
            ..IntentOptions::default()
        };
        IntentWorker::new(
            self.services.clone(),
            IntentWorkerOptions {
                queue,
                ..IntentWorkerOptions::default()
            },
        )
    }

    pub fn now(&self) -> Timestamp {
        self.services.log.clock().now()
    }

    pub async fn advance(&self, minutes: i64) {
        // Read before the clock moves: the log's own beat may see the move at any moment after.
        let before = self.now();
        dev_stack::advance_clock(self.database.owner_url(), minutes * 60)
            .await
            .unwrap();
        self.services.log.sample().await.unwrap();
        assert!(
            self.now().duration_since(before) > SignedDuration::from_mins(minutes - 1),
            "the clock moved"
        );
    }

    pub fn nth(&self) -> u32 {
        self.people.fetch_add(1, Ordering::Relaxed)
    }

    pub async fn facts(&self) -> Vec<Fact> {
        self.services.log.read_after(0, 100_000).await.unwrap()
    }

    pub async fn count(&self, event_type: &str) -> usize {
        self.facts()
            .await
            .iter()
            .filter(|fact| fact.event_type == event_type)
            .count()
    }

    /// Which way the processes' facts came.
    pub fn processes_counters(&self) -> Arc<Counters> {
        self.processes.counters()
    }

    /// Lets the processes see every fact there is.
    pub async fn react(&mut self) {
        for _ in 0..RETRIES_MAX {
            if self.processes.step().await.unwrap().quiet {
                return;
            }
        }
        panic!("the processes never came to rest");
    }

    /// Lets processes and intents run until nothing more is due.
    pub async fn drain(&mut self) {
        let mut sum = IntentStep::default();
        for _ in 0..RETRIES_MAX {
            self.react().await;
            let step = self.intents.step().await.unwrap();
            sum.failed += step.failed;
            sum.refused += step.refused;
            if step == IntentStep::default() {
                assert_eq!((sum.failed, sum.refused), (0, 0), "{:#?}", self.unhappy().await);
                return;
            }
        }
        panic!("the intents never came to rest");
    }

    async fn unhappy(&self) -> Vec<event_store::intents::QueuedIntent> {
        let all = event_store::intents::list(self.services.log.pool(), &IntentFilter::default())
            .await
            .unwrap();
        all.into_iter()
            .filter(|intent| intent.last_error.is_some() || intent.outcome.is_some())
            .collect()
    }
}

async fn open_process(database: &TestDatabase, sample_every: Duration) -> (CommandServices, KeyFile) {
    let options = LogOptions::new(database.app_url(), domain::any_event::known);
    let log = EventLog::open(LogOptions {
        sample_every,
        ..options
    })
    .await
    .unwrap();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("{}-{number}.keys", database.name));
    let keys = KeyFile(path.clone());
    let people = People::new(
        log.pool().clone(),
        TokenKeys::generate(&path).unwrap(),
        master_keys(),
        PeopleOptions::new("http://localhost"),
    );
    let policies = Policies {
        payout_min: commands::PAYOUT_MIN_DEFAULT,
    };
    (CommandServices::new(log, people, policies), keys)
}

/// The master keys of every process of this test.
fn master_keys() -> MasterKeys {
    static KEYS: LazyLock<MasterKeys> = LazyLock::new(|| {
        let path = std::env::temp_dir().join(format!("{}.master-keys", std::process::id()));
        let keys = MasterKeys::generate(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        keys
    });
    KEYS.clone()
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

pub const ADMIN: AccountId = AccountId::from_uuid(Uuid::from_u128(0xad));

fn metadata(id: AccountId, role: Role) -> CommandMetadata {
    CommandMetadata::from_account(id, role, "digest".to_owned(), "trace".to_owned())
}

pub fn as_patient(id: PatientId) -> CommandMetadata {
    metadata(id.into(), Role::Patient)
}

pub fn as_doctor(id: DoctorId) -> CommandMetadata {
    metadata(id.into(), Role::Doctor)
}

pub fn as_admin() -> CommandMetadata {
    metadata(ADMIN, Role::Admin)
}

pub fn as_clinic(id: ClinicId) -> CommandMetadata {
    metadata(id.into(), Role::Clinic)
}

pub fn id_of(done: &CommandOutcome<BookingState>) -> BookingId {
    done.answer.booking.agreement().unwrap().booking_id
}

/// The code of the refusal that `answer` is.
pub fn refused<T>(answer: Result<T, CommandError>) -> &'static str {
    let Err(error) = answer else { return "done" };
    match error.refusal() {
        Some(refusal) => refusal.code(),
        None => panic!("a fault: {error:?}"),
    }
}

pub fn urgent() -> RequestBooking {
    RequestBooking {
        call_type: CallType::Urgent,
        offered: URGENT,
        offered_version: None,
        doctor_id: None,
        starts_at: None,
        details: [("address", "Москва, ул. Тверская, 1"), ("symptoms", "жар")]
            .map(|(name, words)| (name, Some(words.to_owned())))
            .into_iter()
            .collect(),
    }
}

pub fn scheduled(doctor: DoctorId, starts_at: Timestamp) -> RequestBooking {
    RequestBooking {
        call_type: CallType::Scheduled,
        offered: SCHEDULED,
        doctor_id: Some(doctor),
        starts_at: Some(starts_at),
        ..urgent()
    }
}
