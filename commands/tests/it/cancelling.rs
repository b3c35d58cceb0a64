//! Cancelling: exact fees, the expected fee, notes in the vault, who may.

use commands::bookings::{self, CancelBooking, RescheduleBooking};
use domain::booking::events::CancelReason;
use domain::ids::BookingId;
use domain::money::Money;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_clinic, as_doctor, as_patient, refused};

fn cancel(booking_id: BookingId) -> CancelBooking {
    CancelBooking {
        booking_id,
        reason: CancelReason::PatientRequest,
        note: None,
        expected_fee: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fee_is_what_was_quoted_and_the_rest_of_the_hold_is_free() {
    for (hours_before, kept) in [(24, 0), (23, 60_000), (1, 100_000)] {
        let mut kit = Kit::new().await;
        let (doctor, slots) = kit.open_doctor(3).await;
        let patient = kit.patient_with(200_000).await;
        let slot = *slots.last().unwrap();
        let (booking_id, _) = kit.assigned(patient, doctor, slot).await;
        // A minute to spare, for time goes on while the test does; the very moment is the rules' own test.
        kit.advance(slot.duration_since(kit.now()).as_mins() - hours_before * 60 - 1)
            .await;
        let fee = bookings::quote(&kit.services, &as_patient(patient), booking_id)
            .await
            .unwrap()
            .answer
            .fee;
        assert_eq!(fee.minor, kept, "{hours_before} h before");
        let wrong = CancelBooking {
            expected_fee: Some(Money::kopecks(kept + 1)),
            ..cancel(booking_id)
        };
        let answer = bookings::cancel(&kit.services, &as_patient(patient), wrong).await;
        assert_eq!(refused(answer), "fee_changed");
        let right = CancelBooking {
            expected_fee: Some(fee),
            ..cancel(booking_id)
        };
        bookings::cancel(&kit.services, &as_patient(patient), right)
            .await
            .unwrap();
        kit.drain().await;
        assert_eq!(kit.available(patient).await, 200_000 - kept);
        assert_eq!(kit.balance(patient).await, 200_000 - kept);
        let world = World::of(&kit.facts().await);
        world.check_at_rest();
        assert_eq!(world.claims_of(doctor), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moved_visit_keeps_the_fee_it_had() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(5).await;
    let patient = kit.patient_with(200_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;
    kit.advance(slots[0].duration_since(kit.now()).as_mins() - 60)
        .await;
    let command = RescheduleBooking {
        booking_id,
        starts_at: *slots.last().unwrap(),
        doctor_id: None,
    };
    bookings::reschedule(&kit.services, &as_patient(patient), command)
        .await
        .unwrap();
    let unnamed = bookings::cancel(&kit.services, &as_patient(patient), cancel(booking_id)).await;
    assert_eq!(
        refused(unnamed),
        "fee_changed",
        "nobody pays what they did not name"
    );
    let named = CancelBooking {
        expected_fee: Some(Money::kopecks(100_000)),
        ..cancel(booking_id)
    };
    bookings::cancel(&kit.services, &as_patient(patient), named)
        .await
        .unwrap();
    kit.drain().await;
    assert_eq!(kit.balance(patient).await, 100_000, "half, though days are left");
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clinic_cancels_for_free_and_its_note_lies_in_the_vault() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(600_000).await;
    for (place, asked) in [as_doctor(doctor), as_clinic(kit.clinic), as_admin()]
        .into_iter()
        .enumerate()
    {
        let (booking_id, _) = kit.assigned(patient, doctor, slots[place]).await;
        let note = Some("врач заболел-секрет".to_owned());
        let command = CancelBooking {
            note,
            ..cancel(booking_id)
        };
        let done = bookings::cancel(&kit.services, &asked, command.clone())
            .await
            .unwrap();
        assert_eq!(done.answer.booking.agreement().unwrap().fee, Some(Money::ZERO));
        let again = bookings::cancel(&kit.services, &asked, command).await.unwrap();
        assert_eq!(
            again.version, done.version,
            "the same command twice is one command"
        );
        kit.drain().await;
        assert_eq!(kit.available(patient).await, 600_000);
    }
    let facts = kit.facts().await;
    assert!(facts.iter().all(|fact| !fact.payload.get().contains("секрет")));
    let note = facts
        .iter()
        .rev()
        .find(|fact| fact.event_type == "BookingCancelled")
        .unwrap();
    let event: domain::booking::events::BookingEvent = serde_json::from_str(note.payload.get()).unwrap();
    let domain::booking::events::BookingEvent::Cancelled { note: Some(note), .. } = event else {
        panic!("no note")
    };
    let opened = identity::vault::open(&kit.services.people, &[note.id])
        .await
        .unwrap();
    assert_eq!(opened[&note.id].body["note"], "врач заболел-секрет");
    assert_eq!(opened[&note.id].subject_id, patient.into());
    World::of(&facts).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_while_the_money_is_still_on_its_way_sends_it_back() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let booking_id = kit.requested(patient, doctor, slots[0]).await;
    kit.pay(patient, booking_id).await.unwrap();
    bookings::cancel(&kit.services, &as_patient(patient), cancel(booking_id))
        .await
        .unwrap();
    kit.drain().await;
    assert_eq!(kit.available(patient).await, 200_000);
    assert_eq!(kit.count("LatePaymentRefused").await, 1);
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_cannot_cancel_and_a_begun_visit_only_by_doctor_or_admin() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;
    let stranger = as_patient(kit.patient().await);
    assert_eq!(
        refused(bookings::cancel(&kit.services, &stranger, cancel(booking_id)).await),
        "not_found"
    );
    kit.start_visit(booking_id).await;
    let answer = bookings::cancel(&kit.services, &as_patient(patient), cancel(booking_id)).await;
    assert_eq!(refused(answer), "too_late");
    assert_eq!(
        refused(bookings::cancel(&kit.services, &as_doctor(doctor), cancel(booking_id)).await),
        "done"
    );
    kit.drain().await;
    assert_eq!(kit.available(patient).await, 200_000);
    World::of(&kit.facts().await).check_at_rest();
}
