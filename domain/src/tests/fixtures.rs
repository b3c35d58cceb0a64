//! Ids, people and moments that the tests of all aggregates share.

use jiff::Timestamp;
use uuid::Uuid;

use crate::booking::events::{Appointment, CallType};
use crate::ids::{DoctorId, Id, PatientId};
use crate::money::Money;
use crate::people::{Actor, PrivateRef, Role};
use crate::policy::cancellation::{CancellationTerms, NoticeStep};
use crate::time::TimeRange;

pub fn id<Kind>(number: u128) -> Id<Kind> {
    Id::from_uuid(Uuid::from_u128(number))
}

pub fn patient_id() -> PatientId {
    id(1)
}

pub fn doctor_id() -> DoctorId {
    id(2)
}

pub fn person(role: Role) -> Actor {
    Actor::Person { id: id(9), role }
}

pub fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn range(start: &str, end: &str) -> TimeRange {
    TimeRange::new(moment(start), moment(end)).unwrap()
}

pub fn rub(roubles: i64) -> Money {
    Money::kopecks(roubles * 100)
}

pub fn sealed(number: u128) -> PrivateRef {
    PrivateRef {
        id: id(number),
        digest: "ab".repeat(32),
    }
}

pub fn appointment(start: &str, end: &str) -> Appointment {
    let visit = range(start, end);
    let date = jiff::tz::Offset::UTC.to_datetime(visit.start()).date();
    Appointment {
        doctor_id: doctor_id(),
        visit,
        days: vec![date],
        clinic_id: None,
    }
}

impl CancellationTerms {
    /// The terms of the example list: scheduled visits and consultations are free until 24 h before, cost 30 %
    /// until 2 h before and 50 % after; urgent calls are free until the doctor departs and cost 30 % after.
    pub(crate) fn default_for(call_type: CallType) -> Self {
        match call_type {
            CallType::Urgent => Self::ByDeparture {
                after_departure_percent: 30,
            },
            CallType::Scheduled | CallType::Consultation => Self::ByNotice {
                steps: vec![
                    NoticeStep {
                        notice_minutes: 24 * 60,
                        percent: 0,
                    },
                    NoticeStep {
                        notice_minutes: 2 * 60,
                        percent: 30,
                    },
                    NoticeStep {
                        notice_minutes: 0,
                        percent: 50,
                    },
                ],
            },
        }
    }
}
