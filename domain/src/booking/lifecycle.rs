//! The life of a booking, as a picture shows it: its states without what they remember, and every way from one to another.

use crate::booking::Booking;
use crate::booking::status::BookingStatus;
use crate::lifecycle::{Transition, begins, by};

/// A state of [`Booking`], once there is one.
#[expect(missing_docs, reason = "pure data: `Booking` says what they are")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookingState {
    Requested,
    Secured,
    Assigned,
    EnRoute,
    Arrived,
    InProgress,
    Completed,
    Cancelled,
    Expired,
    NoShow,
    Missed,
}

use BookingState::{
    Arrived, Assigned, Cancelled, Completed, EnRoute, Expired, InProgress, Missed, NoShow, Requested, Secured,
};

impl BookingState {
    /// Every state, the way of a visit first.
    pub const ALL: [Self; 11] = [
        Requested, Secured, Assigned, EnRoute, Arrived, InProgress, Completed, Cancelled, Expired, NoShow,
        Missed,
    ];

    /// Where the booking stands; nothing before it was requested.
    pub const fn of(booking: &Booking) -> Option<Self> {
        Some(match booking {
            Booking::Absent => return None,
            Booking::Requested(_) => Requested,
            Booking::Secured(_) => Secured,
            Booking::Assigned(_) => Assigned,
            Booking::EnRoute(_) => EnRoute,
            Booking::Arrived(_) => Arrived,
            Booking::InProgress(_) => InProgress,
            Booking::Completed(_) => Completed,
            Booking::Cancelled(_) => Cancelled,
            Booking::Expired(_) => Expired,
            Booking::NoShow(_) => NoShow,
            Booking::Missed(_) => Missed,
        })
    }

    /// The same in the words of the contract.
    pub const fn status(self) -> BookingStatus {
        match self {
            Requested | Secured => BookingStatus::Pending,
            Assigned => BookingStatus::Assigned,
            EnRoute => BookingStatus::EnRoute,
            Arrived => BookingStatus::Arrived,
            InProgress => BookingStatus::InProgress,
            Completed => BookingStatus::Completed,
            Cancelled => BookingStatus::Cancelled,
            Expired => BookingStatus::Expired,
            NoShow => BookingStatus::NoShow,
            Missed => BookingStatus::Missed,
        }
    }
}

/// Every way from one state to another.
pub const TRANSITIONS: [Transition<BookingState>; 22] = [
    begins("BookingRequested", Requested),
    by(Requested, "BookingSecured", Secured),
    by(Secured, "BookingAssigned", Assigned),
    by(Assigned, "DoctorDeparted", EnRoute),
    by(Assigned, "DoctorArrived", Arrived),
    by(EnRoute, "DoctorArrived", Arrived),
    by(Arrived, "VisitStarted", InProgress),
    by(InProgress, "VisitCompleted", Completed),
    by(Assigned, "BookingUnassigned", Secured),
    by(EnRoute, "BookingUnassigned", Secured),
    by(Arrived, "BookingUnassigned", Secured),
    by(Requested, "BookingCancelled", Cancelled),
    by(Secured, "BookingCancelled", Cancelled),
    by(Assigned, "BookingCancelled", Cancelled),
    by(EnRoute, "BookingCancelled", Cancelled),
    by(Arrived, "BookingCancelled", Cancelled),
    by(InProgress, "BookingCancelled", Cancelled),
    by(Requested, "BookingExpired", Expired),
    by(Secured, "BookingNobodyFound", Expired),
    by(Expired, "BookingRevived", Secured),
    by(Arrived, "PatientNoShow", NoShow),
    by(Assigned, "BookingMissed", Missed),
];
