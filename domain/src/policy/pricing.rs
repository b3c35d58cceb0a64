//! The versioned price table: call type, doctor and time in, price out.

use jiff::Timestamp;

use crate::booking::events::CallType;
use crate::ids::DoctorId;
use crate::money::Money;

/// One version of the prices. A booking pins the price and the version it was made under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// The number of this table; a changed price is a new version.
    pub version: u32,
    /// An urgent visit.
    pub urgent: Money,
    /// A scheduled visit.
    pub scheduled: Money,
    /// A consultation by video.
    pub consultation: Money,
}

impl Tariff {
    /// The prices of the demonstration.
    pub const fn demo() -> Self {
        Self {
            version: 1,
            urgent: Money::kopecks(150_000),
            scheduled: Money::kopecks(200_000),
            consultation: Money::kopecks(150_000),
        }
    }

    /// What a visit costs. Neither the doctor nor the time changes a price yet; they are asked for because the
    /// agreement is about all three, so that a price class or a night rate changes this table alone.
    pub const fn price(
        &self,
        call_type: CallType,
        _doctor: Option<DoctorId>,
        _starts_at: Option<Timestamp>,
    ) -> Money {
        match call_type {
            CallType::Urgent => self.urgent,
            CallType::Scheduled => self.scheduled,
            CallType::Consultation => self.consultation,
        }
    }
}
