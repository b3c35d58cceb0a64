//! What doctors do with their own time: days open, grow and close; stretches are kept free, and given back.

use crate::schedule::adjacent_days::{AdjacentDays, DatedFacts};
use crate::schedule::commands::{
    BlockOnDay, BlockTime, CloseDay, CloseOnDay, ExtendDay, ExtendOnDay, OpenDay, OpenOnDay, UnblockOnDay,
    UnblockTime,
};
use crate::schedule::refusal::ScheduleRefusal;
use crate::schedule::{decide, hours, opening};

impl AdjacentDays<'_> {
    /// Opens a day (load [`dates_beside`] it).
    ///
    /// # Errors
    /// `NotAWorkingDay`, `DayAlreadyOpen`, `DayOverlaps` or `InThePast`.
    ///
    /// [`dates_beside`]: crate::schedule::adjacent_days::dates_beside
    pub fn open(&self, command: OpenDay) -> Result<DatedFacts, ScheduleRefusal> {
        let date = command.date;
        let day = self.day_of(date).ok_or(ScheduleRefusal::NotAWorkingDay)?;
        let bounds = hours::day_bounds(date, &command.zone)?;
        let opened = opening::open(
            day,
            OpenOnDay {
                doctor_id: self.doctor_id,
                bounds,
                day: command,
            },
        )?;
        for (_, other) in self
            .days
            .iter()
            .filter(|(other, _)| *other != date && !opened.is_empty())
        {
            let overlaps_day = other.hours().is_some_and(|hours| hours.bounds.overlaps(bounds));
            // A claim made under another zone may lie in this day without standing in its stream.
            let hides_claim = other
                .taken()
                .claims
                .iter()
                .any(|claim| claim.occupied.overlaps(bounds) && day.claim_of(claim.booking_id).is_none());
            if overlaps_day || hides_claim {
                return Err(ScheduleRefusal::DayOverlaps);
            }
        }
        Ok(opened.into_iter().map(|fact| (date, fact)).collect())
    }

    /// Gives a day longer hours. Its bounds stay, so no other day is asked.
    ///
    /// # Errors
    /// `DayNotOpen`, `DayNotLonger`, `NotAWorkingDay`, `DayOverlaps` when the hours overlap each other, or `InThePast`.
    pub fn extend(&self, command: ExtendDay) -> Result<DatedFacts, ScheduleRefusal> {
        let date = command.date;
        let day = self.day_of(date).ok_or(ScheduleRefusal::DayNotOpen)?;
        let command = ExtendOnDay {
            doctor_id: self.doctor_id,
            day: command,
        };
        let facts = opening::extend(day, command)?;
        Ok(facts.into_iter().map(|fact| (date, fact)).collect())
    }

    /// Closes a day. Every claim that reaches into an open day stands in its stream, so no other day is asked.
    ///
    /// # Errors
    /// `DayClaimed` or `InThePast`.
    pub fn close(&self, command: CloseDay) -> Result<DatedFacts, ScheduleRefusal> {
        let date = command.date;
        let Some(day) = self.day_of(date) else {
            return Ok(vec![]);
        };
        let command = CloseOnDay {
            doctor_id: self.doctor_id,
            day: command,
        };
        let facts = opening::close(day, &command)?;
        Ok(facts.into_iter().map(|fact| (date, fact)).collect())
    }

    /// Keeps a stretch of time free of visits (load [`dates_spanning`] it).
    ///
    /// # Errors
    /// `InThePast`, `SlotTaken` when a visit is there, `OutsideWorkingHours` when the stretch leaves the days.
    ///
    /// [`dates_spanning`]: crate::schedule::adjacent_days::dates_spanning
    pub fn block(&self, command: BlockTime) -> Result<DatedFacts, ScheduleRefusal> {
        if command.range.end() <= command.at {
            return Err(ScheduleRefusal::InThePast);
        }
        let dates = self.dates_of(command.range)?;
        decide::refuse_if_claimed(&self.all(), command.range, None, command.at)?;
        let mut facts = Vec::new();
        for (date, day) in self.days.iter().filter(|(date, _)| dates.contains(date)) {
            let command = BlockOnDay {
                doctor_id: self.doctor_id,
                date: *date,
                block: command.clone(),
            };
            facts.extend(
                decide::block(day, &command)?
                    .into_iter()
                    .map(|fact| (*date, fact)),
            );
        }
        Ok(facts)
    }

    /// Takes a block back on every day it stands on; nothing where it does not. Load the dates that were loaded to block.
    pub fn unblock(&self, command: &UnblockTime) -> DatedFacts {
        let doctor_id = self.doctor_id;
        self.on_each(|date, day| {
            let command = UnblockOnDay {
                doctor_id,
                date,
                block: command.clone(),
            };
            decide::unblock(day, &command)
        })
    }
}
