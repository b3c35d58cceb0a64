//! Facts in, a patient's list out.

use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;

use super::assert_says_what_the_domain_says;
use crate::Model;
use crate::bookings::query::lists::for_patient;
use crate::bookings::{BookingSummary, LineFilter};
use crate::kit::bookings::{Bookings, patient, steps};
use crate::kit::{Database, property};
use crate::page::{Cursor, List};
use crate::{Limit, QueryError};

/// Every booking of a patient, through pages of this length.
async fn all(database: &Database, number: u8, filter: LineFilter, rows: u16) -> Vec<BookingSummary> {
    let (mut lines, mut cursor) = (Vec::new(), None);
    loop {
        let limit = Limit::new(rows).unwrap();
        let page = for_patient(&database.pool, patient(number), filter.clone(), cursor, limit)
            .await
            .unwrap();
        assert!(page.items.len() <= usize::from(rows));
        lines.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(Cursor::parse(&next.encode()).unwrap()),
            None => return lines,
        }
    }
}

#[test]
fn a_list_says_what_the_domain_says_newest_first_through_any_pages() {
    property(
        12,
        &(steps(70), 1..7_u16),
        |runtime, database, _, (steps, rows)| {
            let world = Bookings::lived(&steps);
            runtime.block_on(async {
                sqlx::query("delete from bookings")
                    .execute(&database.pool)
                    .await
                    .unwrap();
                database.apply(Model::Bookings, 1, &world.history.facts).await;
                let mut listed = 0;
                for number in 0..3 {
                    let lines = all(database, number, LineFilter::default(), rows).await;
                    assert!(lines.is_sorted_by(|one, next| {
                        (one.requested_at, one.booking_id) > (next.requested_at, next.booking_id)
                    }));
                    for line in &lines {
                        assert_eq!(line.patient_id, patient(number));
                        assert_says_what_the_domain_says(line, &world);
                    }
                    listed += lines.len();
                }
                assert_eq!(listed, world.bookings.len());
            });
        },
    );
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let database = Database::create().await;
    let mut world = Bookings::lived(&[]);
    world.step((0, 0, 5)); // urgent, of the same patient, a little later
    world.step((18, 0, 0)); // the first one expires
    database.apply(Model::Bookings, 1, &world.history.facts).await;
    let listed = async |filter| -> Vec<usize> {
        let lines = all(&database, 0, filter, 50).await;
        let index = |line: &BookingSummary| {
            world
                .bookings
                .iter()
                .position(|(id, _)| *id == line.booking_id)
                .unwrap()
        };
        lines.iter().map(index).collect()
    };
    let none = LineFilter::default();
    let second = world.bookings[1].1.agreement().unwrap().requested_at;
    let second = crate::sql_types::time(second).to_jiff();

    let statuses = |statuses: &[BookingStatus]| LineFilter {
        statuses: statuses.to_vec(),
        ..none.clone()
    };
    let call_type = |call_type| LineFilter {
        call_type: Some(call_type),
        ..none.clone()
    };
    let (from, to) = (Some(second), Some(second));
    let bounded = |from, to| LineFilter {
        from,
        to,
        ..none.clone()
    };
    let cases: [(LineFilter, &[usize]); 8] = [
        (none.clone(), &[1, 0]),
        (statuses(&[BookingStatus::Expired]), &[0]),
        (statuses(&[BookingStatus::Pending]), &[1]),
        (
            statuses(&[BookingStatus::Pending, BookingStatus::Expired]),
            &[1, 0],
        ),
        (call_type(CallType::Urgent), &[1]),
        (call_type(CallType::Consultation), &[]),
        (bounded(from, None), &[1]),
        (bounded(None, to), &[0]),
    ];
    for (filter, expected) in cases {
        assert_eq!(listed(filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let database = Database::create().await;
    let foreign = Cursor::new(List::Payments, 1, uuid::Uuid::nil());
    let answer = for_patient(
        &database.pool,
        patient(0),
        LineFilter::default(),
        Some(foreign),
        Limit::default(),
    );
    assert!(matches!(answer.await, Err(QueryError::Cursor(_))));
}
