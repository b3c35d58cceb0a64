//! Money that comes late, or twice: it revives the booking or goes back; it is never kept for nothing.

use commands::bookings;
use domain::booking::Booking;
use domain::payment::status::PaymentStatus;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_patient};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_money_revives_an_expired_booking_whose_slot_is_still_free() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let booking_id = kit.requested(patient, doctor, slots[0]).await;
    let payment_id = kit.attempt(patient, booking_id, 1).await.unwrap();
    kit.advance(16).await;
    kit.drain().await;
    assert!(
        matches!(kit.booking(booking_id).await, Booking::Expired(_)),
        "due times are kept"
    );
    assert_eq!(World::of(&kit.facts().await).claims_of(doctor), 0);
    assert!(kit.succeed(booking_id, payment_id, 2).await);
    kit.drain().await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Assigned(_)));
    assert_eq!(kit.count("BookingRevived").await, 1);
    let world = World::of(&kit.facts().await);
    world.check_at_rest();
    assert_eq!(world.claims_of(doctor), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_money_for_a_slot_that_is_gone_goes_back() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let (late, quick) = (kit.patient_with(200_000).await, kit.patient_with(200_000).await);
    let booking_id = kit.requested(late, doctor, slots[0]).await;
    let payment_id = kit.attempt(late, booking_id, 1).await.unwrap();
    kit.advance(16).await;
    kit.assigned(quick, doctor, slots[0]).await;
    assert!(kit.succeed(booking_id, payment_id, 2).await);
    assert_eq!(kit.available(late).await, 0);
    kit.drain().await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Expired(_)));
    assert_eq!(kit.payment(payment_id).await.status(), PaymentStatus::Cancelled);
    assert_eq!(kit.available(late).await, 200_000);
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_money_finds_its_slot_free_when_only_an_overdue_hold_stands_there() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let late = kit.patient_with(200_000).await;
    let booking_id = kit.requested(late, doctor, slots[0]).await;
    let payment_id = kit.attempt(late, booking_id, 1).await.unwrap();
    kit.advance(16).await;
    let squatter = kit.requested(kit.patient().await, doctor, slots[0]).await;
    kit.advance(16).await; // Overdue as well, but nobody has ended it.
    assert!(kit.succeed(booking_id, payment_id, 2).await);
    kit.drain().await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Assigned(_)));
    assert!(matches!(kit.booking(squatter).await, Booking::Expired(_)));
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_for_a_time_that_has_passed_goes_back() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let booking_id = kit.requested(patient, doctor, slots[0]).await;
    let payment_id = kit.attempt(patient, booking_id, 1).await.unwrap();
    kit.advance(48 * 60).await;
    assert!(kit.succeed(booking_id, payment_id, 2).await); // Nothing has reacted to anything yet.
    kit.drain().await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Expired(_)));
    assert_eq!(kit.available(patient).await, 200_000);
    let world = World::of(&kit.facts().await);
    world.check_at_rest();
    assert_eq!(world.claims_of(doctor), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_money_for_a_cancelled_booking_goes_back() {
    let mut kit = Kit::new().await;
    let patient = kit.patient_with(150_000).await;
    let booking_id = kit.requested_urgently(patient).await;
    let payment_id = kit.attempt(patient, booking_id, 1).await.unwrap();
    let command = bookings::CancelBooking {
        booking_id,
        reason: domain::booking::events::CancelReason::Recovered,
        note: None,
        expected_fee: None,
    };
    bookings::cancel(&kit.services, &as_patient(patient), command)
        .await
        .unwrap();
    assert!(kit.succeed(booking_id, payment_id, 2).await);
    kit.drain().await;
    assert_eq!(kit.available(patient).await, 150_000);
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_27_money_that_comes_twice_is_kept_once() {
    let mut kit = Kit::new().await;
    let patient = kit.patient_with(400_000).await;
    let booking_id = kit.requested_urgently(patient).await;
    let first = kit.attempt(patient, booking_id, 1).await.unwrap();
    assert!(kit.decline(booking_id, first, 2).await);
    let second = kit.pay(patient, booking_id).await.unwrap();
    kit.drain().await;
    assert!(
        kit.succeed(booking_id, first, 3).await,
        "declined, and yet it comes"
    );
    kit.drain().await;
    assert_eq!(kit.payment(first).await.status(), PaymentStatus::Cancelled);
    assert_eq!(kit.payment(second).await.status(), PaymentStatus::Authorised);
    assert_eq!(kit.available(patient).await, 250_000);
    World::of(&kit.facts().await).check_at_rest();
    // The visit goes on undisturbed, and only the money that secured it is taken.
    let doctor = kit.doctor(true).await;
    let assign = bookings::AssignDoctor {
        booking_id,
        doctor_id: doctor,
        starts_at: None,
    };
    bookings::assign(&kit.services, &as_admin(), assign)
        .await
        .unwrap();
    kit.visited(booking_id).await;
    kit.drain().await;
    assert_eq!(kit.balance(patient).await, 250_000);
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_monies_of_two_open_attempts_meet_one_booking_in_either_order() {
    for second_first in [false, true] {
        let mut kit = Kit::new().await;
        let patient = kit.patient_with(400_000).await;
        let booking_id = kit.requested_urgently(patient).await;
        let first = kit.attempt(patient, booking_id, 1).await.unwrap();
        assert!(kit.decline(booking_id, first, 2).await);
        let second = kit.attempt(patient, booking_id, 3).await.unwrap();
        let order = if second_first {
            [second, first]
        } else {
            [first, second]
        };
        for (place, payment_id) in order.into_iter().enumerate() {
            assert!(kit.succeed(booking_id, payment_id, 10 + place as u128).await);
        }
        kit.drain().await;
        let world = World::of(&kit.facts().await);
        world.check_at_rest();
        assert_eq!(world.payments_of(booking_id).len(), 2);
        assert_eq!(kit.available(patient).await, 250_000);
        assert_eq!(kit.count("LatePaymentRefused").await, 1);
    }
}
