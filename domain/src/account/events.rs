//! The facts of an account: who did what to it, in closed words and ids; no names, no addresses.
//! `at` is the moment of the decision, by database time. What they mean for sign-in is carried out in the commit that
//! appends them (`migrations/sql/0046_account_facts.sql`).
#![expect(missing_docs, reason = "pure data: most names say it all")]

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ClinicId, InvitationId, SessionId};
use crate::people::{Actor, PrivateRef, Role};

/// Why nobody may sign in with an account any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeactivationReason {
    /// Its owner wants it.
    OwnRequest,
    /// Its owner does not work here any more.
    Left,
    /// There is another account of the same person.
    Duplicate,
    /// Somebody else may be using it.
    Compromised,
    /// Its owner broke the rules of the platform.
    Misconduct,
    Other,
}

impl DeactivationReason {
    /// Every reason, in the order of the contract.
    pub const ALL: [Self; 6] = [
        Self::OwnRequest,
        Self::Left,
        Self::Duplicate,
        Self::Compromised,
        Self::Misconduct,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnRequest => "own_request",
            Self::Left => "left",
            Self::Duplicate => "duplicate",
            Self::Compromised => "compromised",
            Self::Misconduct => "misconduct",
            Self::Other => "other",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// Why no admin answers for a doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnverifiedReason {
    /// Diploma or accreditation were not shown, or do not prove what is said.
    DocumentsMissing,
    /// The accreditation has run out.
    AccreditationExpired,
    /// The accreditation was taken away.
    AccreditationWithdrawn,
    Other,
}

impl UnverifiedReason {
    /// Every reason, in the order of the contract.
    pub const ALL: [Self; 4] = [
        Self::DocumentsMissing,
        Self::AccreditationExpired,
        Self::AccreditationWithdrawn,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DocumentsMissing => "documents_missing",
            Self::AccreditationExpired => "accreditation_expired",
            Self::AccreditationWithdrawn => "accreditation_withdrawn",
            Self::Other => "other",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// Why an admin did not verify a doctor who applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationRefusedReason {
    /// No register has this licence.
    LicenceNotFound,
    /// The licence has run out.
    LicenceExpired,
    /// The licence is somebody else's.
    LicenceOfAnother,
    /// What was shown does not prove what is said.
    DocumentsMissing,
    Other,
}

impl ApplicationRefusedReason {
    /// Every reason, in the order of the contract.
    pub const ALL: [Self; 5] = [
        Self::LicenceNotFound,
        Self::LicenceExpired,
        Self::LicenceOfAnother,
        Self::DocumentsMissing,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LicenceNotFound => "licence_not_found",
            Self::LicenceExpired => "licence_expired",
            Self::LicenceOfAnother => "licence_of_another",
            Self::DocumentsMissing => "documents_missing",
            Self::Other => "other",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A field of an account or of its public profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountField {
    Email,
    Phone,
    FirstName,
    LastName,
    Specialization,
    ExperienceYears,
    Languages,
    ClinicId,
    PriceClass,
    Zone,
    ClinicName,
    /// What doctors and clinics say of themselves.
    About,
    /// The coarse point that distances are counted from.
    BasePoint,
    /// How far a doctor travels, in kilometres.
    TravelKm,
    /// A clinic's, which is public.
    Address,
    /// The number under which a clinic is called by everybody.
    PublicPhone,
}

impl AccountField {
    /// Every field, in the order of the contract.
    pub const ALL: [Self; 16] = [
        Self::Email,
        Self::Phone,
        Self::FirstName,
        Self::LastName,
        Self::Specialization,
        Self::ExperienceYears,
        Self::Languages,
        Self::ClinicId,
        Self::PriceClass,
        Self::Zone,
        Self::ClinicName,
        Self::About,
        Self::BasePoint,
        Self::TravelKm,
        Self::Address,
        Self::PublicPhone,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Specialization => "specialization",
            Self::ExperienceYears => "experience_years",
            Self::Languages => "languages",
            Self::ClinicId => "clinic_id",
            Self::PriceClass => "price_class",
            Self::Zone => "zone",
            Self::ClinicName => "clinic_name",
            Self::About => "about",
            Self::BasePoint => "base_point",
            Self::TravelKm => "travel_km",
            Self::Address => "address",
            Self::PublicPhone => "public_phone",
        }
    }

    /// Whether accounts of this role have it.
    pub const fn belongs_to(self, role: Role) -> bool {
        match self {
            Self::Email | Self::Phone | Self::FirstName | Self::LastName => true,
            Self::Specialization
            | Self::ExperienceYears
            | Self::Languages
            | Self::ClinicId
            | Self::PriceClass
            | Self::Zone
            | Self::TravelKm => matches!(role, Role::Doctor),
            Self::ClinicName | Self::Address | Self::PublicPhone => matches!(role, Role::Clinic),
            Self::About | Self::BasePoint => matches!(role, Role::Doctor | Role::Clinic),
        }
    }

    /// Whether an admin who verifies a doctor answers for it.
    pub const fn is_vouched_for(self) -> bool {
        match self {
            Self::FirstName | Self::LastName | Self::Specialization => true,
            Self::Email
            | Self::Phone
            | Self::ExperienceYears
            | Self::Languages
            | Self::ClinicId
            | Self::PriceClass
            | Self::Zone
            | Self::ClinicName
            | Self::About
            | Self::BasePoint
            | Self::TravelKm
            | Self::Address
            | Self::PublicPhone => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountEvent {
    /// Nobody may sign in with it any more, and every session has ended.
    #[serde(rename = "AccountDeactivated")]
    Deactivated {
        reason: DeactivationReason,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<PrivateRef>,
        by: Actor,
        at: Timestamp,
    },
    /// Its owner may sign in again; sessions of before stay ended.
    #[serde(rename = "AccountReactivated")]
    Reactivated {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<PrivateRef>,
        by: Actor,
        at: Timestamp,
    },
    /// An admin changed what it says, or its owner what their public profile says.
    #[serde(rename = "AccountEdited")]
    Edited {
        fields: Vec<AccountField>,
        /// What they hold now, in the vault.
        values: PrivateRef,
        by: Actor,
        at: Timestamp,
    },
    /// Whoever was signed in with it is out.
    #[serde(rename = "AccountSessionsEnded")]
    SessionsEnded {
        /// Only this one; all of them if absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        session_id: Option<SessionId>,
        by: Actor,
        at: Timestamp,
    },
    /// The doctor asks to be verified with this licence; until an admin does the doctor is not offered.
    #[serde(rename = "DoctorApplied")]
    Applied {
        /// What the doctor says of the licence, in the vault.
        application: PrivateRef,
        by: Actor,
        at: Timestamp,
    },
    /// An admin does not verify a doctor who applied.
    #[serde(rename = "DoctorApplicationRefused")]
    ApplicationRefused {
        reason: ApplicationRefusedReason,
        /// What the doctor reads of it, in the vault.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<PrivateRef>,
        by: Actor,
        at: Timestamp,
    },
    /// An admin answers for what the doctor says of themselves.
    #[serde(rename = "DoctorVerified")]
    Verified { by: Actor, at: Timestamp },
    /// No admin does any more: the doctor is not offered.
    #[serde(rename = "DoctorUnverified")]
    Unverified {
        reason: UnverifiedReason,
        by: Actor,
        at: Timestamp,
    },
    /// The doctor is of this clinic from now on.
    #[serde(rename = "DoctorJoinedClinic")]
    JoinedClinic {
        clinic_id: ClinicId,
        /// What the doctor accepted.
        invitation_id: InvitationId,
        by: Actor,
        at: Timestamp,
    },
    /// The doctor is not of this clinic any more; visits that were agreed stay with it.
    #[serde(rename = "DoctorLeftClinic")]
    LeftClinic {
        clinic_id: ClinicId,
        by: Actor,
        at: Timestamp,
    },
    /// Its owner named a bank account that money never went to before; which one stands in `identity`.
    #[serde(rename = "BankAccountNamed")]
    BankAccountNamed {
        /// From when on money goes there.
        rests_until: Timestamp,
        by: Actor,
        at: Timestamp,
    },
}

/// Every type of event: its stable name and its highest version.
pub const TYPES: &[(&str, &str)] = &[
    ("AccountDeactivated", "1"),
    ("AccountReactivated", "1"),
    ("AccountEdited", "2"),
    ("AccountSessionsEnded", "1"),
    ("DoctorApplied", "1"),
    ("DoctorApplicationRefused", "1"),
    ("DoctorVerified", "1"),
    ("DoctorUnverified", "1"),
    ("DoctorJoinedClinic", "1"),
    ("DoctorLeftClinic", "1"),
    ("BankAccountNamed", "1"),
];

impl AccountEvent {
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Deactivated { .. } => "AccountDeactivated",
            Self::Reactivated { .. } => "AccountReactivated",
            Self::Edited { .. } => "AccountEdited",
            Self::SessionsEnded { .. } => "AccountSessionsEnded",
            Self::Verified { .. } => "DoctorVerified",
            Self::Unverified { .. } => "DoctorUnverified",
            Self::BankAccountNamed { .. } => "BankAccountNamed",
            Self::Applied { .. } => "DoctorApplied",
            Self::ApplicationRefused { .. } => "DoctorApplicationRefused",
            Self::JoinedClinic { .. } => "DoctorJoinedClinic",
            Self::LeftClinic { .. } => "DoctorLeftClinic",
        }
    }
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        self.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        match self {
            // The second version knows the fields of public profiles.
            Self::Edited { .. } => "2",
            Self::Deactivated { .. }
            | Self::Reactivated { .. }
            | Self::SessionsEnded { .. }
            | Self::Verified { .. }
            | Self::Unverified { .. }
            | Self::BankAccountNamed { .. }
            | Self::Applied { .. }
            | Self::ApplicationRefused { .. }
            | Self::JoinedClinic { .. }
            | Self::LeftClinic { .. } => "1",
        }
        .to_owned()
    }
}
