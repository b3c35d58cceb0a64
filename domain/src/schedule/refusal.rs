//! Every business "no" a doctor's day can give, each with a stable code.
#![expect(missing_docs, reason = "each message says it")]

use crate::ids::BookingId;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleRefusal {
    /// Another visit, its buffers or a block takes this time. Names the overdue holds in the way, if these are all.
    #[error("this time is taken")]
    SlotTaken {
        /// Holds past their deadline that stand in the way; empty if anything else does too.
        overdue: Vec<BookingId>,
    },
    /// The doctor has other duties then (said to whoever assigns).
    #[error("the doctor is busy then")]
    DoctorBusy {
        /// As in [`ScheduleRefusal::SlotTaken`].
        overdue: Vec<BookingId>,
    },
    /// The time is not a slot of an open day.
    #[error("the doctor does not work then")]
    OutsideWorkingHours,
    #[error("this time has passed")]
    InThePast,
    #[error("this doctor takes no bookings")]
    DoctorNotAvailable,
    #[error("this day is open already, with other hours")]
    DayAlreadyOpen,
    #[error("visits are claimed on this day")]
    DayClaimed { overdue: Vec<BookingId> },
    #[error("this day is not open")]
    DayNotOpen,
    #[error("the new hours leave out some of the present ones")]
    DayNotLonger,
    /// The day would overlap the doctor's neighbouring day (a new zone), a claim or itself.
    #[error("the day's hours overlap another day, a claim or each other")]
    DayOverlaps,
    #[error("these hours make no working day")]
    NotAWorkingDay,
}

impl ScheduleRefusal {
    /// The holds past their deadline that are all that stands in the way; asking again once they have expired may help.
    pub fn overdue(&self) -> &[BookingId] {
        match self {
            Self::SlotTaken { overdue } | Self::DoctorBusy { overdue } | Self::DayClaimed { overdue } => {
                overdue
            }
            Self::OutsideWorkingHours
            | Self::InThePast
            | Self::DoctorNotAvailable
            | Self::DayAlreadyOpen
            | Self::DayNotOpen
            | Self::DayNotLonger
            | Self::DayOverlaps
            | Self::NotAWorkingDay => &[],
        }
    }

    pub const fn code(&self) -> &'static str {
        match self {
            Self::SlotTaken { .. } => "slot_taken",
            Self::DoctorBusy { .. } => "doctor_busy",
            Self::OutsideWorkingHours => "outside_working_hours",
            Self::InThePast => "in_the_past",
            Self::DoctorNotAvailable => "doctor_not_available",
            Self::DayAlreadyOpen => "day_already_open",
            Self::DayClaimed { .. } => "day_claimed",
            Self::DayNotOpen => "day_not_open",
            Self::DayNotLonger => "day_not_longer",
            Self::DayOverlaps => "day_overlaps",
            Self::NotAWorkingDay => "not_a_working_day",
        }
    }
}
