//! Doctors keep long stretches free and take them back, close their days and lengthen them.

use commands::bookings::{self, AssignDoctor};
use commands::schedule::{self, BlockTime, CloseDay, ExtendDay, UnblockTime, WorkingHours};
use commands::{BlockState, CommandError, CommandOutcome};
use domain::booking::Booking;
use domain::ids::DoctorId;
use domain::schedule::slots;
use domain::time::TimeRange;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::checks::World;
use crate::kit::{Kit, ZONE, as_admin, as_doctor, refused};

/// Sixty days from now.
fn holiday(kit: &Kit) -> TimeRange {
    TimeRange::lasting(kit.now(), 60 * 24 * 60).unwrap()
}

async fn block(
    kit: &Kit,
    doctor_id: DoctorId,
    range: TimeRange,
) -> Result<CommandOutcome<BlockState>, CommandError> {
    schedule::block_time(
        &kit.services,
        &as_doctor(doctor_id),
        BlockTime { doctor_id, range },
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_of_sixty_days_is_one_command_that_keeps_every_visit_out_until_it_is_taken_back() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(950_000).await;
    let held = kit.requested(patient, doctor, slots[3]).await;
    let range = holiday(&kit);
    assert_eq!(refused(block(&kit, doctor, range).await), "slot_taken");
    kit.advance(16).await; // The hold is overdue: it makes way.
    let urgent = kit.requested_urgently(patient).await;
    kit.pay(patient, urgent).await.unwrap();
    let range = holiday(&kit);
    let asked = as_doctor(doctor).with_key(Some("holiday".to_owned()));
    let command = BlockTime {
        doctor_id: doctor,
        range,
    };
    let done = schedule::block_time(&kit.services, &asked, command)
        .await
        .unwrap();
    assert!(matches!(kit.booking(held).await, Booking::Expired(_)));
    let facts = kit.count("TimeBlocked").await;
    assert!((60..=62).contains(&facts), "{facts}");
    let again = schedule::block_time(&kit.services, &asked, command)
        .await
        .unwrap();
    assert!(again.replayed && again.answer == done.answer);

    kit.drain().await;
    assert_eq!(
        refused(kit.request(patient, doctor, slots[10]).await),
        "slot_taken"
    );
    let sent = AssignDoctor {
        booking_id: urgent,
        doctor_id: doctor,
        starts_at: None,
    };
    assert_eq!(
        refused(bookings::assign(&kit.services, &as_admin(), sent).await),
        "doctor_busy"
    );

    let back = UnblockTime {
        doctor_id: doctor,
        block_id: done.answer.block_id,
        range,
    };
    let other = kit.doctor(true).await;
    assert_eq!(
        refused(schedule::unblock_time(&kit.services, &as_doctor(other), back).await),
        "forbidden"
    );
    schedule::unblock_time(&kit.services, &as_doctor(doctor), back)
        .await
        .unwrap();
    assert_eq!(kit.count("TimeUnblocked").await, facts);
    assert_eq!(
        refused(schedule::unblock_time(&kit.services, &as_doctor(doctor), back).await),
        "done",
        "what is free stays free"
    );
    assert_eq!(kit.count("TimeUnblocked").await, facts);
    assert_eq!(refused(kit.request(patient, doctor, slots[10]).await), "done");
    assert_eq!(
        refused(bookings::assign(&kit.services, &as_admin(), sent).await),
        "done"
    );
    World::of(&kit.facts().await).check_always();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_that_is_too_long_is_refused_at_its_end() {
    let kit = Kit::new().await;
    let doctor = kit.doctor(true).await;
    let longer = TimeRange::lasting(kit.now(), 61 * 24 * 60).unwrap();
    assert_eq!(refused(block(&kit, doctor, longer).await), "invalid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_and_a_long_block_that_race_never_both_stand() {
    let kit = Kit::new().await;
    for round in 0..4 {
        let (doctor, slots) = kit.open_doctor(2).await;
        let patients = futures::future::join_all((0..3).map(|_| kit.patient())).await;
        let (kit, range) = (&kit, holiday(&kit));
        let request = |number: usize| kit.request(patients[number], doctor, slots[number * 5 + round]);
        let (blocked, requested) = tokio::join!(
            block(kit, doctor, range),
            futures::future::join_all((0..3).map(request))
        );
        let world = World::of(&kit.facts().await);
        world.check_always();
        let stood = requested.into_iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(world.claims_of(doctor), stood);
        match refused(blocked) {
            "done" => assert_eq!(stood, 0, "a claim stands inside a block"),
            other => assert!(other == "slot_taken" && stood > 0, "{other} {stood}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_closes_once_nothing_claims_it_and_opens_again_with_longer_hours() {
    let mut kit = Kit::new().await;
    let (doctor, starts) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let day = CloseDay {
        doctor_id: doctor,
        date: date_of(starts[0]),
    };
    let (agreed, _) = kit.assigned(patient, doctor, starts[2]).await;
    let close = async || schedule::close_day(&kit.services, &as_doctor(doctor), day).await;
    assert_eq!(refused(close().await), "day_claimed");
    let longer = ExtendDay {
        doctor_id: doctor,
        date: day.date,
        hours: vec![WorkingHours {
            from_minute: 8 * 60,
            until_minute: 20 * 60,
        }],
    };
    let extend =
        async |command: ExtendDay| schedule::extend_day(&kit.services, &as_doctor(doctor), command).await;
    let shorter = ExtendDay {
        hours: vec![WorkingHours {
            from_minute: 10 * 60,
            until_minute: 20 * 60,
        }],
        ..longer.clone()
    };
    assert_eq!(refused(extend(shorter).await), "day_not_longer");
    let extended = extend(longer.clone()).await.unwrap();
    let offered = slots(&extended.answer.day);
    assert_eq!(
        offered[0].range.start(),
        starts[0] - SignedDuration::from_hours(1)
    );
    assert!(offered.iter().any(|slot| !slot.free), "the visit stands");

    bookings::unassign(&kit.services, &as_doctor(doctor), agreed)
        .await
        .unwrap();
    let unpaid = kit
        .requested(kit.patient().await, doctor, offered[5].range.start())
        .await;
    assert_eq!(
        refused(close().await),
        "day_claimed",
        "a hold with its deadline ahead"
    );
    kit.advance(16).await;
    assert!(close().await.unwrap().answer.day.hours().is_none());
    assert!(matches!(kit.booking(unpaid).await, Booking::Expired(_)));
    assert_eq!(
        refused(close().await),
        "done",
        "the same command twice is one command"
    );
    assert_eq!(
        refused(kit.request(patient, doctor, offered[5].range.start()).await),
        "outside_working_hours"
    );
    assert_eq!(refused(extend(longer).await), "day_not_open");
    kit.open_day(doctor, 1).await;
    World::of(&kit.facts().await).check_always();
}

fn date_of(at: Timestamp) -> jiff::civil::Date {
    at.to_zoned(TimeZone::get(ZONE).unwrap()).date()
}
