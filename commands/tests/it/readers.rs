//! Whom live streams tell of a booking, and who may read it, are the same people after every fact.

use std::collections::BTreeMap;

use commands::bookings::{self, CancelBooking, RescheduleBooking};
use commands::policy::{MayReadBooking, Permission};
use commands::readers::Readers;
use domain::any_event::AnyEvent;
use domain::booking::Booking;
use domain::booking::events::CancelReason;
use domain::booking::evolve::evolve;
use domain::ids::{AccountId, BookingId};
use domain::people::{Actor, Role};

use crate::kit::{Kit, as_admin, as_patient};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_read_a_booking_is_among_its_readers_and_nobody_else() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let (colleague, others_slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(900_000).await;
    let admin = as_admin();
    let (taken_off, _) = kit.assigned(patient, doctor, slots[10]).await;
    bookings::unassign(&kit.services, &admin, taken_off)
        .await
        .unwrap();
    let (moved, _) = kit.assigned(patient, doctor, slots[12]).await;
    let shift = RescheduleBooking {
        booking_id: moved,
        starts_at: others_slots[14],
        doctor_id: Some(colleague),
    };
    bookings::reschedule(&kit.services, &admin, shift).await.unwrap();
    let unpaid = kit.requested(patient, doctor, slots[16]).await;
    for booking_id in [moved, unpaid] {
        let cancel = CancelBooking {
            booking_id,
            reason: CancelReason::PatientRequest,
            note: None,
            expected_fee: None,
        };
        bookings::cancel(&kit.services, &as_patient(patient), cancel)
            .await
            .unwrap();
    }
    kit.drain().await;

    let nobody = AccountId::from_uuid(uuid::Uuid::from_u128(7));
    let people = [
        (Role::Patient, AccountId::from(patient)),
        (Role::Patient, nobody),
        (Role::Doctor, AccountId::from(doctor)),
        (Role::Doctor, AccountId::from(colleague)),
        (Role::Doctor, nobody),
        (Role::Clinic, AccountId::from(kit.clinic)),
        (Role::Clinic, nobody),
    ];
    let mut looked_at = 0;
    let mut bookings: BTreeMap<BookingId, Booking> = BTreeMap::new();
    for fact in kit.facts().await {
        let read = AnyEvent::read(
            &fact.aggregate_type,
            &fact.event_type,
            &fact.event_version,
            fact.payload.get(),
        );
        for event in read.unwrap() {
            let AnyEvent::Booking(event) = event.as_ref() else {
                continue;
            };
            let booking = bookings.entry(fact.partition_key.parse().unwrap()).or_default();
            *booking = evolve(std::mem::take(booking), event.clone());
            let readers = Readers::of(booking).unwrap();
            for (role, id) in people {
                let may = MayReadBooking::RULE
                    .permit_on(booking, Actor::Person { id, role })
                    .is_ok();
                let among = readers.accounts().any(|reader| reader == id);
                assert_eq!(may, among, "{role:?} after {}", fact.event_type);
                looked_at += usize::from(may);
            }
        }
    }
    assert!(looked_at > 20, "{looked_at}");
}
