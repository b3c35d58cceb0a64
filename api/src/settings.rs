//! What a deployment may set about the HTTP surface; every number has a name, a unit and a default.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::policy::patient_limits::BookingsPerHour;
use jiff::SignedDuration;
use secrecy::SecretString;

use crate::origin::Origin;
use crate::return_targets::ReturnTargets;

/// How the HTTP surface behaves in this deployment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the platform is reached from outside, without a slash at the end: `https://tot.example`.
    pub public_url: String,
    /// The deployment's secret under which command digests are computed. Changing it makes every earlier idempotency
    /// key answer `idempotency_key_reused`.
    pub digest_secret: SecretString,
    /// How many proxies of ours stand in front: `X-Forwarded-For` is believed that many entries from the right. 0
    /// means nobody's header is believed.
    pub trusted_proxies: u8,
    /// The web apps of other origins that browsers let read our answers; none is closed to all.
    pub cors_origins: Vec<Origin>,
    /// How often whom may ask.
    pub limits: Limits,
    /// How long an answer may take before it becomes a 503.
    pub answer_within: Duration,
    /// How long a body may take to arrive before it becomes a 408.
    pub body_within: Duration,
    /// How often a head of the log is signed, at most: past that, facts that wait for one are told.
    pub notary_interval: Duration,
    /// Where apps may have their patients come back to from a provider's page.
    pub return_targets: ReturnTargets,
    /// How long somebody can take the erasure of their data back.
    pub erasure_cooling_off: SignedDuration,
    /// The version of the running code.
    pub app_version: &'static str,
}

impl Settings {
    /// The defaults, with what has none.
    pub fn new(
        public_url: impl Into<String>,
        digest_secret: SecretString,
        app_version: &'static str,
    ) -> Self {
        Self {
            public_url: public_url.into().trim_end_matches('/').to_owned(),
            digest_secret,
            trusted_proxies: 0,
            cors_origins: Vec::new(),
            limits: Limits::default(),
            answer_within: Duration::from_secs(30),
            body_within: Duration::from_secs(10),
            notary_interval: Duration::from_secs(60),
            return_targets: ReturnTargets::default(),
            erasure_cooling_off: SignedDuration::from_hours(7 * 24),
            app_version,
        }
    }
}

/// How often whom may ask. Tests and benchmarks raise these explicitly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Everything from one address.
    pub requests_per_address: Rate,
    /// Registrations and renewals from one address in a minute; as many failed sign-ins of a network cost nothing.
    pub logins_per_address: Rate,
    /// How many failed sign-ins to one account from one network cost nothing.
    pub logins_per_account: Rate,
    /// Commands of one account.
    pub writes_per_account: Rate,
    /// A provider's notices about one object; what comes beyond that is kept as one.
    pub notices_per_object: Rate,
    /// Readings of the calendar behind one link.
    pub feeds_per_link: Rate,
    /// What people do with the platform, by the hour and the day.
    pub business: BusinessLimits,
}

/// How often what costs others something may be done; none is no limit. The same in all processes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusinessLimits {
    /// Bookings of one patient.
    pub bookings_per_hour: BookingsPerHour,
    /// Registrations from one network: an IPv4 address, an IPv6 /64.
    pub registrations_per_hour: Option<NonZeroU32>,
    /// The same in a day.
    pub registrations_per_day: Option<NonZeroU32>,
    /// Attempts of one patient to pay for one booking.
    pub payments_per_hour: Option<NonZeroU32>,
    /// Invitations that one clinic sends.
    pub invitations_per_day: Option<NonZeroU32>,
}

impl BusinessLimits {
    /// No limits, for tests and benchmarks.
    pub const UNLIMITED: Self = Self {
        bookings_per_hour: BookingsPerHour {
            all: None,
            urgent: None,
        },
        registrations_per_hour: None,
        registrations_per_day: None,
        payments_per_hour: None,
        invitations_per_day: None,
    };
}

impl Default for BusinessLimits {
    fn default() -> Self {
        Self {
            bookings_per_hour: BookingsPerHour {
                all: NonZeroU32::new(20),
                urgent: NonZeroU32::new(5),
            },
            // Whole towns stand behind one address of a mobile network.
            registrations_per_hour: NonZeroU32::new(60),
            registrations_per_day: NonZeroU32::new(300),
            payments_per_hour: NonZeroU32::new(20),
            invitations_per_day: NonZeroU32::new(100),
        }
    }
}

/// So many in a minute, evenly, of which so many may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many in a minute.
    pub per_minute: NonZeroU32,
    /// How many of them at once.
    pub burst: NonZeroU32,
}

impl Rate {
    /// So many in a minute, all of which may come at once; nothing at all counts as one.
    pub fn per_minute(count: u32) -> Self {
        let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            per_minute: count,
            burst: count,
        }
    }

    /// No limit anybody reaches.
    pub const UNLIMITED: Self = Self {
        per_minute: NonZeroU32::MAX,
        burst: NonZeroU32::MAX,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_address: Rate::per_minute(1_200),
            logins_per_address: Rate::per_minute(30),
            logins_per_account: Rate::per_minute(5),
            writes_per_account: Rate::per_minute(120),
            notices_per_object: Rate::per_minute(20),
            feeds_per_link: Rate::per_minute(12),
            business: BusinessLimits::default(),
        }
    }
}

impl Limits {
    /// No limit anybody reaches, for tests and benchmarks.
    pub const UNLIMITED: Self = Self {
        requests_per_address: Rate::UNLIMITED,
        logins_per_address: Rate::UNLIMITED,
        logins_per_account: Rate::UNLIMITED,
        writes_per_account: Rate::UNLIMITED,
        notices_per_object: Rate::UNLIMITED,
        feeds_per_link: Rate::UNLIMITED,
        business: BusinessLimits::UNLIMITED,
    };
}
