//! What nobody attends to ends by itself: the clock runs on, and no money is left with a booking that nobody serves.

use commands::bookings::{self, AssignDoctor, CancelBooking};
use domain::booking::Booking;
use domain::booking::decide::visit::VisitReport::{Arrive, Depart, Start};
use domain::booking::events::CancelReason;
use domain::booking::status::BookingStatus;
use domain::booking::status::EscalationReason;
use domain::ids::{BookingId, PatientId, PaymentId};
use domain::payment::Payment;
use event_store::intents::{IntentFilter, IntentState};

use crate::kit::{Kit, as_admin, as_patient};

/// What every patient here begins with, in kopecks.
const PURSE: i64 = 1_000_000;

async fn paid_urgent(kit: &mut Kit, patient: PatientId) -> (BookingId, PaymentId) {
    let booking_id = kit.requested_urgently(patient).await;
    let payment_id = kit.pay(patient, booking_id).await.unwrap();
    kit.drain().await;
    (booking_id, payment_id)
}

pub async fn passes(kit: &mut Kit, minutes: i64) {
    kit.advance(minutes).await;
    kit.drain().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_call_that_finds_nobody_ends_after_an_hour_and_the_money_is_back() {
    let mut kit = Kit::new().await;
    let patient = kit.patient_with(PURSE).await;
    let (booking_id, payment_id) = paid_urgent(&mut kit, patient).await;
    passes(&mut kit, 11).await;
    let told = kit.booking(booking_id).await.agreement().unwrap().escalated;
    assert_eq!(
        told,
        Some(EscalationReason::NoDoctor),
        "an operator is told in time"
    );
    passes(&mut kit, 47).await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Secured(_)));
    passes(&mut kit, 3).await;
    assert_eq!(kit.booking(booking_id).await.status(), BookingStatus::Expired);
    assert!(matches!(kit.payment(payment_id).await, Payment::Cancelled(_)));
    assert_eq!(kit.available(patient).await, PURSE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_whose_doctor_was_taken_off_ends_at_its_start_and_the_money_is_back() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(PURSE).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[4]).await;
    bookings::unassign(&kit.services, &as_admin(), booking_id)
        .await
        .unwrap();
    kit.drain().await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Secured(_)));
    kit.advance_to(slots[4]).await;
    kit.drain().await;
    assert_eq!(kit.booking(booking_id).await.status(), BookingStatus::Expired);
    assert_eq!(kit.available(patient).await, PURSE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_nobody_departed_for_is_missed_a_day_after_its_end_and_costs_nothing() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(PURSE).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[4]).await;
    kit.advance_to(slots[4]).await;
    passes(&mut kit, 24 * 60).await;
    assert!(
        matches!(kit.booking(booking_id).await, Booking::Assigned(_)),
        "its end is half an hour later"
    );
    passes(&mut kit, 31).await;
    assert_eq!(kit.booking(booking_id).await.status(), BookingStatus::Missed);
    assert_eq!(kit.available(patient).await, PURSE);
    assert_eq!(kit.count("WalletEarned").await, 0, "nobody earns by staying away");
}

/// An admin cancels, which costs nothing.
pub async fn called_off(kit: &Kit, booking_id: BookingId) {
    let command = CancelBooking {
        booking_id,
        reason: CancelReason::Recovered,
        note: None,
        expected_fee: None,
    };
    bookings::cancel(&kit.services, &as_admin(), command)
        .await
        .unwrap();
}

/// How a booking stood when everybody went away.
struct Left {
    what: &'static str,
    patient: PatientId,
    booking_id: BookingId,
    payment_id: Option<PaymentId>,
}

/// One booking left in every state that ends by itself, and in some that have ended.
async fn left_alone(kit: &mut Kit) -> Vec<Left> {
    let (doctor, slots) = kit.open_doctor(3).await;
    let mut left = Vec::new();
    for (number, what) in [
        "unpaid call",
        "unpaid slot",
        "paid call",
        "taken off",
        "moved",
        "assigned",
        "cancelled",
        "called off call",
    ]
    .into_iter()
    .enumerate()
    {
        let (patient, slot) = (kit.patient_with(PURSE).await, slots[number * 2]);
        let (booking_id, payment_id) = match what {
            "unpaid call" => (kit.requested_urgently(patient).await, None),
            "unpaid slot" => (kit.requested(patient, doctor, slot).await, None),
            "paid call" | "called off call" => {
                let (booking_id, payment_id) = paid_urgent(kit, patient).await;
                (booking_id, Some(payment_id))
            }
            _ => {
                let (booking_id, payment_id) = kit.assigned(patient, doctor, slot).await;
                (booking_id, Some(payment_id))
            }
        };
        match what {
            "taken off" => drop(
                bookings::unassign(&kit.services, &as_admin(), booking_id)
                    .await
                    .unwrap(),
            ),
            "moved" => {
                let command = bookings::RescheduleBooking {
                    booking_id,
                    starts_at: slots[number * 2 + 1],
                    doctor_id: None,
                };
                drop(
                    bookings::reschedule(&kit.services, &as_patient(patient), command)
                        .await
                        .unwrap(),
                );
            }
            "cancelled" | "called off call" => called_off(kit, booking_id).await,
            _ => {}
        }
        kit.drain().await;
        left.push(Left {
            what,
            patient,
            booking_id,
            payment_id,
        });
    }
    left
}

/// One urgent call in every state between which its doctor says how it goes on.
async fn left_by_the_doctor(kit: &mut Kit) -> Vec<(BookingId, BookingStatus)> {
    let mut left = Vec::new();
    for status in [
        BookingStatus::EnRoute,
        BookingStatus::Arrived,
        BookingStatus::InProgress,
    ] {
        let (doctor_id, patient) = (kit.doctor(true).await, kit.patient_with(PURSE).await);
        let (booking_id, _) = paid_urgent(kit, patient).await;
        let command = AssignDoctor {
            booking_id,
            doctor_id,
            starts_at: None,
        };
        let admin = as_admin();
        bookings::assign(&kit.services, &admin, command).await.unwrap();
        bookings::report(&kit.services, &admin, booking_id, Depart)
            .await
            .unwrap();
        if status != BookingStatus::EnRoute {
            bookings::report(&kit.services, &admin, booking_id, Arrive)
                .await
                .unwrap();
        }
        if status == BookingStatus::InProgress {
            bookings::report(&kit.services, &admin, booking_id, Start)
                .await
                .unwrap();
        }
        kit.drain().await;
        left.push((booking_id, status));
    }
    left
}

pub async fn ninety_days_pass(kit: &mut Kit) {
    for hours in [1, 1, 22, 24, 24, 24, 24 * 7, 24 * 30, 24 * 49] {
        passes(kit, hours * 60).await;
    }
}

async fn assert_nothing_waits(kit: &Kit) {
    let all = event_store::intents::list(kit.services.log.pool(), &IntentFilter::default())
        .await
        .unwrap();
    let open = all
        .iter()
        .filter(|intent| intent.state == IntentState::Open)
        .count();
    assert_eq!(open, 0, "nothing waits for ever");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ninety_days_nothing_that_was_left_alone_is_open() {
    let mut kit = Kit::new().await;
    let left = left_alone(&mut kit).await;
    ninety_days_pass(&mut kit).await;
    for Left {
        what,
        patient,
        booking_id,
        payment_id,
    } in left
    {
        let booking = kit.booking(booking_id).await;
        let ended = [
            BookingStatus::Cancelled,
            BookingStatus::Expired,
            BookingStatus::Missed,
        ];
        assert!(
            ended.contains(&booking.status()),
            "{what}: {:?}",
            booking.status()
        );
        if let Some(payment_id) = payment_id {
            let payment = kit.payment(payment_id).await;
            assert!(payment.is_final(), "{what}: {:?}", payment.status());
        }
        let purse = (kit.available(patient).await, kit.balance(patient).await);
        assert_eq!(purse, (PURSE, PURSE), "{what}: nobody came, nobody pays");
    }
    assert_nothing_waits(&kit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_its_doctor_never_ended_waits_for_an_operator_who_was_told_once() {
    let mut kit = Kit::new().await;
    let left = left_by_the_doctor(&mut kit).await;
    ninety_days_pass(&mut kit).await;
    for (booking_id, status) in left {
        let booking = kit.booking(booking_id).await;
        assert_eq!(
            booking.status(),
            status,
            "nobody but a person can tell how it ended"
        );
        let told = booking.agreement().unwrap().escalated;
        assert_eq!(told, Some(EscalationReason::Unfinished), "{status:?}");
    }
    assert_eq!(kit.count("BookingEscalated").await, 3);
    assert_nothing_waits(&kit).await;
}
