//! Where a booking stands, in the words of the contract.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// There is no such booking; never shown.
    Absent,
    /// Requested, or secured and waiting for a doctor.
    Pending,
    Assigned,
    EnRoute,
    Arrived,
    InProgress,
    Completed,
    Cancelled,
    /// Nobody paid in time, or nobody was found in time.
    Expired,
    NoShow,
    Missed,
}

impl BookingStatus {
    /// Every status that is shown, in the order of the contract.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Assigned,
        Self::EnRoute,
        Self::Arrived,
        Self::InProgress,
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
        Self::NoShow,
        Self::Missed,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Pending => "pending",
            Self::Assigned => "assigned",
            Self::EnRoute => "en_route",
            Self::Arrived => "arrived",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::NoShow => "no_show",
            Self::Missed => "missed",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// What a booking waits for that an operator is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationReason {
    /// It is paid and has no doctor.
    NoDoctor,
    /// Its time has passed and its doctor has not set out.
    NotDeparted,
    /// It is long over by the clock, and nobody said so.
    Unfinished,
}

impl EscalationReason {
    /// Every reason, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::NoDoctor, Self::NotDeparted, Self::Unfinished];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoDoctor => "no_doctor",
            Self::NotDeparted => "not_departed",
            Self::Unfinished => "unfinished",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}
