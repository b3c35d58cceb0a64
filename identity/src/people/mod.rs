//! The people of the platform: who they are, how they sign in, and which doctors the public may see.
#![expect(missing_docs, reason = "pure data: most names say it all")]

mod accounts;
pub mod apps;
mod audit_query;
pub mod audit_trail;
mod blind_index;
mod calendar_links;
mod claims;
pub mod command_line;
pub mod consents;
mod contacts;
pub mod destruction_act;
mod directory;
mod doctor_search;
mod doctors;
mod doctors_nearby;
pub mod documents;
mod edits;
mod ended_sessions;
mod erasure_steps;
pub mod erasures;
pub mod factor_codes;
pub mod first_encryption;
pub mod invitations;
pub mod known_devices;
pub mod limit_counts;
pub mod one_time_codes;
mod operators;
mod options;
pub mod outgoing_mail;
mod own_sessions;
pub mod passkey_sign_in;
pub mod passkeys;
pub mod password_resets;
pub mod payouts;
pub mod personal_fields;
pub mod profiles;
pub mod proofs;
mod proven_emails;
pub mod proven_phones;
pub(crate) mod refresh;
mod registrations;
pub mod rotation;
mod rows;
mod sealed_contacts;
pub mod second_factors;
pub mod security_events;
mod sessions;
mod shown;
pub mod sign_in;
mod sms_limits;
pub(crate) mod stream_tickets;
mod subject_keys;
pub mod trail_hashes;
mod trail_writer;
pub mod vault;

pub use calendar_links::{CalendarLanguage, CalendarLink, CalendarOwner, CalendarToken};
pub use directory::{
    AccountDetails, AccountEntry, AccountFilter, AccountOrder, AccountPage, SESSIONS_SHOWN_MAX, SessionEntry,
};
pub use doctor_search::DoctorSearch;
pub use doctors::LANGUAGES_MAX;
pub use doctors_nearby::{FARTHEST, NearbyPage};
pub use edits::{AccountChange, FieldChange, PreparedEdit};
pub use operators::{Operator, OperatorSignedIn, OperatorToken};
pub use options::{PeopleOptions, SessionHours};
pub use own_sessions::PasswordChange;
pub use second_factors::{FactorReset, SecondFactor, TotpEnrolment, WithRecoveryCodes};
pub use shown::{FOUND_MAX, Sought, SoughtName};
pub use sign_in::{PendingSignIn, SignIn, SignInToken};

use std::fmt;
use std::sync::Arc;

use domain::ids::{AccountId, ClinicId, DoctorId};
use domain::people::Role;
use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::PgPool;
use tokio::sync::OnceCell;

use crate::keys::TokenKeys;
use crate::keys::master::MasterKeys;
use crate::passwords::Hasher;
use crate::refusal::TokenRefusal;
use crate::relying_party::RelyingParty;
use crate::tokens::{Access, Bearer, Principal, Tokens};
use crate::turns::Place;
use crate::values::contact::{Email, Phone};
use crate::values::doctor::{ExperienceYears, Language, PriceClass, Specialization, Zone};
use crate::values::name::{ClinicName, PersonName};
use crate::values::password::Password;
use crate::values::profile::GeoPoint;
use blind_index::BlindIndex;
use known_devices::DeviceToken;
use refresh::RefreshToken;
use subject_keys::{OpenedKeys, opened_keys};
use trail_writer::TrailQueue;

/// Accounts, sessions and profiles; cheap to clone.
#[derive(Clone)]
pub struct People {
    pool: PgPool,
    inner: Arc<Inner>,
}

struct Inner {
    master: MasterKeys,
    opened_keys: OpenedKeys,
    blind_index: OnceCell<BlindIndex>,
    hasher: Hasher,
    tokens: Tokens,
    /// None where the platform's public address is no name.
    relying_party: Option<RelyingParty>,
    options: PeopleOptions,
    trail: TrailQueue,
}

#[derive(Clone, Debug)]
pub struct NewPatient {
    /// The name to sign in with.
    pub email: Email,
    pub password: Password,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub phone: Option<Phone>,
}

/// An account made by the CLI or an admin.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// What it may do, with what that role needs.
    pub role: NewRole,
    /// The name to sign in with.
    pub email: Email,
    pub password: Password,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub phone: Option<Phone>,
}

/// A role, with what an account of that role needs beside a name.
#[derive(Clone, Debug)]
pub enum NewRole {
    Patient,
    Doctor(DoctorDetails),
    Clinic(ClinicName),
    Admin,
    /// Reads without personal data.
    Analyst,
}

impl NewRole {
    pub const fn role(&self) -> Role {
        match self {
            Self::Patient => Role::Patient,
            Self::Doctor(_) => Role::Doctor,
            Self::Clinic(_) => Role::Clinic,
            Self::Admin => Role::Admin,
            Self::Analyst => Role::Analyst,
        }
    }
}

/// What a doctor's public profile says beside the name.
#[derive(Clone, Debug)]
pub struct DoctorDetails {
    pub specialization: Specialization,
    pub experience_years: ExperienceYears,
    /// Languages spoken, at most [`LANGUAGES_MAX`] are kept.
    pub languages: Vec<Language>,
    pub clinic_id: Option<ClinicId>,
    pub price_class: PriceClass,
    /// Where the doctor's days are lived.
    pub zone: Zone,
    pub accepts: bool,
    /// Whether an admin answers for this; until one does the doctor is not offered.
    pub verified: bool,
}

/// A signed-in person's own view; `Debug` hides contacts and names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub role: Role,
    /// The name to sign in with.
    pub email: Email,
    pub phone: Option<Phone>,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub active: bool,
    pub created_at: Timestamp,
    /// Whether its owner has brought a code that was sent to the address.
    pub email_proven: bool,
    /// Whether an operator gave it the address, which counts as proof.
    pub email_vouched: bool,
    /// Whether its owner has brought a code that was sent to the number.
    pub phone_proven: bool,
}

impl Account {
    /// Whether the address is this account's and no other's: proven, or vouched for by an operator.
    pub const fn holds_email(&self) -> bool {
        self.email_proven || self.email_vouched
    }

    /// What its owner is called by and reached at, which a password is not to be.
    pub fn own_words(&self) -> Vec<&str> {
        own_words(
            &self.email,
            &self.first_name,
            &self.last_name,
            self.phone.as_ref(),
        )
    }
}

/// What somebody is called by and reached at, which a password is not to be.
pub fn own_words<'p>(
    email: &'p Email,
    first_name: &'p PersonName,
    last_name: &'p PersonName,
    phone: Option<&'p Phone>,
) -> Vec<&'p str> {
    let names = [email.as_str(), first_name.as_str(), last_name.as_str()];
    names.into_iter().chain(phone.map(Phone::as_str)).collect()
}

/// What changes in one's own profile; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub phone: Option<Phone>,
}

/// What anyone may read about a doctor: no contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorProfile {
    pub id: DoctorId,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub specialization: Specialization,
    pub experience_years: ExperienceYears,
    pub languages: Vec<Language>,
    pub clinic_id: Option<ClinicId>,
    pub clinic: Option<String>,
    pub price_class: PriceClass,
    pub zone: Zone,
    /// Whether new visits are taken; never by one who is not verified.
    pub accepts: bool,
    /// What the doctor says of themselves.
    pub about: Option<String>,
    /// How far the doctor travels, in kilometres.
    pub travel_km: Option<i16>,
    /// From the place that was asked about to the doctor's point, or their clinic's; none without either.
    pub metres: Option<i32>,
}

#[derive(Clone, Debug, Default)]
pub struct DoctorFilter {
    /// Only of this specialization, letter case aside.
    pub specialization: Option<Specialization>,
    pub clinic_id: Option<ClinicId>,
    /// Only those who take new bookings, or only those who do not.
    pub accepts: Option<bool>,
    /// Only those who speak any of these; anybody if there are none.
    pub languages: Vec<Language>,
    pub search: Option<DoctorSearch>,
    /// From where distances are counted.
    pub near: Option<GeoPoint>,
    /// Only those whose point is so near.
    pub within_km: Option<u16>,
}

/// A part of a list, in the order in which doctors joined; the order never changes under the reader.
#[derive(Clone, Debug)]
pub struct DoctorPage {
    pub items: Vec<DoctorProfile>,
    /// Where the next page starts: pass it as `after`; `None` at the end.
    pub next: Option<DoctorId>,
}

/// Where somebody comes from who signs in.
#[derive(Clone, Debug, Default)]
pub struct SignInOrigin {
    /// Before whom their password is checked.
    pub place: Place,
    /// What tells the device, if it is one on which somebody signed in before.
    pub device_token: Option<DeviceToken>,
}

/// The answer to a sign-in or a refresh.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub access_token: SecretString,
    pub refresh_token: RefreshToken,
    /// What tells the device from now on; a refresh answers none.
    pub device_token: Option<DeviceToken>,
    /// Seconds until the access token expires.
    pub expires_in_s: i64,
    pub account: Account,
}

impl People {
    /// Seconds a refresh token of this role lasts unused.
    pub fn refresh_seconds(&self, role: Role) -> i64 {
        self.inner.options.lasts(role).refresh_hours.saturating_mul(3_600)
    }

    /// The people stored behind `pool`, with access tokens signed by `keys` and personal data sealed under `master`.
    pub fn new(pool: PgPool, keys: TokenKeys, master: MasterKeys, options: PeopleOptions) -> Self {
        let tokens = Tokens::new(
            keys,
            options.issuer.clone(),
            options.audience.clone(),
            options.access_seconds,
            options.verified_tokens_max,
        );
        let relying_party = RelyingParty::of(&options.issuer, &options.passkey_origins);
        Self {
            pool,
            inner: Arc::new(Inner {
                master,
                opened_keys: opened_keys(),
                blind_index: OnceCell::new(),
                hasher: Hasher::new(options.hashes_at_once),
                tokens,
                relying_party,
                trail: TrailQueue::new(options.trail_waiting_max),
                options,
            }),
        }
    }

    /// Who `access_token` speaks for at `now`. No database: see [`People::sync_revocations`] for what that means.
    pub fn verify(&self, access_token: &str, now: Timestamp) -> Result<Principal, TokenRefusal> {
        self.access(access_token, now).map(|access| access.principal)
    }

    /// The same, with the seconds between which the token speaks.
    pub fn access(&self, access_token: &str, now: Timestamp) -> Result<Access, TokenRefusal> {
        match self.bearer(access_token, now)? {
            Bearer::Person(access) => Ok(access),
            Bearer::App(_) => Err(TokenRefusal::OfAnApp),
        }
    }

    /// Whose token it is, a person's or an app's; of an app's the database is still to be asked ([`People::app_standing`]).
    pub fn bearer(&self, access_token: &str, now: Timestamp) -> Result<Bearer, TokenRefusal> {
        self.inner.tokens.verify(access_token, now)
    }

    /// Whether a request with that token would be let in now; for answers that go on after the moment it was checked in. Costs no
    /// look at the database.
    pub fn standing(&self, access: &Access, now: Timestamp) -> Result<(), TokenRefusal> {
        self.inner.tokens.standing(access, now)
    }

    /// The keys under which personal data are sealed in the end.
    pub fn master_keys(&self) -> &MasterKeys {
        &self.inner.master
    }

    /// The pool behind.
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("People")
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}
