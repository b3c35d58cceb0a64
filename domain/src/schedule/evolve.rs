//! Facts become state; no rule is decided here.

use crate::schedule::events::DoctorDayEvent;
use crate::schedule::{DoctorDay, Hours, Taken, TimeBlock, TimeClaim};

/// The state once `fact` stands in the log, which is never refused here.
pub fn evolve(day: DoctorDay, fact: DoctorDayEvent) -> DoctorDay {
    match fact {
        DoctorDayEvent::Opened {
            date,
            zone,
            bounds,
            working,
            slot_minutes,
            buffer_before_minutes,
            buffer_after_minutes,
            ..
        }
        | DoctorDayEvent::Extended {
            date,
            zone,
            bounds,
            working,
            slot_minutes,
            buffer_before_minutes,
            buffer_after_minutes,
            ..
        } => {
            let hours = Hours {
                date,
                zone,
                bounds,
                working,
                slot_minutes,
                buffer_before_minutes,
                buffer_after_minutes,
            };
            let (DoctorDay::Unopened(taken) | DoctorDay::Open(_, taken)) = day;
            DoctorDay::Open(hours, taken)
        }
        DoctorDayEvent::Closed { .. } => {
            let (DoctorDay::Unopened(taken) | DoctorDay::Open(_, taken)) = day;
            DoctorDay::Unopened(taken)
        }
        about_time @ (DoctorDayEvent::Held { .. }
        | DoctorDayEvent::Claimed { .. }
        | DoctorDayEvent::Released { .. }
        | DoctorDayEvent::Blocked { .. }
        | DoctorDayEvent::Unblocked { .. }) => match day {
            DoctorDay::Unopened(taken) => DoctorDay::Unopened(take(taken, about_time)),
            DoctorDay::Open(hours, taken) => DoctorDay::Open(hours, take(taken, about_time)),
        },
    }
}

/// What takes the day's time after `fact`; facts about its hours change nothing of it.
fn take(mut taken: Taken, fact: DoctorDayEvent) -> Taken {
    match fact {
        DoctorDayEvent::Held {
            booking_id,
            visit,
            occupied,
            until,
            ..
        } => claim(
            &mut taken,
            TimeClaim {
                booking_id,
                visit,
                occupied,
                held_until: Some(until),
            },
        ),
        DoctorDayEvent::Claimed {
            booking_id,
            visit,
            occupied,
            ..
        } => claim(
            &mut taken,
            TimeClaim {
                booking_id,
                visit,
                occupied,
                held_until: None,
            },
        ),
        DoctorDayEvent::Released { booking_id, .. } => {
            taken.claims.retain(|claim| claim.booking_id != booking_id);
        }
        DoctorDayEvent::Blocked { block_id, range, .. } => {
            taken.blocks.push(TimeBlock { block_id, range });
        }
        DoctorDayEvent::Unblocked { block_id, .. } => {
            taken.blocks.retain(|block| block.block_id != block_id);
        }
        DoctorDayEvent::Opened { .. } | DoctorDayEvent::Extended { .. } | DoctorDayEvent::Closed { .. } => {}
    }
    taken
}

/// A booking has one claim a day: a new one replaces it.
fn claim(taken: &mut Taken, claim: TimeClaim) {
    taken.claims.retain(|other| other.booking_id != claim.booking_id);
    taken.claims.push(claim);
}
