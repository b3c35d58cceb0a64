//! A patient's limits as problems: those that time lifts say when to come back.

use std::time::Duration;

use domain::policy::patient_limits::{LimitRefusal, REQUESTED_WITHIN};

use crate::problem::russian::refusals as russian;
use crate::problem::{Code, Problem};
use crate::throttle;

impl From<LimitRefusal> for Problem {
    fn from(refusal: LimitRefusal) -> Self {
        let code = match refusal {
            LimitRefusal::TooManyHolds => Code::TooManyHolds,
            LimitRefusal::OverlapsOwnBooking => Code::OverlapsOwnBooking,
            LimitRefusal::UrgentCallUnderWay => Code::UrgentCallUnderWay,
            LimitRefusal::TooManyBookings { .. } | LimitRefusal::TooManyUrgentCalls { .. } => {
                Code::TooManyBookings
            }
        };
        let problem = Self::new(code, refusal.to_string()).in_russian(russian::of_limit(refusal));
        let (policy, most, wait_s) = match refusal {
            LimitRefusal::TooManyBookings { most, wait_s } => ("bookings", most, wait_s),
            LimitRefusal::TooManyUrgentCalls { most, wait_s } => ("urgent-calls", most, wait_s),
            LimitRefusal::TooManyHolds
            | LimitRefusal::OverlapsOwnBooking
            | LimitRefusal::UrgentCallUnderWay => return problem,
        };
        let within = Duration::try_from(REQUESTED_WITHIN).unwrap_or_default();
        throttle::limited(problem, (policy, most, within), wait_s.into())
    }
}
