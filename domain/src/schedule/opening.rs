//! When a day takes bookings by itself, as one day judges it: it opens, its hours grow, it closes.

use crate::schedule::commands::{CloseOnDay, ExtendOnDay, OpenOnDay};
use crate::schedule::decide::{Decision, overdue_among};
use crate::schedule::events::DoctorDayEvent;
use crate::schedule::refusal::ScheduleRefusal;
use crate::schedule::{DoctorDay, Hours, hours};
use crate::time::TimeRange;

/// The day opens. Claims already there stay and are seen by its slots.
pub(super) fn open(day: &DoctorDay, command: OpenOnDay) -> Decision {
    let OpenOnDay {
        doctor_id,
        bounds,
        day: asked,
    } = command;
    let mut working = asked.working;
    working.sort_unstable();
    let hours = Hours {
        date: asked.date,
        zone: asked.zone,
        bounds,
        working,
        slot_minutes: asked.slot_minutes,
        buffer_before_minutes: asked.buffer_before_minutes,
        buffer_after_minutes: asked.buffer_after_minutes,
    };
    if let Some(open) = day.hours() {
        return if *open == hours {
            Ok(vec![])
        } else {
            Err(ScheduleRefusal::DayAlreadyOpen)
        };
    }
    hours::make_a_working_day(&hours)?;
    if hours.bounds.end() <= asked.at {
        return Err(ScheduleRefusal::InThePast);
    }
    Ok(vec![DoctorDayEvent::Opened {
        doctor_id,
        date: hours.date,
        zone: hours.zone,
        bounds: hours.bounds,
        working: hours.working,
        slot_minutes: hours.slot_minutes,
        buffer_before_minutes: hours.buffer_before_minutes,
        buffer_after_minutes: hours.buffer_after_minutes,
        by: asked.by,
        at: asked.at,
    }])
}

/// The hours grow. What was booked stays where it is; slots are counted anew from each interval's beginning.
pub(super) fn extend(day: &DoctorDay, command: ExtendOnDay) -> Decision {
    let ExtendOnDay {
        doctor_id,
        day: asked,
    } = command;
    let present = day.hours().ok_or(ScheduleRefusal::DayNotOpen)?;
    let mut working = asked.working;
    working.sort_unstable();
    if present.working == working {
        return Ok(vec![]);
    }
    if present.bounds.end() <= asked.at {
        return Err(ScheduleRefusal::InThePast);
    }
    let longer = Hours {
        working,
        ..present.clone()
    };
    hours::make_a_working_day(&longer)?;
    let kept = joined(&longer.working);
    let leaves_out = |interval: &TimeRange| !kept.iter().any(|new| new.contains(*interval));
    if joined(&present.working).iter().any(leaves_out) {
        return Err(ScheduleRefusal::DayNotLonger);
    }
    Ok(vec![DoctorDayEvent::Extended {
        doctor_id,
        date: longer.date,
        zone: longer.zone,
        bounds: longer.bounds,
        working: longer.working,
        slot_minutes: longer.slot_minutes,
        buffer_before_minutes: longer.buffer_before_minutes,
        buffer_after_minutes: longer.buffer_after_minutes,
        by: asked.by,
        at: asked.at,
    }])
}

/// The day closes unless anything claims it. Blocks stay; a day that is not open is closed already.
pub(super) fn close(day: &DoctorDay, command: &CloseOnDay) -> Decision {
    let CloseOnDay {
        doctor_id,
        day: asked,
    } = command;
    let Some(hours) = day.hours() else {
        return Ok(vec![]);
    };
    if hours.bounds.end() <= asked.at {
        return Err(ScheduleRefusal::InThePast);
    }
    if let Some(overdue) = overdue_among(day.taken().claims.iter(), asked.at) {
        return Err(ScheduleRefusal::DayClaimed { overdue });
    }
    Ok(vec![DoctorDayEvent::Closed {
        doctor_id: *doctor_id,
        date: hours.date,
        by: asked.by,
        at: asked.at,
    }])
}

/// Sorted intervals with those that touch made one.
fn joined(working: &[TimeRange]) -> Vec<TimeRange> {
    let mut joined: Vec<TimeRange> = Vec::with_capacity(working.len());
    for interval in working {
        match joined.last_mut() {
            Some(last) if last.end() == interval.start() => {
                if let Ok(one) = TimeRange::new(last.start(), interval.end()) {
                    *last = one;
                }
            }
            Some(_) | None => joined.push(*interval),
        }
    }
    joined
}
