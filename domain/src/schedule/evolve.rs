//! Facts become state; no rule is decided here.

use crate::schedule::events::DoctorDayEvent;
use crate::schedule::{DoctorDay, Hours, Taken, TimeBlock, TimeClaim};

/// The day after `fact`.
pub fn evolve(mut day: DoctorDay, fact: DoctorDayEvent) -> DoctorDay {
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
        DoctorDayEvent::Held {
            booking_id,
            visit,
            occupied,
            until,
            ..
        } => {
            claim(
                &mut day,
                TimeClaim {
                    booking_id,
                    visit,
                    occupied,
                    held_until: Some(until),
                },
            );
            day
        }
        DoctorDayEvent::Claimed {
            booking_id,
            visit,
            occupied,
            ..
        } => {
            claim(
                &mut day,
                TimeClaim {
                    booking_id,
                    visit,
                    occupied,
                    held_until: None,
                },
            );
            day
        }
        DoctorDayEvent::Released { booking_id, .. } => {
            taken(&mut day)
                .claims
                .retain(|claim| claim.booking_id != booking_id);
            day
        }
        DoctorDayEvent::Blocked { block_id, range, .. } => {
            taken(&mut day).blocks.push(TimeBlock { block_id, range });
            day
        }
        DoctorDayEvent::Unblocked { block_id, .. } => {
            taken(&mut day).blocks.retain(|block| block.block_id != block_id);
            day
        }
        DoctorDayEvent::Closed { .. } => {
            let (DoctorDay::Unopened(taken) | DoctorDay::Open(_, taken)) = day;
            DoctorDay::Unopened(taken)
        }
    }
}

/// A booking has one claim a day: a new one replaces it.
fn claim(day: &mut DoctorDay, claim: TimeClaim) {
    let claims = &mut taken(day).claims;
    claims.retain(|other| other.booking_id != claim.booking_id);
    claims.push(claim);
}

const fn taken(day: &mut DoctorDay) -> &mut Taken {
    match day {
        DoctorDay::Unopened(taken) | DoctorDay::Open(_, taken) => taken,
    }
}
