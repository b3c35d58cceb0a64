//! No two claims of one doctor ever overlap, and no claim ever meets a block: not over midnight, not on days never opened, not while the doctor's zone
//! changes, and not when decisions taken from the same past race each other to the log.

mod operations;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::ids::{BlockId, BookingId};
use crate::people::Role;
use crate::schedule::adjacent_days::{
    AdjacentDays, DatedFacts, dates_around, dates_around_instant, dates_beside, dates_spanning,
};
use crate::schedule::commands::{BlockTime, Claim, CloseDay, ExtendDay, HoldSlot, OpenDay, UnblockTime};
use crate::schedule::hours::window;
use crate::schedule::refusal::ScheduleRefusal;
use crate::schedule::slots;
use crate::schedule::tests::Days;
use crate::tests::fixtures::{id, moment, person};
use crate::time::TimeRange;

use operations::{Operation, ZONES, operations};

fn now() -> Timestamp {
    moment("2026-03-01T00:00:00Z")
}

fn visit(minute: i64, length: i64) -> TimeRange {
    TimeRange::lasting(
        moment("2026-03-27T00:00:00Z") + SignedDuration::from_mins(minute),
        length,
    )
    .unwrap()
}

fn day(number: u8) -> Date {
    date(2026, 3, 27) + SignedDuration::from_hours(24 * i64::from(number))
}

/// The log, as far as it matters here: days with versions, and where each booking's claim stands.
#[derive(Clone, Default)]
struct Log {
    days: Days,
    versions: BTreeMap<Date, u64>,
    visits: BTreeMap<BookingId, TimeRange>,
    /// Versions of the bookings' own streams, which change with their claims.
    bookings: BTreeMap<BookingId, u64>,
    /// What the doctor keeps free; ids are never used again.
    blocks: BTreeMap<BlockId, TimeRange>,
    blocks_wished: u128,
}

/// A decision on its way to the log, with every stream it was taken from.
struct Decided {
    facts: DatedFacts,
    from: Vec<(Date, u64)>,
    visit: Option<(BookingId, Option<TimeRange>)>,
    booking: Option<(BookingId, u64)>,
    block: Option<(BlockId, Option<TimeRange>)>,
}

impl Log {
    fn version(&self, date: Date) -> u64 {
        self.versions.get(&date).copied().unwrap_or(0)
    }

    fn ask(
        &self,
        zone: &str,
        dates: impl AsRef<[Date]>,
        ask: impl FnOnce(AdjacentDays<'_>) -> Result<DatedFacts, ScheduleRefusal>,
    ) -> Option<Decided> {
        let dates = dates.as_ref();
        let facts = self.days.ask(zone, dates, ask).ok()?;
        let from = dates.iter().map(|date| (*date, self.version(*date))).collect();
        Some(Decided {
            block: None,
            facts,
            from,
            visit: None,
            booking: None,
        })
    }

    /// The same decision, taken from the booking's stream too and moving the booking's visit.
    fn moving(&self, decided: Decided, booking_id: BookingId, visit: Option<TimeRange>) -> Decided {
        let version = self.bookings.get(&booking_id).copied().unwrap_or(0);
        Decided {
            visit: Some((booking_id, visit)),
            booking: Some((booking_id, version)),
            ..decided
        }
    }

    fn decide(&self, command: &Operation, zone: &str) -> Option<Decided> {
        match *command {
            Operation::Open {
                day: number,
                zone,
                from,
                length,
                slot,
                before,
                after,
            } => {
                let (date, zone) = (day(number), ZONES[zone]);
                let command = OpenDay {
                    date,
                    zone: zone.to_owned(),
                    working: window(date, zone, from, from.saturating_add(length).min(1_440)).ok()?,
                    slot_minutes: slot,
                    buffer_before_minutes: before,
                    buffer_after_minutes: after,
                    by: person(Role::Clinic),
                    at: now(),
                };
                self.ask(zone, dates_beside(date), |days| days.open(command))
            }
            Operation::Hold {
                booking,
                day: number,
                slot,
            } => self.hold(id(u128::from(booking)), number, slot, zone),
            Operation::Claim {
                booking,
                minute,
                length,
            } => self.claim(id(u128::from(booking)), visit(minute, length), zone),
            Operation::Confirm { booking } => {
                let booking_id = id(u128::from(booking));
                let visit = *self.visits.get(&booking_id)?;
                self.ask(zone, dates_around(visit), |days| {
                    Ok(days.confirm(booking_id, now()))
                })
                .map(|decided| self.moving(decided, booking_id, Some(visit)))
            }
            Operation::Release { booking } => self.release(id(u128::from(booking)), zone),
            Operation::Move {
                booking,
                minute,
                length,
            } => self.moved(id(u128::from(booking)), visit(minute, length), zone),
            Operation::Block { .. }
            | Operation::Unblock { .. }
            | Operation::Extend { .. }
            | Operation::Close { .. } => self.own_time(command, zone),
        }
    }

    /// What the doctor wants of own time.
    fn own_time(&self, command: &Operation, zone: &str) -> Option<Decided> {
        match *command {
            Operation::Block { minute, length } => self.block(visit(minute, length), zone),
            Operation::Unblock { number } => {
                let (block_id, range) = self
                    .blocks
                    .iter()
                    .nth(usize::from(number) % self.blocks.len().max(1))?;
                let command = UnblockTime {
                    block_id: *block_id,
                    by: person(Role::Doctor),
                    at: now(),
                };
                let decided = self.ask(zone, dates_spanning(*range), |days| Ok(days.unblock(&command)));
                decided.map(|decided| Decided {
                    block: Some((*block_id, None)),
                    ..decided
                })
            }
            Operation::Extend {
                day: number,
                from,
                length,
            } => {
                let date = day(number);
                let zone = self.days.day(date).hours()?.zone.clone();
                let command = ExtendDay {
                    date,
                    working: window(date, &zone, from, from.saturating_add(length).min(1_440)).ok()?,
                    by: person(Role::Doctor),
                    at: now(),
                };
                self.ask(&zone, [date], |days| days.extend(command))
            }
            Operation::Close { day: number } => {
                let command = CloseDay {
                    date: day(number),
                    by: person(Role::Doctor),
                    at: now(),
                };
                self.ask(zone, [day(number)], |days| days.close(command))
            }
            Operation::Open { .. }
            | Operation::Hold { .. }
            | Operation::Claim { .. }
            | Operation::Confirm { .. }
            | Operation::Release { .. }
            | Operation::Move { .. } => None,
        }
    }

    fn block(&self, range: TimeRange, zone: &str) -> Option<Decided> {
        let block_id = id(self.blocks_wished);
        let command = BlockTime {
            block_id,
            range,
            by: person(Role::Doctor),
            at: moment("2026-01-01T00:00:00Z"),
        };
        let decided = self.ask(zone, dates_spanning(range), |days| days.block(command));
        decided.map(|decided| Decided {
            block: Some((block_id, Some(range))),
            ..decided
        })
    }

    fn hold(&self, booking_id: BookingId, number: u8, slot: u8, zone: &str) -> Option<Decided> {
        // A booking that stands elsewhere already does not ask again.
        if self.visits.contains_key(&booking_id) {
            return None;
        }
        let offered = slots(&self.days.day(day(number)));
        let starts_at = offered
            .get(usize::from(slot) % offered.len().max(1))?
            .range
            .start();
        let command = HoldSlot {
            booking_id,
            starts_at,
            until: now(),
            at: now(),
        };
        let mut visit = None;
        self.ask(zone, dates_around_instant(starts_at), |days| {
            let claimed = days.hold(command)?;
            visit = Some(claimed.appointment.visit);
            Ok(claimed.facts)
        })
        .map(|decided| self.moving(decided, booking_id, visit))
    }

    fn claim(&self, booking_id: BookingId, visit: TimeRange, zone: &str) -> Option<Decided> {
        if self.visits.contains_key(&booking_id) {
            return None;
        }
        let command = Claim {
            booking_id,
            visit,
            keep_hours: false,
            at: now(),
        };
        self.ask(zone, dates_around(visit), |days| {
            days.claim(command).map(|claimed| claimed.facts)
        })
        .map(|decided| self.moving(decided, booking_id, Some(visit)))
    }

    fn moved(&self, booking_id: BookingId, to: TimeRange, zone: &str) -> Option<Decided> {
        let mut released = self.release(booking_id, zone)?;
        let mut between = self.clone();
        between.days.record(released.facts.clone());
        between.visits.remove(&booking_id);
        let claimed = between.claim(booking_id, to, zone)?;
        released.facts.extend(claimed.facts);
        released.from.extend(claimed.from);
        Some(Decided {
            visit: claimed.visit,
            ..released
        })
    }

    fn release(&self, booking_id: BookingId, zone: &str) -> Option<Decided> {
        let visit = *self.visits.get(&booking_id)?;
        self.ask(zone, dates_around(visit), |days| {
            Ok(days.release(booking_id, now()))
        })
        .map(|decided| self.moving(decided, booking_id, None))
    }

    /// Appends if nothing the decision was taken from has changed since.
    fn append(&mut self, decided: Decided) {
        if decided
            .from
            .iter()
            .any(|(date, version)| self.version(*date) != *version)
        {
            return;
        }
        if let Some((booking_id, version)) = decided.booking {
            let stands = self.bookings.entry(booking_id).or_default();
            if *stands != version {
                return;
            }
            *stands += 1;
        }
        for (date, _) in &decided.facts {
            *self.versions.entry(*date).or_default() += 1;
        }
        self.days.record(decided.facts);
        record(&mut self.visits, decided.visit);
        record(&mut self.blocks, decided.block);
    }

    /// No claim ever stands inside a block, and a block stands as a whole or not at all.
    fn check_blocks(&self) {
        let days = self.days.0.values();
        for claim in days.clone().flat_map(|day| &day.taken().claims) {
            for (block_id, range) in &self.blocks {
                assert!(!claim.occupied.overlaps(*range), "{claim:?} meets {block_id}");
            }
        }
        let mut standing = BTreeSet::new();
        for block in days.flat_map(|day| &day.taken().blocks) {
            assert_eq!(self.blocks.get(&block.block_id), Some(&block.range));
            standing.insert(block.block_id);
        }
        assert_eq!(standing.len(), self.blocks.len());
    }

    fn check(&self) {
        let days = self.days.0.values();
        let claims: Vec<_> = days.clone().flat_map(|day| &day.taken().claims).collect();
        for one in &claims {
            for other in &claims {
                let same = one.booking_id == other.booking_id;
                assert!(
                    same || !one.occupied.overlaps(other.occupied),
                    "{one:?} meets {other:?}"
                );
                assert!(
                    !same || one == other,
                    "a booking claims one time: {one:?}, {other:?}"
                );
            }
            assert_eq!(
                self.visits.get(&one.booking_id),
                Some(&one.visit),
                "no claim outlives its booking"
            );
        }
        for (booking_id, visit) in &self.visits {
            assert!(
                claims
                    .iter()
                    .any(|claim| claim.booking_id == *booking_id && claim.visit == *visit)
            );
        }
        let opened: Vec<_> = days.filter_map(|day| day.hours()).collect();
        for hours in &opened {
            let local = |at| crate::schedule::hours::local_date(at, &hours.zone).unwrap();
            for visit in crate::schedule::hours::visits(hours) {
                assert!(hours.bounds.contains(visit), "no slot crosses midnight");
                assert_eq!(local(visit.start()), hours.date);
            }
        }
    }
}

/// Remembers what stands now, or forgets what does not stand any more.
fn record<K: Ord>(standing: &mut BTreeMap<K, TimeRange>, change: Option<(K, Option<TimeRange>)>) {
    match change {
        Some((id, Some(range))) => drop(standing.insert(id, range)),
        Some((id, None)) => drop(standing.remove(&id)),
        None => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn no_interleaving_books_a_doctor_twice(
        operations in prop::collection::vec((operations(), 0usize..4, 0usize..8), 1..60),
    ) {
        let mut log = Log::default();
        let mut on_their_way: Vec<Decided> = Vec::new();
        let mut zone = ZONES[0];
        for (command, behind, draw) in operations {
            // Now and then the doctor moves to another end of the world.
            zone = if draw < ZONES.len() && behind == 3 { ZONES[draw] } else { zone };
            log.blocks_wished += 1;
            on_their_way.extend(log.decide(&command, zone));
            while on_their_way.len() > behind {
                let decided = on_their_way.remove(draw % on_their_way.len());
                log.append(decided);
                log.check();
                log.check_blocks();
            }
        }
    }
}
