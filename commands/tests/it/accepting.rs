//! A doctor who ceases to take new visits: what was agreed stands, nothing new is claimed.

use commands::bookings::{self, AssignDoctor, RescheduleBooking};
use commands::{CommandServices, schedule};
use domain::booking::Booking;
use domain::payment::status::PaymentStatus;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_clinic, as_doctor, as_patient, refused, scheduled};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_new_is_claimed_of_a_doctor_who_takes_no_new_visits() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let (other, others_slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(950_000).await;
    let (agreed, _) = kit.assigned(patient, doctor, slots[0]).await;
    let (elsewhere, _) = kit.assigned(patient, other, others_slots[5]).await;
    let held = kit.requested(patient, doctor, slots[1]).await;
    let urgent = kit.requested_urgently(patient).await;
    kit.pay(patient, urgent).await.unwrap();
    kit.drain().await;
    for stranger in [as_patient(patient), as_doctor(other)] {
        let set = schedule::set_accepts(&kit.services, stranger.by, doctor, false).await;
        assert_eq!(refused(set), "forbidden");
    }
    let by = as_doctor(doctor).by;
    let ceased = schedule::set_accepts(&kit.services, by, doctor, false)
        .await
        .unwrap();
    assert!(!ceased.accepts);

    let no = "doctor_not_available";
    assert_eq!(refused(kit.request(patient, doctor, slots[2]).await), no);
    let to = |booking_id, doctor_id| RescheduleBooking {
        booking_id,
        starts_at: slots[3],
        doctor_id,
    };
    let mine = as_patient(patient);
    let moved = bookings::reschedule(&kit.services, &mine, to(agreed, None)).await;
    assert_eq!(refused(moved), no);
    let moved = bookings::reschedule(&kit.services, &mine, to(elsewhere, Some(doctor))).await;
    assert_eq!(refused(moved), no);
    let sent = AssignDoctor {
        booking_id: urgent,
        doctor_id: doctor,
        starts_at: None,
    };
    assert_eq!(
        refused(bookings::assign(&kit.services, &as_admin(), sent).await),
        no
    );
    let world = World::of(&kit.facts().await);
    world.check_always();
    assert_eq!(
        world.claims_of(doctor),
        2,
        "what was agreed and held before stands"
    );

    kit.pay(patient, held).await.unwrap();
    kit.drain().await;
    assert!(matches!(kit.booking(held).await, Booking::Assigned(_)));
    schedule::set_accepts(&kit.services, as_clinic(kit.clinic).by, doctor, true)
        .await
        .unwrap();
    assert_eq!(
        refused(bookings::assign(&kit.services, &as_admin(), sent).await),
        "done"
    );
    let moved = bookings::reschedule(&kit.services, &mine, to(agreed, None)).await;
    assert_eq!(refused(moved), "done");
    assert_eq!(refused(kit.request(patient, doctor, slots[4]).await), "done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_money_revives_no_visit_of_a_doctor_who_has_ceased_to_take_new_ones() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let booking_id = kit.requested(patient, doctor, slots[0]).await;
    let payment_id = kit.attempt(patient, booking_id, 1).await.unwrap();
    kit.advance(16).await;
    kit.drain().await;
    schedule::set_accepts(&kit.services, as_admin().by, doctor, false)
        .await
        .unwrap();
    assert!(kit.succeed(booking_id, payment_id, 2).await);
    kit.drain().await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Expired(_)));
    assert_eq!(kit.payment(payment_id).await.status(), PaymentStatus::Cancelled);
    assert_eq!(kit.available(patient).await, 200_000);
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_process_remembers_that_a_doctor_took_visits_a_moment_ago() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    // Another process of the platform, which has just met the doctor.
    let elsewhere = CommandServices::new(
        kit.services.log.clone(),
        kit.services.people.clone(),
        kit.services.policies.clone(),
    );
    let ask = async |slot: usize| {
        let by = as_patient(kit.patient().await);
        refused(bookings::request(&elsewhere, &by, scheduled(doctor, slots[slot])).await)
    };
    assert_eq!(ask(0).await, "done");
    schedule::set_accepts(&kit.services, as_admin().by, doctor, false)
        .await
        .unwrap();
    assert_eq!(ask(1).await, "doctor_not_available");
}
