//! The visit: who may do what, urgent assignments, moving, taking a doctor off, a patient who is not there.

use commands::Refusal;
use commands::bookings::{self, AssignDoctor, RescheduleBooking};
use commands::schedule::{self, BlockTime};
use domain::booking::Booking;
use domain::booking::decide::visit::VisitReport::{Arrive, Complete, Depart, NoShow, Start};
use domain::ids::{BookingId, DoctorId};
use domain::time::TimeRange;
use jiff::{SignedDuration, Timestamp};

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_clinic, as_doctor, as_patient, refused};

fn to(booking_id: BookingId, doctor_id: DoctorId) -> AssignDoctor {
    AssignDoctor {
        booking_id,
        doctor_id,
        starts_at: None,
    }
}

fn moved(booking_id: BookingId, starts_at: Timestamp) -> RescheduleBooking {
    RescheduleBooking {
        booking_id,
        starts_at,
        doctor_id: None,
    }
}

async fn secured_urgently(kit: &mut Kit) -> BookingId {
    let patient = kit.patient_with(150_000).await;
    let booking_id = kit.requested_urgently(patient).await;
    kit.pay(patient, booking_id).await.unwrap();
    kit.drain().await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Secured(_)));
    booking_id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_visit_takes_the_doctors_next_hour_and_no_second_one_fits() {
    let mut kit = Kit::new().await;
    let doctor = kit.doctor(true).await;
    let (first, second) = (secured_urgently(&mut kit).await, secured_urgently(&mut kit).await);
    let assign = |booking_id| {
        let services = &kit.services;
        async move { bookings::assign(services, &as_admin(), to(booking_id, doctor)).await }
    };
    let done = assign(first).await.unwrap();
    let visit = done
        .answer
        .booking
        .agreement()
        .unwrap()
        .appointment
        .clone()
        .unwrap()
        .visit;
    assert_eq!(
        visit.end().duration_since(visit.start()),
        SignedDuration::from_mins(60)
    );
    assert_eq!(
        assign(first).await.unwrap().version,
        done.version,
        "the same command twice is one command"
    );
    assert_eq!(refused(assign(second).await), "doctor_busy");
    for booking_id in [first, second] {
        let at_a_time = AssignDoctor {
            starts_at: Some(kit.now()),
            ..to(booking_id, doctor)
        };
        let answer = bookings::assign(&kit.services, &as_admin(), at_a_time).await;
        assert_eq!(
            answer.unwrap_err().refusal(),
            Some(&Refusal::NotAllowed { field: "starts_at" }),
            "an urgent visit begins now, at no time of one's choice"
        );
    }
    let by_patient = as_patient(domain::ids::PatientId::from_uuid(uuid::Uuid::nil()));
    assert_eq!(
        refused(bookings::assign(&kit.services, &by_patient, to(second, doctor)).await),
        "forbidden"
    );
    let nobody = DoctorId::from_uuid(uuid::Uuid::nil());
    let answer = bookings::assign(&kit.services, &as_admin(), to(second, nobody)).await;
    assert_eq!(refused(answer), "doctor_not_available");
    kit.advance(61).await;
    assert_eq!(refused(assign_again(&kit, second, doctor).await), "done");
    World::of(&kit.facts().await).check_always();
}

async fn assign_again(
    kit: &Kit,
    booking_id: BookingId,
    doctor: DoctorId,
) -> Result<commands::CommandOutcome<commands::BookingState>, commands::CommandError> {
    bookings::assign(&kit.services, &as_admin(), to(booking_id, doctor)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_is_completed_early_frees_the_doctor() {
    let mut kit = Kit::new().await;
    let doctor = kit.doctor(true).await;
    let (first, second) = (secured_urgently(&mut kit).await, secured_urgently(&mut kit).await);
    assign_again(&kit, first, doctor).await.unwrap();
    bookings::report(&kit.services, &as_doctor(doctor), first, Depart)
        .await
        .unwrap();
    bookings::report(&kit.services, &as_doctor(doctor), first, Start)
        .await
        .unwrap();
    kit.advance(6).await;
    assert_eq!(refused(assign_again(&kit, second, doctor).await), "doctor_busy");
    bookings::report(&kit.services, &as_doctor(doctor), first, Complete)
        .await
        .unwrap();
    assert_eq!(refused(assign_again(&kit, second, doctor).await), "done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_hold_never_keeps_a_doctor_busy() {
    let mut kit = Kit::new().await;
    let booking_id = secured_urgently(&mut kit).await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let unpaid = kit.requested(kit.patient().await, doctor, slots[0]).await;
    let minutes = slots[0].duration_since(kit.now()).as_mins();
    kit.advance(minutes - 20).await; // The hold is overdue long since, and the visit would be within the hour.
    assert_eq!(refused(assign_again(&kit, booking_id, doctor).await), "done");
    assert!(matches!(kit.booking(unpaid).await, Booking::Expired(_)));
    World::of(&kit.facts().await).check_always();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_sees_only_assigned_bookings_and_a_patient_only_own_ones() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let stranger = kit.doctor(true).await;
    let patient = kit.patient_with(400_000).await;
    let pending = kit.requested(patient, doctor, slots[0]).await;
    assert_eq!(
        refused(bookings::report(&kit.services, &as_doctor(doctor), pending, Depart).await),
        "not_found"
    );
    let (booking_id, _) = kit.assigned(patient, doctor, slots[1]).await;
    assert_eq!(
        refused(bookings::report(&kit.services, &as_doctor(stranger), booking_id, Depart).await),
        "not_found"
    );
    assert_eq!(
        refused(bookings::report(&kit.services, &as_patient(patient), booking_id, Depart).await),
        "forbidden"
    );
    assert_eq!(
        refused(bookings::report(&kit.services, &as_clinic(kit.clinic), booking_id, Depart).await),
        "forbidden"
    );
    let other = as_patient(kit.patient().await);
    assert_eq!(
        refused(bookings::quote(&kit.services, &other, booking_id).await),
        "not_found"
    );
    assert_eq!(
        refused(bookings::report(&kit.services, &as_doctor(doctor), booking_id, Depart).await),
        "too_early"
    );
    kit.advance_to(slots[1] - SignedDuration::from_hours(3)).await;
    assert_eq!(
        refused(bookings::report(&kit.services, &as_doctor(doctor), booking_id, Depart).await),
        "done"
    );
    assert_eq!(
        refused(bookings::report(&kit.services, &as_doctor(doctor), booking_id, Complete).await),
        "not_now"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moved_visit_frees_its_old_time_and_takes_the_new_one() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(3).await;
    let patient = kit.patient_with(400_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;
    let taken = kit.requested(patient, doctor, slots[1]).await;
    let shift = |booking_id, slot| {
        let services = &kit.services;
        async move { bookings::reschedule(services, &as_patient(patient), moved(booking_id, slot)).await }
    };
    assert_eq!(refused(shift(booking_id, slots[1]).await), "slot_taken");
    let last = *slots.last().unwrap();
    let done = shift(booking_id, last).await.unwrap();
    assert_eq!(done.answer.booking.agreement().unwrap().starts_at(), Some(last));
    assert_eq!(shift(booking_id, last).await.unwrap().version, done.version);
    // Unpaid bookings move their hold.
    assert_eq!(refused(shift(taken, slots[0]).await), "done");
    World::of(&kit.facts().await).check_always();
    let off_grid = last + SignedDuration::from_mins(5);
    assert_eq!(
        refused(shift(booking_id, off_grid).await),
        "outside_working_hours"
    );
    assert_eq!(World::of(&kit.facts().await).claims_of(doctor), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_taken_off_is_free_again_and_the_booking_finds_another_time() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let (other, others_slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;
    bookings::unassign(&kit.services, &as_clinic(kit.clinic), booking_id)
        .await
        .unwrap();
    assert_eq!(World::of(&kit.facts().await).claims_of(doctor), 0);
    assert_eq!(
        refused(assign_again(&kit, booking_id, other).await),
        "invalid",
        "which time?"
    );
    let at = AssignDoctor {
        starts_at: Some(others_slots[3]),
        ..to(booking_id, other)
    };
    bookings::assign(&kit.services, &as_admin(), at).await.unwrap();
    bookings::unassign(&kit.services, &as_doctor(other), booking_id)
        .await
        .unwrap();
    let back = RescheduleBooking {
        doctor_id: Some(doctor),
        ..moved(booking_id, slots[2])
    };
    bookings::reschedule(&kit.services, &as_patient(patient), back)
        .await
        .unwrap();
    assert!(matches!(kit.booking(booking_id).await, Booking::Assigned(_)));
    kit.drain().await;
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patient_who_is_not_there_pays_the_latest_fee() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;
    assert_eq!(
        refused(bookings::report(&kit.services, &as_doctor(doctor), booking_id, NoShow).await),
        "not_now",
        "from afar nobody sees that somebody is absent"
    );
    kit.advance_to(slots[0]).await;
    bookings::report(&kit.services, &as_doctor(doctor), booking_id, Depart)
        .await
        .unwrap();
    bookings::report(&kit.services, &as_doctor(doctor), booking_id, Arrive)
        .await
        .unwrap();
    assert_eq!(
        refused(bookings::report(&kit.services, &as_doctor(doctor), booking_id, NoShow).await),
        "too_early"
    );
    kit.advance(16).await;
    bookings::report(&kit.services, &as_doctor(doctor), booking_id, NoShow)
        .await
        .unwrap();
    kit.drain().await;
    assert_eq!(kit.balance(patient).await, 100_000, "half the price");
    let world = World::of(&kit.facts().await);
    world.check_at_rest();
    assert_eq!(world.claims_of(doctor), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocked_time_takes_no_bookings_and_a_booked_time_no_block() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient().await;
    let block = |from: Timestamp, minutes| {
        let range = TimeRange::lasting(from, minutes).unwrap();
        let services = &kit.services;
        async move {
            schedule::block_time(
                services,
                &as_doctor(doctor),
                BlockTime {
                    doctor_id: doctor,
                    range,
                },
            )
            .await
        }
    };
    block(slots[0], 30).await.unwrap();
    assert_eq!(
        refused(kit.request(patient, doctor, slots[0]).await),
        "slot_taken"
    );
    kit.requested(patient, doctor, slots[1]).await;
    assert_eq!(refused(block(slots[1], 10).await), "slot_taken");
    let theirs = BlockTime {
        doctor_id: doctor,
        range: TimeRange::lasting(slots[3], 10).unwrap(),
    };
    let stranger = as_doctor(kit.doctor(true).await);
    assert_eq!(
        refused(schedule::block_time(&kit.services, &stranger, theirs).await),
        "forbidden"
    );
    kit.advance(16).await; // The hold is overdue and makes way for the block too.
    assert_eq!(refused(block(slots[1], 10).await), "done");
    World::of(&kit.facts().await).check_always();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paid_call_nobody_is_found_for_and_a_visit_nobody_came_to_give_all_the_money_back() {
    let mut kit = Kit::new().await;
    let call = secured_urgently(&mut kit).await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let (visit, _) = kit.assigned(patient, doctor, slots[0]).await;
    let (taken_off, _) = {
        let other = kit.patient_with(200_000).await;
        kit.assigned(other, doctor, slots[6]).await
    };
    bookings::unassign(&kit.services, &as_clinic(kit.clinic), taken_off)
        .await
        .unwrap();
    // Too early nothing happens.
    for (booking_id, status) in [(call, "pending"), (taken_off, "pending"), (visit, "assigned")] {
        assert_eq!(kit.unserved(booking_id).await, status);
    }
    kit.advance(61).await;
    assert_eq!(kit.unserved(call).await, "expired");
    kit.advance_to(slots[6]).await;
    assert_eq!(kit.unserved(taken_off).await, "expired");
    kit.advance(24 * 60 + 30).await;
    assert_eq!(kit.unserved(visit).await, "missed");
    kit.drain().await;
    assert_eq!(kit.available(patient).await, 200_000);
    let world = World::of(&kit.facts().await);
    world.check_at_rest();
    assert_eq!(world.claims_of(doctor), 0);
}
