//! Facts in, a doctor's agenda out.

use domain::booking::Booking;

use super::assert_says_what_the_domain_says;
use crate::Model;
use crate::bookings::query::lists::{for_doctor, for_staff};
use crate::bookings::{BookingSummary, LineFilter};
use crate::kit::bookings::{Bookings, doctor, steps};
use crate::kit::{Database, property};
use crate::{Limit, Page};

async fn all_of(
    database: &Database,
    number: Option<u8>,
    filter: LineFilter,
    rows: u16,
) -> Vec<BookingSummary> {
    let (mut lines, mut cursor) = (Vec::new(), None);
    loop {
        let limit = Limit::new(rows).unwrap();
        let page: Page<BookingSummary> = match number {
            Some(number) => for_doctor(&database.pool, doctor(number), filter.clone(), cursor, limit)
                .await
                .unwrap(),
            None => for_staff(&database.pool, None, filter.clone(), cursor, limit)
                .await
                .unwrap(),
        };
        lines.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return lines,
        }
    }
}

/// Whether the domain's state means that a doctor has, or at the end had, the visit.
fn is_with_doctor(booking: &Booking) -> bool {
    match booking {
        Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => true,
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Expired(_)
        | Booking::Cancelled(_) => false,
    }
}

#[test]
fn an_agenda_holds_exactly_the_doctors_visits_by_time() {
    property(
        16,
        &(steps(90), 1..5_u16),
        |runtime, database, _, (steps, rows)| {
            let world = Bookings::lived(&steps);
            runtime.block_on(async {
                sqlx::query("delete from bookings")
                    .execute(&database.pool)
                    .await
                    .unwrap();
                database.apply(Model::Bookings, 1, &world.history.facts).await;
                for number in 0..2 {
                    let lines = all_of(database, Some(number), LineFilter::default(), rows).await;
                    let start = |line: &BookingSummary| line.visit.expect("a time").start();
                    assert!(lines.is_sorted_by_key(|line| (start(line), line.booking_id)));
                    for line in &lines {
                        assert_eq!(line.doctor_id, Some(doctor(number)));
                        assert!(line.assigned, "a doctor who was only chosen has no visit yet");
                        assert_says_what_the_domain_says(line, &world);
                    }
                    for (id, booking) in world
                        .bookings
                        .iter()
                        .filter(|(_, booking)| is_with_doctor(booking))
                    {
                        let of_this_doctor = booking.agreement().unwrap().doctor_id() == Some(doctor(number));
                        assert_eq!(lines.iter().any(|line| line.booking_id == *id), of_this_doctor);
                    }
                }
                let lines = all_of(database, None, LineFilter::default(), rows).await;
                assert_eq!(lines.len(), world.bookings.len(), "staff see every booking");
                assert!(lines.is_sorted_by(|one, next| {
                    (one.requested_at, one.booking_id) > (next.requested_at, next.booking_id)
                }));
            });
        },
    );
}

#[tokio::test]
async fn a_visit_taken_from_a_doctor_leaves_the_agenda() {
    let database = Database::create().await;
    let mut world = Bookings::lived(&[(4, 0, 2), (7, 0, 0), (15, 0, 1)]);
    database.apply(Model::Bookings, 1, &world.history.facts).await;
    assert_eq!(
        all_of(&database, Some(0), LineFilter::default(), 50).await.len(),
        1
    );

    let told = world.history.facts.len();
    world.step((21, 0, 0));
    database
        .apply(Model::Bookings, 1, &world.history.facts[told..])
        .await;
    assert_eq!(all_of(&database, Some(0), LineFilter::default(), 50).await, []);
    assert_eq!(all_of(&database, None, LineFilter::default(), 50).await.len(), 1);
}

#[tokio::test]
async fn an_agenda_is_bounded_by_the_visits_start() {
    let database = Database::create().await;
    let world = Bookings::lived(&[(4, 0, 2), (7, 0, 0), (15, 0, 1)]);
    database.apply(Model::Bookings, 1, &world.history.facts).await;
    let start = world.bookings[0].1.agreement().unwrap().starts_at().unwrap();
    let later = start + jiff::SignedDuration::from_secs(1);
    let count = async |from, to| {
        let filter = LineFilter {
            from,
            to,
            ..LineFilter::default()
        };
        all_of(&database, Some(0), filter, 50).await.len()
    };
    assert_eq!(count(Some(start), Some(later)).await, 1);
    assert_eq!(count(Some(later), None).await, 0);
    assert_eq!(count(None, Some(start)).await, 0);
}
