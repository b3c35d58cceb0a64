//! What a price list says: prices, what cancelling costs, what the clinic keeps, how long things are held.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use serde::{Deserialize, Serialize};

use crate::booking::events::CallType;
use crate::ids::DoctorId;
use crate::money::Money;
use crate::policy::cancellation::CancellationTerms;
use crate::policy::visit::VisitWindows;

/// The most rows of prices in a list: each doctor may have rows of their own, and a list is read whole.
pub const PRICES_MAX: usize = 400;
/// The dearest visit, in kopecks: 10 000 000.00, what a payment may move.
pub const PRICE_MINOR_MAX: i64 = 1_000_000_000;
/// The most steps of one call type's cancellation terms.
pub const STEPS_MAX: usize = 12;
/// The longest notice a step may ask for, in minutes: 60 days.
pub const NOTICE_MINUTES_MAX: i64 = 60 * 24 * 60;
/// How long an unpaid booking may keep its slot, in minutes, at least and at most.
pub const HOLD_MINUTES: (u16, u16) = (1, 240);
/// How long an urgent visit may take a doctor's time, in minutes, at least and at most.
pub const URGENT_VISIT_MINUTES: (u16, u16) = (5, 480);

/// The longest span of a visit's clock, in minutes: a week.
pub const VISIT_MINUTES_MAX: u16 = 7 * 24 * 60;
/// The longest rest of an earning, in hours: 30 days.
pub const EARNING_REST_HOURS_MAX: u16 = 30 * 24;

/// Everything a list says beside its version and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTerms {
    /// What visits cost: one row per call type for everybody, and rows for doctors with a price of their own.
    pub prices: Vec<PriceRow>,
    /// Percent of each kind of visit's money that the clinic keeps, 0 to 100.
    pub commission_percent: ByCallType<u8>,
    pub cancellation: ByCallType<CancellationTerms>,
    /// How long an unpaid booking keeps its slot, in minutes.
    pub hold_minutes: u16,
    /// How long an urgent visit takes a doctor's time from its assignment, in minutes.
    pub urgent_visit_minutes: u16,
    pub visit: VisitTimes,
}

/// The clock of a visit, and how long its money rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitTimes {
    /// The clock that the decisions about a visit are asked with.
    #[serde(flatten)]
    pub windows: VisitWindows,
    /// So long what a visit earned rests before a payout may take it, in hours.
    pub earning_rest_hours: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRow {
    pub call_type: CallType,
    /// With which doctor; with any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doctor_id: Option<DoctorId>,
    pub amount: Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByCallType<T> {
    pub urgent: T,
    pub scheduled: T,
    pub consultation: T,
}

impl<T> ByCallType<T> {
    pub const fn of(&self, call_type: CallType) -> &T {
        match call_type {
            CallType::Urgent => &self.urgent,
            CallType::Scheduled => &self.scheduled,
            CallType::Consultation => &self.consultation,
        }
    }
}
