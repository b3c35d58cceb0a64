//! The rules that one day can judge by itself. The same command twice is one command.

use crate::ids::BookingId;
use crate::schedule::commands::{
    BlockOnDay, ClaimOnDay, ConfirmOnDay, HoldOnDay, ReleaseOnDay, UnblockOnDay,
};
use crate::schedule::events::DoctorDayEvent;
use crate::schedule::refusal::ScheduleRefusal;
use crate::schedule::{DoctorDay, DoctorDayCommand, TimeClaim, opening};
use crate::time::TimeRange;

/// The facts in order, none when nothing is left to do; or why not.
pub type Decision = Result<Vec<DoctorDayEvent>, ScheduleRefusal>;

/// Decides any command to one day.
///
/// # Errors
/// The refusal of the rule that the command meets.
pub fn decide(day: &DoctorDay, command: DoctorDayCommand) -> Decision {
    match command {
        DoctorDayCommand::Open(command) => opening::open(day, command),
        DoctorDayCommand::Hold(command) => hold(day, &command),
        DoctorDayCommand::Claim(command) => claim(day, &command),
        DoctorDayCommand::Confirm(command) => Ok(confirm(day, &command)),
        DoctorDayCommand::Release(command) => Ok(release(day, &command)),
        DoctorDayCommand::Block(command) => block(day, &command),
        DoctorDayCommand::Unblock(command) => Ok(unblock(day, &command)),
        DoctorDayCommand::Extend(command) => opening::extend(day, command),
        DoctorDayCommand::Close(command) => opening::close(day, &command),
    }
}

/// Time is held for a booking; what the booking held before on this day is let go.
pub(super) fn hold(day: &DoctorDay, command: &HoldOnDay) -> Decision {
    let HoldOnDay { claim, until } = command;
    if day
        .claim_of(claim.booking_id)
        .is_some_and(|own| own.visit == claim.visit)
    {
        return Ok(vec![]);
    }
    refuse_if_taken(&[day], claim.occupied, Some(claim.booking_id), claim.at)?;
    Ok(vec![DoctorDayEvent::Held {
        doctor_id: claim.doctor_id,
        date: claim.date,
        booking_id: claim.booking_id,
        visit: claim.visit,
        occupied: claim.occupied,
        until: *until,
        at: claim.at,
    }])
}

/// Time is claimed for good; what the booking claimed before on this day is let go.
pub(super) fn claim(day: &DoctorDay, command: &ClaimOnDay) -> Decision {
    let own = day.claim_of(command.booking_id);
    if own.is_some_and(|own| own.visit == command.visit && own.held_until.is_none()) {
        return Ok(vec![]);
    }
    refuse_if_taken(&[day], command.occupied, Some(command.booking_id), command.at)?;
    Ok(vec![DoctorDayEvent::Claimed {
        doctor_id: command.doctor_id,
        date: command.date,
        booking_id: command.booking_id,
        visit: command.visit,
        occupied: command.occupied,
        at: command.at,
    }])
}

/// A hold becomes a claim for good, overdue or not: time alone frees nothing.
pub(super) fn confirm(day: &DoctorDay, command: &ConfirmOnDay) -> Vec<DoctorDayEvent> {
    day.claim_of(command.booking_id)
        .filter(|claim| claim.held_until.is_some())
        .map(|claim| DoctorDayEvent::Claimed {
            doctor_id: command.doctor_id,
            date: command.date,
            booking_id: command.booking_id,
            visit: claim.visit,
            occupied: claim.occupied,
            at: command.at,
        })
        .into_iter()
        .collect()
}

/// A claim ends; nothing happens where there is none.
pub(super) fn release(day: &DoctorDay, command: &ReleaseOnDay) -> Vec<DoctorDayEvent> {
    day.claim_of(command.booking_id)
        .map(|_| DoctorDayEvent::Released {
            doctor_id: command.doctor_id,
            date: command.date,
            booking_id: command.booking_id,
            at: command.at,
        })
        .into_iter()
        .collect()
}

/// A stretch is kept free, unless a visit is there; blocks may overlap each other.
pub(super) fn block(day: &DoctorDay, command: &BlockOnDay) -> Decision {
    let BlockOnDay {
        doctor_id,
        date,
        block,
    } = command;
    if day
        .taken()
        .blocks
        .iter()
        .any(|known| known.block_id == block.block_id)
    {
        return Ok(vec![]);
    }
    refuse_if_claimed(&[day], block.range, None, block.at)?;
    Ok(vec![DoctorDayEvent::Blocked {
        doctor_id: *doctor_id,
        date: *date,
        block_id: block.block_id,
        range: block.range,
        by: block.by,
        at: block.at,
    }])
}

/// A block ends; nothing happens where there is none.
pub(super) fn unblock(day: &DoctorDay, command: &UnblockOnDay) -> Vec<DoctorDayEvent> {
    let UnblockOnDay {
        doctor_id,
        date,
        block,
    } = command;
    let blocks = &day.taken().blocks;
    blocks
        .iter()
        .find(|known| known.block_id == block.block_id)
        .map(|known| DoctorDayEvent::Unblocked {
            doctor_id: *doctor_id,
            date: *date,
            block_id: known.block_id,
            by: block.by,
            at: block.at,
        })
        .into_iter()
        .collect()
}

/// Refuses when another booking, or the doctor, takes an instant of `range` on any of `days`.
pub(super) fn refuse_if_taken(
    days: &[&DoctorDay],
    range: TimeRange,
    own: Option<BookingId>,
    at: jiff::Timestamp,
) -> Result<(), ScheduleRefusal> {
    if days
        .iter()
        .any(|day| day.taken().blocks.iter().any(|block| block.range.overlaps(range)))
    {
        return Err(ScheduleRefusal::SlotTaken { overdue: vec![] });
    }
    refuse_if_claimed(days, range, own, at)
}

/// Refuses when another booking takes an instant of `range`; names the overdue holds in the way if these are all.
pub(super) fn refuse_if_claimed(
    days: &[&DoctorDay],
    range: TimeRange,
    own: Option<BookingId>,
    at: jiff::Timestamp,
) -> Result<(), ScheduleRefusal> {
    let in_the_way = days
        .iter()
        .flat_map(|day| &day.taken().claims)
        .filter(|claim| Some(claim.booking_id) != own && claim.occupied.overlaps(range));
    overdue_among(in_the_way, at).map_or(Ok(()), |overdue| Err(ScheduleRefusal::SlotTaken { overdue }))
}

/// The bookings whose overdue holds are all that `claims` are; none of them if any claim lasts. `None` without claims.
pub(super) fn overdue_among<'a>(
    claims: impl Iterator<Item = &'a TimeClaim>,
    at: jiff::Timestamp,
) -> Option<Vec<BookingId>> {
    let mut overdue = Vec::new();
    let mut anything = false;
    let mut anything_lasting = false;
    for claim in claims {
        anything = true;
        if claim.held_until.is_some_and(|until| until <= at) {
            overdue.push(claim.booking_id);
        } else {
            anything_lasting = true;
        }
    }
    if anything_lasting {
        overdue.clear();
    }
    // A claim over midnight stands in two days and is one booking.
    overdue.sort_unstable();
    overdue.dedup();
    anything.then_some(overdue)
}
