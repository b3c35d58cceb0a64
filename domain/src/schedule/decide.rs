//! The rules that one day can judge by itself. The same wish twice is one wish.

use crate::ids::BookingId;
use crate::schedule::commands::{
    BlockOnDay, ClaimOnDay, ConfirmOnDay, HoldOnDay, ReleaseOnDay, UnblockOnDay,
};
use crate::schedule::events::DoctorDayEvent;
use crate::schedule::refusal::ScheduleRefusal;
use crate::schedule::{DoctorDay, DoctorDayCommand, TimeClaim, opening};
use crate::time::TimeRange;

/// What a decision answers.
pub type Decision = Result<Vec<DoctorDayEvent>, ScheduleRefusal>;

/// Decides any wish to one day.
///
/// # Errors
/// The refusal of the rule that the wish meets.
pub fn decide(day: &DoctorDay, wish: DoctorDayCommand) -> Decision {
    match wish {
        DoctorDayCommand::Open(wish) => opening::open(day, wish),
        DoctorDayCommand::Hold(wish) => hold(day, &wish),
        DoctorDayCommand::Claim(wish) => claim(day, &wish),
        DoctorDayCommand::Confirm(wish) => Ok(confirm(day, &wish)),
        DoctorDayCommand::Release(wish) => Ok(release(day, &wish)),
        DoctorDayCommand::Block(wish) => block(day, &wish),
        DoctorDayCommand::Unblock(wish) => Ok(unblock(day, &wish)),
        DoctorDayCommand::Extend(wish) => opening::extend(day, wish),
        DoctorDayCommand::Close(wish) => opening::close(day, &wish),
    }
}

/// Time is held for a booking; what the booking held before on this day is let go.
pub(super) fn hold(day: &DoctorDay, wish: &HoldOnDay) -> Decision {
    let HoldOnDay { claim, until } = wish;
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
pub(super) fn claim(day: &DoctorDay, wish: &ClaimOnDay) -> Decision {
    let own = day.claim_of(wish.booking_id);
    if own.is_some_and(|own| own.visit == wish.visit && own.held_until.is_none()) {
        return Ok(vec![]);
    }
    refuse_if_taken(&[day], wish.occupied, Some(wish.booking_id), wish.at)?;
    Ok(vec![DoctorDayEvent::Claimed {
        doctor_id: wish.doctor_id,
        date: wish.date,
        booking_id: wish.booking_id,
        visit: wish.visit,
        occupied: wish.occupied,
        at: wish.at,
    }])
}

/// A hold becomes a claim for good, overdue or not: time alone frees nothing.
pub(super) fn confirm(day: &DoctorDay, wish: &ConfirmOnDay) -> Vec<DoctorDayEvent> {
    day.claim_of(wish.booking_id)
        .filter(|claim| claim.held_until.is_some())
        .map(|claim| DoctorDayEvent::Claimed {
            doctor_id: wish.doctor_id,
            date: wish.date,
            booking_id: wish.booking_id,
            visit: claim.visit,
            occupied: claim.occupied,
            at: wish.at,
        })
        .into_iter()
        .collect()
}

/// A claim ends; nothing happens where there is none.
pub(super) fn release(day: &DoctorDay, wish: &ReleaseOnDay) -> Vec<DoctorDayEvent> {
    day.claim_of(wish.booking_id)
        .map(|_| DoctorDayEvent::Released {
            doctor_id: wish.doctor_id,
            date: wish.date,
            booking_id: wish.booking_id,
            at: wish.at,
        })
        .into_iter()
        .collect()
}

/// A stretch is kept free, unless a visit is there; blocks may overlap each other.
pub(super) fn block(day: &DoctorDay, wish: &BlockOnDay) -> Decision {
    let BlockOnDay {
        doctor_id,
        date,
        block,
    } = wish;
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
pub(super) fn unblock(day: &DoctorDay, wish: &UnblockOnDay) -> Vec<DoctorDayEvent> {
    let UnblockOnDay {
        doctor_id,
        date,
        block,
    } = wish;
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
