//! Several processes over one log are one: which of them answers makes no difference.

use commands::bookings::{self, CancelBooking, RescheduleBooking};
use domain::booking::events::CancelReason;
use domain::booking::status::BookingStatus;
use domain::payment::status::PaymentStatus;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_patient};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_moves_to_another_doctor_right_after_another_process_moved_it() {
    let mut kit = Kit::new().await;
    let (first, slots) = kit.open_doctor(2).await;
    let (second, elsewhere) = kit.open_doctor(9).await;
    let (third, far_off) = kit.open_doctor(16).await;
    let patient = kit.patient_with(10_000_000).await;
    let booking_id = kit.requested(patient, first, slots[0]).await;
    kit.pay(patient, booking_id).await.unwrap();
    kit.drain().await;
    let other = kit.another_process().await;
    let to = |doctor_id, starts_at| RescheduleBooking {
        booking_id,
        starts_at,
        doctor_id: Some(doctor_id),
    };
    // Each process remembers the visit where it put it, and not where the other one has put it since.
    let moves = [
        (&kit.services, to(second, elsewhere[0])),
        (&other, to(third, far_off[0])),
        (&kit.services, to(first, slots[1])),
        (&other, to(second, elsewhere[1])),
    ];
    for (services, command) in moves {
        let moved = bookings::reschedule(services, &as_admin(), command)
            .await
            .unwrap();
        let agreement = moved.answer.booking.agreement().unwrap();
        assert_eq!(agreement.doctor_id(), command.doctor_id);
        assert_eq!(agreement.starts_at(), Some(command.starts_at));
    }
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_answered_by_another_process_shows_the_money_that_was_held() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(10_000_000).await;
    let booking_id = kit.requested(patient, doctor, slots[0]).await;
    kit.pay(patient, booking_id).await.unwrap();
    kit.drain().await;
    let keyed = as_patient(patient).with_key(Some("move".to_owned()));
    let command = RescheduleBooking {
        booking_id,
        starts_at: slots[1],
        doctor_id: None,
    };
    let first = bookings::reschedule(&kit.services, &keyed, command)
        .await
        .unwrap();
    let quote = bookings::quote(&kit.services, &as_patient(patient), booking_id).await;
    let cancel = CancelBooking {
        booking_id,
        reason: CancelReason::Other,
        note: None,
        expected_fee: Some(quote.unwrap().answer.fee),
    };
    bookings::cancel(&kit.services, &as_patient(patient), cancel)
        .await
        .unwrap();
    kit.drain().await;
    // Refused by now, were it not a repeat.
    let other = kit.another_process().await;
    let again = bookings::reschedule(&other, &keyed, command).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.position, first.position);
    assert_eq!(again.answer.booking.status(), BookingStatus::Assigned);
    assert_eq!(again.answer.booking, first.answer.booking);
    let payment = again.answer.payment.as_ref().map(|payment| payment.status());
    assert_eq!(payment, Some(PaymentStatus::Authorised));
    assert_eq!(again.answer.payment, first.answer.payment);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_that_found_nothing_to_accept_accepts_no_later_change() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(10_000_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;
    let keyed = as_patient(patient).with_key(Some("accept".to_owned()));
    let first = bookings::accept_change(&kit.services, &keyed, booking_id)
        .await
        .unwrap();
    assert!(!first.replayed);
    let moved = RescheduleBooking {
        booking_id,
        starts_at: slots[3],
        doctor_id: None,
    };
    bookings::reschedule(&kit.services, &as_admin(), moved)
        .await
        .unwrap();
    let before = kit.facts().await.len();
    // The same press of the button, delivered late to another process: the patient has not seen the new time.
    let other = kit.another_process().await;
    let late = bookings::accept_change(&other, &keyed, booking_id).await.unwrap();
    assert!(late.replayed);
    assert_eq!(late.answer.booking, first.answer.booking);
    assert_eq!(kit.facts().await.len(), before, "nothing was accepted");
}
