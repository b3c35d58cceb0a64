//! Typed identifiers: a booking's id can never be passed where a doctor's is meant.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// What an [`Id`] identifies; uninhabited, they exist for the type checker alone.
#[expect(missing_docs, reason = "the alias of each id says what it identifies")]
pub mod kind {
    pub enum Account {}
    pub enum Patient {}
    pub enum Doctor {}
    pub enum Clinic {}
    pub enum Booking {}
    pub enum Payment {}
    pub enum Transfer {}
    pub enum Payout {}
    pub enum Block {}
    pub enum Private {}
    pub enum Partition {}
    pub enum Intent {}
    pub enum Session {}
    pub enum Passkey {}
    pub enum PasskeyChallenge {}
    pub enum Invitation {}
    pub enum Document {}
    pub enum WebhookEndpoint {}
    pub enum WebhookMessage {}
    pub enum App {}
    pub enum AppSecret {}
}

/// A UUID that knows what it identifies.
pub struct Id<Kind>(Uuid, PhantomData<fn() -> Kind>);

/// A person or organisation that can sign in.
pub type AccountId = Id<kind::Account>;
/// A patient; the same number as the patient's account.
pub type PatientId = Id<kind::Patient>;
/// A doctor; the same number as the doctor's account.
pub type DoctorId = Id<kind::Doctor>;
/// A clinic; the same number as the clinic's account.
pub type ClinicId = Id<kind::Clinic>;
/// A booking: one patient's agreement on one visit, and the partition of its facts.
pub type BookingId = Id<kind::Booking>;
/// One attempt to pay, for a booking or into a wallet.
pub type PaymentId = Id<kind::Payment>;
/// One deposit into, or withdrawal from, a wallet.
pub type TransferId = Id<kind::Transfer>;
/// Money sent to a doctor, or to a wallet's owner.
pub type PayoutId = Id<kind::Payout>;
/// A stretch of time that a doctor keeps free of visits.
pub type BlockId = Id<kind::Block>;
/// A row of the erasable vault.
pub type PrivateId = Id<kind::Private>;
/// What facts that are told together are partitioned by: a booking, an account.
pub type PartitionId = Id<kind::Partition>;
/// A recorded instruction of a process.
pub type IntentId = Id<kind::Intent>;
/// A clinic's invitation of a doctor.
pub type InvitationId = Id<kind::Invitation>;
/// What a doctor shows with an application.
pub type DocumentId = Id<kind::Document>;
/// One sign-in on one device.
pub type SessionId = Id<kind::Session>;
/// A third party's program that signs in by itself.
pub type AppId = Id<kind::App>;
/// A secret of such a program.
pub type AppSecretId = Id<kind::AppSecret>;
/// A key that a device holds for an account.
pub type PasskeyId = Id<kind::Passkey>;
/// What a device is asked to sign.
pub type PasskeyChallengeId = Id<kind::PasskeyChallenge>;

impl<Kind> Id<Kind> {
    /// The id with this number.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The number alone, as databases and JSON have it.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<BookingId> for PartitionId {
    fn from(id: BookingId) -> Self {
        Self::from_uuid(id.0)
    }
}

impl From<PatientId> for PartitionId {
    fn from(id: PatientId) -> Self {
        Self::from_uuid(id.0)
    }
}

impl From<PatientId> for AccountId {
    fn from(id: PatientId) -> Self {
        Self::from_uuid(id.0)
    }
}

impl From<DoctorId> for AccountId {
    fn from(id: DoctorId) -> Self {
        Self::from_uuid(id.0)
    }
}

impl From<ClinicId> for AccountId {
    fn from(id: ClinicId) -> Self {
        Self::from_uuid(id.0)
    }
}

impl<Kind> Clone for Id<Kind> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Kind> Copy for Id<Kind> {}

impl<Kind> PartialEq for Id<Kind> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<Kind> Eq for Id<Kind> {}

impl<Kind> PartialOrd for Id<Kind> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Kind> Ord for Id<Kind> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<Kind> Hash for Id<Kind> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<Kind> fmt::Display for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<Kind> fmt::Debug for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<Kind> FromStr for Id<Kind> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::from_str(text).map(Self::from_uuid)
    }
}

impl<Kind> Serialize for Id<Kind> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, Kind> Deserialize<'de> for Id<Kind> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from_uuid)
    }
}
