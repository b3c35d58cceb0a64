//! Every filter in every order shows exactly the bookings that it says, through pages of any size.

use std::cell::Cell;

use domain::booking::status::BookingStatus;
use domain::ids::ClinicId;
use domain::payment::status::PaymentStatus;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::open_calls::lives;
use crate::bookings::query::lists::{for_doctor, for_patient, for_staff};
use crate::bookings::{BookingSort, BookingSummary, LineFilter, When};
use crate::kit::bookings::{Bookings, doctor, patient};
use crate::kit::{Database, property};
use crate::page::Cursor;
use crate::{Limit, Model, QueryError};

/// Who reads.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Patient(u8),
    Doctor(u8),
    Staff(Option<ClinicId>),
}

async fn page_of(
    database: &Database,
    reader: Reader,
    filter: LineFilter,
    cursor: Option<Cursor>,
    rows: u16,
) -> Result<crate::Page<BookingSummary>, QueryError> {
    let (pool, limit) = (&database.pool, Limit::new(rows).unwrap());
    match reader {
        Reader::Patient(number) => for_patient(pool, patient(number), filter, cursor, limit).await,
        Reader::Doctor(number) => for_doctor(pool, doctor(number), filter, cursor, limit).await,
        Reader::Staff(clinic) => for_staff(pool, clinic, filter, cursor, limit).await,
    }
}

async fn listed(database: &Database, reader: Reader, filter: &LineFilter, rows: u16) -> Vec<BookingSummary> {
    let (mut lines, mut cursor) = (Vec::new(), None);
    loop {
        let page = page_of(database, reader, filter.clone(), cursor, rows)
            .await
            .unwrap();
        lines.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(Cursor::parse(&next.encode()).unwrap()),
            None => return lines,
        }
    }
}

fn visit_time(line: &BookingSummary) -> Timestamp {
    let agreed = line.agreed.map(|agreed| agreed.visit.start());
    line.visit
        .map(|visit| visit.start())
        .or(agreed)
        .unwrap_or(line.requested_at)
}

fn is_upcoming(line: &BookingSummary, now: Timestamp) -> bool {
    let under_way = matches!(
        line.status,
        BookingStatus::EnRoute | BookingStatus::Arrived | BookingStatus::InProgress
    );
    let lives = under_way || matches!(line.status, BookingStatus::Pending | BookingStatus::Assigned);
    let end = line
        .visit
        .map(|visit| visit.end())
        .or(line.agreed.map(|agreed| agreed.visit.end()));
    let recent = visit_time(line) > now - SignedDuration::from_hours(48);
    lives && recent && (end.is_none_or(|end| end > now) || under_way)
}

/// The status of the payment as `api` shows it.
fn payment_status(line: &BookingSummary) -> PaymentStatus {
    let status = line.payment_status();
    let taken_in_part = line.payment().is_some_and(|attempt| {
        let captured = attempt.progress.captured;
        attempt
            .terms
            .is_some_and(|(_, amount)| captured > 0 && captured < amount.minor)
    });
    if status == PaymentStatus::Completed && taken_in_part {
        PaymentStatus::PartiallyRefunded
    } else {
        status
    }
}

fn shows(reader: Reader, filter: &LineFilter, line: &BookingSummary) -> bool {
    let of_reader = match reader {
        Reader::Patient(number) => line.patient_id == patient(number),
        Reader::Doctor(number) => line.doctor_id == Some(doctor(number)) && line.assigned,
        Reader::Staff(clinic) => clinic.is_none() || line.clinic_id == clinic,
    };
    of_reader
        && filter.patient.is_none_or(|patient| line.patient_id == patient)
        && filter.doctor.is_none_or(|doctor| line.doctor_id == Some(doctor))
        && filter.clinic.is_none_or(|clinic| line.clinic_id == Some(clinic))
        && (filter.statuses.is_empty() || filter.statuses.contains(&line.status))
        && (filter.payment_statuses.is_empty() || filter.payment_statuses.contains(&payment_status(line)))
        && filter
            .when
            .is_none_or(|(side, now)| is_upcoming(line, now) == (side == When::Upcoming))
}

fn sorted(mut lines: Vec<BookingSummary>, sort: BookingSort) -> Vec<BookingSummary> {
    lines.sort_by_key(|line| match sort.is_by_visit() {
        true => (visit_time(line), line.booking_id),
        false => (line.requested_at, line.booking_id),
    });
    if matches!(sort, BookingSort::VisitLatest | BookingSort::RequestedNewest) {
        lines.reverse();
    }
    lines
}

fn filters() -> impl Strategy<Value = LineFilter> {
    let clinic = |number: u128| ClinicId::from_uuid(Uuid::from_u128(number));
    (
        prop::option::weighted(0.3, 0..3_u8),
        prop::option::weighted(0.3, 0..2_u8),
        prop::option::weighted(0.2, prop::sample::select(vec![0xc001, 0xc002])),
        prop::sample::subsequence(BookingStatus::ALL.to_vec(), 0..4),
        prop::sample::subsequence(PaymentStatus::ALL.to_vec(), 0..3),
        prop::option::weighted(0.6, prop::sample::select(When::ALL.to_vec())),
        prop::sample::select(BookingSort::ALL.to_vec()),
    )
        .prop_map(
            move |(of_patient, of_doctor, of_clinic, statuses, payment_statuses, when, sort)| LineFilter {
                patient: of_patient.map(patient),
                doctor: of_doctor.map(doctor),
                clinic: of_clinic.map(clinic),
                statuses,
                payment_statuses,
                // The instant is put in where the bookings are known.
                when: when.map(|side| (side, Timestamp::UNIX_EPOCH)),
                sort: Some(sort),
                ..LineFilter::default()
            },
        )
}

#[test]
fn every_filter_in_every_order_shows_what_it_says_through_any_pages() {
    let (shown, hidden) = (Cell::new(0), Cell::new(0));
    let strategy = (
        lives(),
        prop::collection::vec(filters(), 12),
        1..5_u16,
        -60..60_i64,
    );
    property(
        24,
        &strategy,
        |runtime, database, _, (steps, filters, rows, minutes)| {
            let world = Bookings::lived(&steps);
            runtime.block_on(async {
                sqlx::query("delete from bookings")
                    .execute(&database.pool)
                    .await
                    .unwrap();
                database.apply(Model::Bookings, 1, &world.history.facts).await;
                let everything = listed(database, Reader::Staff(None), &LineFilter::default(), 200).await;
                let some_time = everything.get(everything.len() / 2).map(visit_time);
                let now = some_time.unwrap_or_default() + SignedDuration::from_mins(minutes);
                let clinic = Some(ClinicId::from_uuid(Uuid::from_u128(0xc001)));
                let readers = [
                    Reader::Patient(0),
                    Reader::Doctor(0),
                    Reader::Staff(None),
                    Reader::Staff(clinic),
                ];
                for filter in &filters {
                    let filter = LineFilter {
                        when: filter.when.map(|(side, _)| (side, now)),
                        ..filter.clone()
                    };
                    for reader in readers {
                        let expected = everything.iter().filter(|line| shows(reader, &filter, line));
                        let expected = sorted(expected.cloned().collect(), filter.sort.unwrap());
                        shown.set(shown.get() + expected.len());
                        hidden.set(hidden.get() + everything.len() - expected.len());
                        let answer = listed(database, reader, &filter, rows).await;
                        assert_eq!(answer, expected, "{reader:?} {filter:?}");
                    }
                }
            });
        },
    );
    assert!(
        shown.get() > 0 && hidden.get() > 0,
        "nothing was shown, or hidden"
    );
}

#[tokio::test]
async fn a_cursor_is_refused_in_another_order() {
    let database = Database::create().await;
    let mut world = Bookings::lived(&[]);
    world.step((0, 0, 5));
    database.apply(Model::Bookings, 1, &world.history.facts).await;
    let by = |sort| LineFilter {
        sort: Some(sort),
        ..LineFilter::default()
    };
    for sort in BookingSort::ALL {
        let page = page_of(&database, Reader::Staff(None), by(sort), None, 1)
            .await
            .unwrap();
        let cursor = page.next.expect("a second page");
        for other in BookingSort::ALL {
            let answer = page_of(&database, Reader::Staff(None), by(other), Some(cursor), 1).await;
            match other == sort {
                true => assert_eq!(answer.unwrap().items.len(), 1),
                false => assert!(matches!(answer, Err(QueryError::Cursor(_))), "{sort:?} {other:?}"),
            }
        }
    }
}
