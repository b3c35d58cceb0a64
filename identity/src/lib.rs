#![doc = include_str!("../README.md")]

pub mod keys;
mod opaque;
mod passwords;
mod people;
mod place;
mod random;
mod refusal;
mod relying_party;
mod sealing;
mod tokens;
mod totp;
mod turns;
mod values;

pub use keys::master::{KeyedHash, MasterKeyError, MasterKeys};
pub use keys::{KeyError, TokenKeys};
pub use people::apps::links::{AppLink, LINK_CODE_LASTS, LinkCode, LinkedPatient};
pub use people::apps::secrets::{AppSecret, AppSecretEntry, OVERLAP_HOURS_MAX, SECRETS_MAX};
pub use people::apps::sign_in::{AppStanding, AppToken, ClientRefusal};
pub use people::apps::{App, AppChange, AppError, AppLimits, AppMade, AppRefusal, NewApp, RATE_MAX};
pub use people::audit_trail::{
    AuditEntry, AuditFilter, AuditKind, AuditPlace, AuditSource, OperatorAct, audit_results,
};
pub use people::command_line::{CommandLineAct, CommandLineActor, CommandLineResult, CommandLineTrail};
pub use people::consents::{CONSENT_TEXTS, Consent, ConsentKind, ConsentText, missing_consents};
pub use people::destruction_act::{Destruction, KEPT};
pub use people::documents::{ApplicationDocument, DOCUMENT_BYTES_MAX, DOCUMENTS_MAX, NewDocument};
pub use people::erasures::{Erasure, ErasurePlace, ErasureReason, ErasureState, NewErasure};
pub use people::factor_codes::RECOVERY_CODES;
pub use people::first_encryption::{EncryptionProgress, encrypt_what_is_plain, is_all_sealed};
pub use people::invitations::{ClinicInvitation, INVITATIONS_MAX, InvitationStatus, Invitee};
pub use people::known_devices::DeviceToken;
pub use people::limit_counts::CountLimit;
pub use people::one_time_codes::CODE_LASTS;
pub use people::outgoing_mail::{MailContent, OutgoingMail, Receiver};
pub use people::passkey_sign_in::{PasskeyUse, UsedPasskey};
pub use people::passkeys::{
    NewPasskey, PASSKEYS_MAX, PasskeyChallenge, PasskeyEntry, PasskeyRegistered, PasskeyRemoval,
};
pub use people::password_resets::{PasswordReset, ResetOutcome};
pub use people::payouts::PayoutDestination;
pub use people::personal_fields::PersonalField;
pub use people::profiles::{ClinicProfile, OwnProfile};
pub use people::proofs::{Given, PROOF_FRESH};
pub use people::proven_phones::PhoneCode;
pub use people::refresh::{Device, RefreshToken};
pub use people::rotation::{RotationProgress, VersionsInUse};
pub use people::security_events::{
    AuditActor, AuditResult, AuditTarget, EventOrigin, NewSecurityEvent, SecurityEvent,
};
pub use people::stream_tickets::{IssuedStreamTicket, StreamTicket};
pub use people::trail_hashes::{TrailHash, address_hash, address_hashes, parse_trail_hash, typed_hash};
pub use people::vault;
pub use people::{
    Account, AccountChange, AccountDetails, AccountEntry, AccountFilter, AccountOrder, AccountPage,
    CalendarLanguage, CalendarLink, CalendarOwner, CalendarToken, DoctorDetails, DoctorFilter, DoctorPage,
    DoctorProfile, DoctorSearch, FARTHEST, FOUND_MAX, FactorReset, FieldChange, LANGUAGES_MAX, NearbyPage,
    NewAccount, NewPatient, NewRole, Operator, OperatorSignedIn, OperatorToken, PasswordChange,
    PendingSignIn, People, PeopleOptions, PreparedEdit, ProfileChange, SESSIONS_SHOWN_MAX, SecondFactor,
    SessionEntry, SessionHours, SignIn, SignInOrigin, SignInToken, SignedIn, Sought, SoughtName,
    TotpEnrolment, WithRecoveryCodes, own_words,
};
pub use refusal::{IdentityError, IdentityRefusal, TokenRefusal};
pub use relying_party::PasskeyRefusal;
pub use tokens::{Access, AppAccess, Bearer, Principal, Proof};
pub use totp::{TotpCode, TotpSecret};
pub use turns::{Place, Rank};
pub use values::ValueRefusal;
pub use values::app_name::AppName;
pub use values::bank::BankId;
pub use values::contact::{Email, Phone};
pub use values::doctor::{ExperienceYears, Language, PriceClass, Specialization, Zone};
pub use values::document::{DocumentKind, DocumentMediaType};
pub use values::factor_code::{FactorCode, RecoveryCode};
pub use values::licence::{LicenceIssuer, LicenceNumber};
pub use values::name::{ClinicName, PersonName};
pub use values::one_time_code::OneTimeCode;
pub use values::password::Password;
pub use values::profile::{About, BasePoint, ClinicAddress, GeoPoint, TravelKm};
pub use values::text::Alphabet;
