//! The platform: the log, the people and the policies that every use case is given.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{AccountId, DoctorId};
use domain::money::Money;
use domain::people::Role;
use event_store::EventLog;
use identity::{DoctorProfile, People};
use moka::sync::Cache;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::ports::Bank;
use crate::prices::Prices;
use crate::provider_ports::ProviderPorts;
use crate::refusal::CommandError;

/// How long a doctor's public profile is believed without asking again.
const PROFILE_FRESH: Duration = Duration::from_secs(5);
/// How many profiles are kept at most.
const PROFILES_MAX: u64 = 10_000;
/// How long the list of banks is believed without asking again: banks join the system a few times a year.
const BANKS_FRESH: Duration = Duration::from_secs(6 * 3_600);
/// How many wallets' current statement periods are remembered at most; each is a hint, the stream's version decides.
const PERIODS_MAX: u64 = 100_000;

/// Everything a use case needs; cheap to clone.
#[derive(Clone)]
pub struct CommandServices {
    /// Where everything is decided and recorded.
    pub log: EventLog,
    /// Accounts, profiles and the vault.
    pub people: People,
    /// The numbers the rules are asked with.
    pub policies: Policies,
    /// The price lists as far as this process knows them.
    pub prices: Prices,
    /// Whom it may ask outside.
    pub ports: ProviderPorts,
    doctors: Cache<DoctorId, Arc<DoctorProfile>>,
    readings: Cache<DoctorId, Arc<Mutex<Option<Reading>>>>,
    periods: Cache<AccountId, u32>,
    banks: Cache<(), Arc<Vec<Bank>>>,
}

/// A reading of a doctor's profile that others may share.
struct Reading {
    begun_at: Instant,
    profile: Option<Arc<DoctorProfile>>,
}

/// What the platform may be told differently per deployment. What patients and doctors agree to is none of it: that stands
/// in the price lists, which are facts.
#[derive(Clone, Debug)]
pub struct Policies {
    /// Less than this is not worth a doctor's payout yet.
    pub payout_min: Money,
}

/// What is worth a payout where a deployment does not say otherwise: 100.00.
pub const PAYOUT_MIN_DEFAULT: Money = Money::kopecks(10_000);

impl CommandServices {
    /// The platform over this log, these people and these policies, with no provider to ask.
    pub fn new(log: EventLog, people: People, policies: Policies) -> Self {
        Self {
            prices: Prices::new(log.clone()),
            log,
            people,
            policies,
            ports: ProviderPorts::none(),
            doctors: Cache::builder()
                .max_capacity(PROFILES_MAX)
                .time_to_live(PROFILE_FRESH)
                .build(),
            readings: Cache::builder()
                .max_capacity(PROFILES_MAX)
                .time_to_idle(PROFILE_FRESH)
                .build(),
            periods: Cache::builder().max_capacity(PERIODS_MAX).build(),
            banks: Cache::builder().max_capacity(1).time_to_live(BANKS_FRESH).build(),
        }
    }

    /// The same, with providers to ask.
    #[must_use]
    pub fn with_providers(self, ports: ProviderPorts) -> Self {
        Self { ports, ..self }
    }

    /// The doctor's public profile, a few seconds old at most; none for an unknown or deactivated doctor.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`].
    pub(crate) async fn doctor(&self, id: DoctorId) -> Result<Option<Arc<DoctorProfile>>, CommandError> {
        if let Some(known) = self.doctors.get(&id) {
            return Ok(Some(known));
        }
        self.doctor_now(id).await
    }

    /// The same, read no earlier than now: another process may have changed whether the doctor takes new visits. A crowd
    /// that asks at once shares one reading that began after all of it had asked.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`].
    pub(crate) async fn doctor_now(&self, id: DoctorId) -> Result<Option<Arc<DoctorProfile>>, CommandError> {
        let asked_at = Instant::now();
        let reading = self.readings.get_with(id, Arc::default);
        let mut last = reading.lock().await;
        if let Some(shared) = last.as_ref().filter(|shared| shared.begun_at >= asked_at) {
            return Ok(shared.profile.clone());
        }
        let begun_at = Instant::now();
        let profile = self.people.doctor(id).await?.map(Arc::new);
        match &profile {
            Some(profile) => self.doctors.insert(id, Arc::clone(profile)),
            None => self.doctors.invalidate(&id),
        }
        *last = Some(Reading {
            begun_at,
            profile: profile.clone(),
        });
        Ok(profile)
    }

    /// What is remembered of the doctor is not believed any more: it was changed here.
    pub(crate) fn forget_doctor(&self, id: DoctorId) {
        self.doctors.invalidate(&id);
    }

    /// Whether this is a patient's account that may be used.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`].
    pub(crate) async fn is_patient(&self, id: AccountId) -> Result<bool, CommandError> {
        let account = self.people.account(id).await?;
        Ok(account.is_some_and(|account| account.role == Role::Patient))
    }

    /// The banks that payouts can go to, if they were listed lately.
    pub(crate) fn banks_known(&self) -> Option<Arc<Vec<Bank>>> {
        self.banks.get(&())
    }

    /// Remembers the banks that payouts can go to.
    pub(crate) fn note_banks(&self, banks: Arc<Vec<Bank>>) {
        self.banks.insert((), banks);
    }

    /// The owner's statement period in force, as far as this process knows.
    pub(crate) fn period_hint(&self, owner_id: AccountId) -> Option<u32> {
        self.periods.get(&owner_id)
    }

    /// Remembers which of the owner's periods is in force.
    pub(crate) fn note_period(&self, owner_id: AccountId, period: u32) {
        self.periods.insert(owner_id, period);
    }

    /// Forgets a hint that led nowhere.
    pub(crate) fn forget_period(&self, owner_id: AccountId) {
        self.periods.invalidate(&owner_id);
    }
}
