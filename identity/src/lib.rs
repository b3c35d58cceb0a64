#![doc = include_str!("../README.md")]

pub mod keys;
mod opaque;
mod passwords;
mod people;
mod place;
mod random;
mod refusal;
mod sealing;
mod tokens;
mod turns;
mod values;

pub use keys::master::{KeyedHash, MasterKeyError, MasterKeys};
pub use keys::{KeyError, TokenKeys};
pub use people::audit_trail::{AuditEntry, AuditFilter, AuditKind, AuditPlace, AuditSource, OperatorAct};
pub use people::command_line::{CommandLineAct, CommandLineActor, CommandLineResult, CommandLineTrail};
pub use people::first_encryption::{EncryptionProgress, encrypt_what_is_plain, is_all_sealed};
pub use people::known_devices::DeviceToken;
pub use people::payouts::PayoutDestination;
pub use people::refresh::{Device, RefreshToken};
pub use people::rotation::{RotationProgress, VersionsInUse};
pub use people::stream_tickets::{IssuedStreamTicket, StreamTicket};
pub use people::vault;
pub use people::{
    Account, AccountChange, AccountDetails, AccountEntry, AccountFilter, AccountOrder, AccountPage,
    CalendarLanguage, CalendarLink, CalendarOwner, CalendarToken, DoctorDetails, DoctorFilter, DoctorPage,
    DoctorProfile, DoctorSearch, FOUND_MAX, FieldChange, LANGUAGES_MAX, NewAccount, NewPatient, NewRole,
    Operator, OperatorSignedIn, OperatorToken, PasswordChange, People, PeopleOptions, PreparedEdit,
    ProfileChange, SESSIONS_SHOWN_MAX, SessionEntry, SignInOrigin, SignedIn, Sought, SoughtName, own_words,
};
pub use refusal::{IdentityError, IdentityRefusal, TokenRefusal};
pub use tokens::{Access, Principal};
pub use turns::{Place, Rank};
pub use values::ValueRefusal;
pub use values::bank::BankId;
pub use values::contact::{Email, Phone};
pub use values::doctor::{ExperienceYears, Language, PriceClass, Specialization, Zone};
pub use values::name::{ClinicName, PersonName};
pub use values::password::Password;
pub use values::text::Alphabet;
