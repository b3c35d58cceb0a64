//! A clinic sees and touches what is its doctors', and nothing else is there for it.

use commands::CommandMetadata;
use commands::bookings::{self, AssignDoctor, CancelBooking, RescheduleBooking};
use commands::policy::{self, MayCancel, MayPay, MayReadBooking, MayRequest, Permission};
use commands::schedule::{self, BlockTime, OpenDay, WorkingHours};
use domain::booking::events::CancelReason;
use domain::ids::{BookingId, ClinicId, DoctorId};
use domain::people::{Actor, Role};
use domain::time::TimeRange;
use jiff::Timestamp;

use crate::kit::{Kit, as_admin, as_clinic, as_doctor, as_patient, refused};

fn cancel(booking_id: BookingId) -> CancelBooking {
    CancelBooking {
        booking_id,
        reason: CancelReason::ClinicRequest,
        note: None,
        expected_fee: None,
    }
}

fn shift(booking_id: BookingId, starts_at: Timestamp, doctor_id: Option<DoctorId>) -> RescheduleBooking {
    RescheduleBooking {
        booking_id,
        starts_at,
        doctor_id,
    }
}

fn day(doctor_id: DoctorId, kit: &Kit) -> OpenDay {
    OpenDay {
        doctor_id,
        date: jiff::tz::Offset::UTC.to_datetime(kit.now()).date() + jiff::Span::new().days(40),
        zone: None,
        hours: vec![WorkingHours {
            from_minute: 540,
            until_minute: 1_080,
        }],
        slot_minutes: 30,
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
    }
}

fn block(doctor_id: DoctorId, kit: &Kit) -> BlockTime {
    let from = kit.now() + jiff::SignedDuration::from_hours(24 * 50);
    BlockTime {
        doctor_id,
        range: TimeRange::lasting(from, 60).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_foreign_clinic_no_booking_and_no_day_is_there() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(400_000).await;
    let requested = kit.requested(patient, doctor, slots[5]).await;
    let (assigned, _) = kit.assigned(patient, doctor, slots[0]).await;
    let foreign = as_clinic(kit.other_clinic().await);
    let before = kit.facts().await.len();
    for booking_id in [requested, assigned] {
        let answers = [
            refused(bookings::quote(&kit.services, &foreign, booking_id).await),
            refused(bookings::cancel(&kit.services, &foreign, cancel(booking_id)).await),
            refused(bookings::unassign(&kit.services, &foreign, booking_id).await),
            refused(bookings::reschedule(&kit.services, &foreign, shift(booking_id, slots[1], None)).await),
        ];
        assert_eq!(answers, ["not_found"; 4]);
    }
    assert_eq!(
        refused(schedule::open_day(&kit.services, &foreign, day(doctor, &kit)).await),
        "not_found"
    );
    assert_eq!(
        refused(schedule::block_time(&kit.services, &foreign, block(doctor, &kit)).await),
        "not_found"
    );
    assert_eq!(kit.facts().await.len(), before, "nothing changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_who_was_chosen_and_never_assigned_finds_no_booking_that_was_cancelled_unpaid() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient().await;
    let booking_id = kit.requested(patient, doctor, slots[4]).await;
    for status in ["requested", "cancelled"] {
        let answer = bookings::cancel(&kit.services, &as_doctor(doctor), cancel(booking_id)).await;
        assert_eq!(refused(answer), "not_found", "{status}");
        bookings::cancel(&kit.services, &as_patient(patient), cancel(booking_id))
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clinic_runs_its_doctors_visits_and_days_and_sends_only_its_own() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let (colleague, others_slots) = kit.open_doctor(2).await;
    let clinic = as_clinic(kit.clinic);
    let patient = kit.patient_with(400_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;

    kit.clinic = kit.other_clinic().await;
    let (foreign, foreign_slots) = kit.open_doctor(2).await;
    let away = shift(booking_id, foreign_slots[0], Some(foreign));
    assert_eq!(
        refused(bookings::reschedule(&kit.services, &clinic, away).await),
        "doctor_not_available"
    );
    let over = shift(booking_id, others_slots[0], Some(colleague));
    let moved = bookings::reschedule(&kit.services, &clinic, over).await.unwrap();
    assert_eq!(
        moved.answer.booking.agreement().unwrap().doctor_id(),
        Some(colleague)
    );
    assert_eq!(
        refused(bookings::quote(&kit.services, &as_doctor(doctor), booking_id).await),
        "not_found",
        "who was taken off sees nothing more"
    );

    // A doctor who falls out stays the clinic's matter until another comes.
    bookings::unassign(&kit.services, &clinic, booking_id)
        .await
        .unwrap();
    let elsewhere = as_clinic(kit.clinic);
    let over_again = shift(booking_id, slots[1], Some(doctor));
    assert_eq!(
        refused(bookings::reschedule(&kit.services, &elsewhere, over_again).await),
        "not_found"
    );
    bookings::reschedule(&kit.services, &clinic, over_again)
        .await
        .unwrap();

    // An admin may send anybody; with the doctor the booking passes to the other clinic.
    bookings::reschedule(&kit.services, &as_admin(), away)
        .await
        .unwrap();
    assert_eq!(
        refused(bookings::cancel(&kit.services, &clinic, cancel(booking_id)).await),
        "not_found"
    );
    bookings::cancel(&kit.services, &as_clinic(kit.clinic), cancel(booking_id))
        .await
        .unwrap();

    schedule::open_day(&kit.services, &clinic, day(doctor, &kit))
        .await
        .unwrap();
    schedule::block_time(&kit.services, &clinic, block(doctor, &kit))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_whom_others_sent_is_shown_nothing_before_the_patient_agrees_or_the_visit_is_near() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(3).await;
    let (colleague, others_slots) = kit.open_doctor(3).await;
    let patient = kit.patient_with(400_000).await;
    let (accepted, _) = kit.assigned(patient, doctor, slots[20]).await;
    let (waits, _) = kit.assigned(patient, doctor, slots[22]).await;
    for (booking_id, slot) in [(accepted, others_slots[20]), (waits, others_slots[22])] {
        let own = bookings::is_concealed(&kit.services, &as_doctor(doctor), booking_id).await;
        assert!(!own.unwrap(), "the doctor whom the patient chose");
        let over = shift(booking_id, slot, Some(colleague));
        bookings::reschedule(&kit.services, &as_admin(), over)
            .await
            .unwrap();
        let sent = bookings::is_concealed(&kit.services, &as_doctor(colleague), booking_id).await;
        assert!(sent.unwrap(), "the patient has not been asked");
    }
    // Moving it to where it stands is another way to say so.
    let there = shift(accepted, others_slots[20], None);
    bookings::reschedule(&kit.services, &as_patient(patient), there)
        .await
        .unwrap();
    assert_eq!(kit.count("BookingChangeAccepted").await, 1);
    let agreed = bookings::is_concealed(&kit.services, &as_doctor(colleague), accepted).await;
    assert!(!agreed.unwrap());
    kit.advance_to(others_slots[22] - jiff::SignedDuration::from_mins(182))
        .await;
    let early = bookings::is_concealed(&kit.services, &as_doctor(colleague), waits).await;
    assert!(early.unwrap());
    kit.advance(2).await;
    let near = bookings::is_concealed(&kit.services, &as_doctor(colleague), waits).await;
    assert!(!near.unwrap(), "it is time to set out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clinic_sends_its_own_doctor_to_an_urgent_call_that_no_other_clinic_has_had() {
    let mut kit = Kit::new().await;
    let (doctor, scheduled_for) = (kit.doctor(true).await, kit.open_doctor(1).await);
    let patient = kit.patient_with(400_000).await;
    let (own, foreign) = (
        as_clinic(kit.clinic),
        as_clinic(ClinicId::from_uuid(uuid::Uuid::from_u128(77))),
    );
    let booking_id = kit.requested_urgently(patient).await;
    kit.pay(patient, booking_id).await.unwrap();
    kit.drain().await;
    let send = |booking_id| AssignDoctor {
        booking_id,
        doctor_id: doctor,
        starts_at: None,
    };
    let by = async |clinic: &CommandMetadata, booking_id| {
        refused(bookings::assign(&kit.services, clinic, send(booking_id)).await)
    };
    assert_eq!(
        by(&foreign, booking_id).await,
        "doctor_not_available",
        "not its doctor"
    );
    let unread = bookings::concerns(&kit.services, &own, booking_id).await;
    assert_eq!(refused(unread), "not_found", "sending is all it may");
    bookings::assign(&kit.services, &own, send(booking_id))
        .await
        .unwrap();
    assert_eq!(
        kit.booking(booking_id).await.agreement().unwrap().clinic_id(),
        Some(kit.clinic)
    );
    bookings::unassign(&kit.services, &own, booking_id).await.unwrap();
    assert_eq!(
        by(&foreign, booking_id).await,
        "not_found",
        "another clinic's doctor has had it"
    );
    let waits = kit.requested(patient, scheduled_for.0, scheduled_for.1[4]).await;
    assert_eq!(
        by(&foreign, waits).await,
        "not_found",
        "a scheduled visit is its doctor's clinic's"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_name_the_clinic_that_the_doctor_belonged_to() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(400_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;
    let clinic = kit.clinic.to_string();
    for fact in kit.facts().await {
        if ["BookingRequested", "BookingAssigned"].contains(&fact.event_type.as_str()) {
            assert_eq!(fact.event_version, "2");
            assert!(fact.payload.get().contains(&clinic), "{}", fact.payload.get());
        }
    }
    assert_eq!(
        kit.booking(booking_id).await.agreement().unwrap().clinic_id(),
        Some(kit.clinic)
    );
}

#[test]
fn every_action_has_one_row_and_processes_may_whatever_is_theirs() {
    let mut actions: Vec<&str> = policy::TABLE.iter().map(|rule| rule.action).collect();
    actions.sort_unstable();
    actions.dedup();
    assert_eq!(actions.len(), policy::TABLE.len());
    let person = |role| Actor::Person {
        id: domain::ids::AccountId::from_uuid(uuid::Uuid::from_u128(7)),
        role,
    };
    for rule in policy::TABLE {
        assert!(rule.permit(Actor::Process).is_ok());
        for role in [
            Role::Patient,
            Role::Doctor,
            Role::Clinic,
            Role::Admin,
            Role::Analyst,
        ] {
            assert_eq!(rule.permit(person(role)).is_ok(), rule.admits(role), "{rule:?}");
        }
    }
    // Rows that share an extractor let the same roles in.
    assert_eq!(MayReadBooking::RULE.may, MayCancel::RULE.may);
    assert_eq!(MayRequest::RULE.may, MayPay::RULE.may);
}
