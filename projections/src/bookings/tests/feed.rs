//! A calendar holds its owner's visits of some days, each with its booking's version and the time of that version's fact.

use std::collections::BTreeMap;

use domain::booking::status::BookingStatus;
use domain::ids::BookingId;
use domain::time::TimeRange;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sqlx::Row;

use crate::bookings::query::feed::{AHEAD_DAYS, FeedReader, FeedVisit, PAST_DAYS, visits};
use crate::bookings::query::lists::{for_doctor, for_patient};
use crate::bookings::{BookingSummary, LineFilter};
use crate::kit::bookings::{Bookings, STEPS, doctor, patient};
use crate::kit::test_log::TestLog;
use crate::{Limit, sql_types};

/// So many that some bookings are paid.
const STEPS_TAKEN: usize = 700;

/// Everybody who has visits in the histories of tests.
fn readers() -> Vec<FeedReader> {
    let patients = (0..3).map(|number| FeedReader::Patient(patient(number)));
    patients
        .chain((0..2).map(|number| FeedReader::Doctor(doctor(number))))
        .collect()
}

async fn listed(log: &TestLog, reader: FeedReader) -> Vec<BookingSummary> {
    let (pool, limit) = (&log.database.pool, Limit::new(200).unwrap());
    let page = match reader {
        FeedReader::Patient(id) => for_patient(pool, id, LineFilter::default(), None, limit).await,
        FeedReader::Doctor(id) => for_doctor(pool, id, LineFilter::default(), None, limit).await,
    };
    let page = page.unwrap();
    assert!(page.next.is_none(), "all of them are there");
    page.items
}

/// When a calendar of this reader shows the booking, if it ever does.
fn shown(reader: FeedReader, line: &BookingSummary) -> Option<TimeRange> {
    match reader {
        FeedReader::Patient(_) => {
            line.steps.secured_at?;
            line.visit.or(line.agreed.map(|agreed| agreed.visit))
        }
        FeedReader::Doctor(_) => line.visit,
    }
}

fn called_off(line: &BookingSummary) -> Option<Timestamp> {
    match line.status {
        BookingStatus::Cancelled => line.steps.cancelled_at,
        BookingStatus::Missed => line.steps.missed_at,
        BookingStatus::Expired => line.steps.expired_at,
        BookingStatus::Absent
        | BookingStatus::Pending
        | BookingStatus::Assigned
        | BookingStatus::EnRoute
        | BookingStatus::Arrived
        | BookingStatus::InProgress
        | BookingStatus::Completed
        | BookingStatus::NoShow => None,
    }
}

/// What the calendar must hold at `now`, earliest first.
fn expected(
    reader: FeedReader,
    lines: &[BookingSummary],
    recorded: &BTreeMap<BookingId, Timestamp>,
    now: Timestamp,
) -> Vec<FeedVisit> {
    let hours = |days: i64| SignedDuration::from_hours(24 * days);
    let (from, to) = (now - hours(PAST_DAYS), now + hours(AHEAD_DAYS));
    let mut expected: Vec<FeedVisit> = lines
        .iter()
        .filter_map(|line| {
            let visit = shown(reader, line)?;
            let there = visit.start() >= from && visit.start() < to;
            let stays = called_off(line).is_none_or(|at| at >= from);
            (there && stays).then(|| FeedVisit {
                booking_id: line.booking_id,
                call_type: line.call_type,
                status: line.status,
                visit,
                has_change_to_accept: line.has_change_to_accept(),
                requested_at: line.requested_at,
                version: line.version,
                changed_at: recorded[&line.booking_id],
            })
        })
        .collect();
    expected.sort_unstable_by_key(|visit| (visit.visit.start(), visit.booking_id));
    expected
}

#[tokio::test]
async fn a_calendar_holds_the_visits_of_its_days_and_when_each_last_changed() {
    let log = TestLog::open().await;
    let steps = vec((0..STEPS, any::<u8>(), any::<u16>()), STEPS_TAKEN)
        .new_tree(&mut TestRunner::deterministic())
        .unwrap()
        .current();
    let world = Bookings::lived(&steps);
    log.append(&world.history.facts).await;
    log.drain().await;
    let rows = sqlx::query(
        "select distinct on (aggregate_id) aggregate_id::uuid as booking_id, recorded_at from events
         where aggregate_type = 'booking' order by aggregate_id, sequence desc",
    )
    .fetch_all(&log.database.pool)
    .await
    .unwrap();
    let recorded: BTreeMap<BookingId, Timestamp> = rows
        .iter()
        .map(|row| {
            (
                BookingId::from_uuid(row.get("booking_id")),
                sql_types::get_time(row, "recorded_at").unwrap(),
            )
        })
        .collect();
    let (mut held, mut nothing) = (0, 0);
    for reader in readers() {
        let lines = listed(&log, reader).await;
        let moments = lines
            .iter()
            .filter_map(|line| shown(reader, line))
            .flat_map(|visit| {
                let start = visit.start();
                let second = SignedDuration::from_secs(1);
                let (last, first) = (
                    start + SignedDuration::from_hours(24 * PAST_DAYS),
                    start - SignedDuration::from_hours(24 * AHEAD_DAYS),
                );
                [start, last, last + second, first, first + second]
            });
        for now in moments {
            let found = visits(&log.database.pool, reader, now).await.unwrap();
            assert_eq!(
                found,
                expected(reader, &lines, &recorded, now),
                "{reader:?} at {now}"
            );
            held += found.len();
            nothing += usize::from(found.is_empty());
        }
    }
    assert!(held > 30 && nothing > 0, "{held} held, {nothing} empty");
}
