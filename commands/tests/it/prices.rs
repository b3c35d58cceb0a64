//! Prices are data: in force by database time, the same in every process, pinned by what was agreed under them.

use commands::bookings::{self, AssignDoctor, RequestBooking, RescheduleBooking};
use commands::prices::{self, PublishPrices};
use commands::{CommandError, CommandServices};
use domain::booking::Booking;
use domain::booking::decide::visit::VisitReport::{Complete, Depart, Start};
use domain::booking::events::CallType;
use domain::booking::refusal::BookingRefusal;
use domain::ids::{BookingId, DoctorId};
use domain::money::Money;
use domain::policy::cancellation::{CancellationTerms, NoticeStep};
use domain::price_list::terms::PriceRow;
use jiff::{SignedDuration, Timestamp};

use crate::kit::{
    Kit, URGENT, as_admin, as_clinic, as_doctor, as_patient, id_of, refused, scheduled, urgent,
};
use crate::price_lists::publish_prices;

const DEARER: Money = Money::kopecks(180_000);

/// What an urgent call costs in this process now.
async fn quoted(services: &CommandServices) -> (Money, u32) {
    let now = services.log.clock().now();
    let prices = services.prices.now().await.unwrap();
    let list = prices.at(now);
    (list.price(CallType::Urgent, None, None), list.version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_process_quotes_the_new_price_from_its_time_on_and_never_before() {
    let kit = Kit::new().await;
    let elsewhere = kit.another_process().await;
    assert_eq!(quoted(&elsewhere).await, (URGENT, 1));
    let valid_from = publish_prices(&kit.services, 2, |terms| terms.prices[0].amount = DEARER).await;
    assert!(valid_from > kit.now());
    for services in [&kit.services, &elsewhere] {
        assert_eq!(quoted(services).await, (URGENT, 1), "not before its time");
    }
    let known = kit.services.prices.all().await.unwrap();
    let version = |at| known.in_force(at).map(|list| list.version);
    let tick = SignedDuration::from_micros(1);
    assert_eq!(
        (version(valid_from - tick), version(valid_from)),
        (Some(1), Some(2))
    );
    // Nobody told the other process, nothing looks in the background here, and it saw the log before the list was there.
    kit.advance(6).await;
    elsewhere.log.sample().await.unwrap();
    for services in [&kit.services, &elsewhere] {
        assert_eq!(quoted(services).await, (DEARER, 2));
    }
    let patient = kit.patient().await;
    let late = bookings::request(&elsewhere, &as_patient(patient), urgent()).await;
    let Err(CommandError::Refused(commands::Refusal::Booking(refusal))) = late else {
        panic!("{late:?}")
    };
    assert_eq!(
        refusal,
        BookingRefusal::PriceChanged {
            price: DEARER,
            version: 2
        }
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn booking_by_a_price_that_is_known_asks_the_log_for_none() {
    let kit = Kit::new().await;
    let patient = kit.patient().await;
    let looked_at = kit.services.prices.now().await.unwrap().looked_at();
    for _ in 0..3 {
        kit.requested_urgently(patient).await;
    }
    assert_eq!(kit.services.prices.now().await.unwrap().looked_at(), looked_at);
    kit.services.prices.all().await.unwrap();
    assert!(kit.services.prices.now().await.unwrap().looked_at() > looked_at);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_agreed_keeps_its_price_terms_and_version() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(1_000_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[17]).await;
    publish_prices(&kit.services, 2, |terms| {
        terms.prices[1].amount = DEARER;
        terms.cancellation.scheduled = CancellationTerms::ByNotice {
            steps: vec![NoticeStep {
                notice_minutes: 0,
                percent: 100,
            }],
        };
        terms.hold_minutes = 3;
    })
    .await;
    kit.advance(6).await;
    let booking = kit.booking(booking_id).await;
    let quote = domain::booking::quote(&booking, as_patient(patient).by, kit.now()).unwrap();
    assert_eq!(quote, Money::ZERO, "by the terms of the first list");
    let agreement = booking.agreement().unwrap();
    assert_eq!(
        (agreement.price, agreement.tariff_version),
        (Money::kopecks(200_000), 1)
    );
    let newer = RequestBooking {
        offered: DEARER,
        ..scheduled(doctor, slots[10])
    };
    let asked_at = kit.now();
    let newer = bookings::request(&kit.services, &as_patient(patient), newer)
        .await
        .unwrap();
    let newer = newer.answer.booking.agreement().cloned().unwrap();
    assert_eq!((newer.price, newer.tariff_version), (DEARER, 2));
    let hold = newer.pay_by.duration_since(asked_at);
    assert!(
        hold >= SignedDuration::from_mins(3) && hold < SignedDuration::from_mins(4),
        "{hold}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_holds_an_old_version_is_told_the_right_price() {
    let kit = Kit::new().await;
    // The urgent price stays; the terms of another kind of visit change.
    publish_prices(&kit.services, 2, |terms| terms.hold_minutes = 20).await;
    kit.advance(6).await;
    let patient = as_patient(kit.patient().await);
    let stale = RequestBooking {
        offered_version: Some(1),
        ..urgent()
    };
    let changed = bookings::request(&kit.services, &patient, stale)
        .await
        .unwrap_err();
    assert!(matches!(
        changed.refusal(),
        Some(commands::Refusal::Booking(BookingRefusal::PriceChanged {
            price: URGENT,
            version: 2
        }))
    ));
    for fresh in [Some(2), None] {
        let command = RequestBooking {
            offered_version: fresh,
            ..urgent()
        };
        bookings::request(&kit.services, &patient, command).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_with_a_price_of_their_own_is_not_reached_by_moving_a_cheaper_visit() {
    let mut kit = Kit::new().await;
    let (usual, slots) = kit.open_doctor(1).await;
    let (dear, dear_slots) = kit.open_doctor(1).await;
    let own = Money::kopecks(500_000);
    publish_prices(&kit.services, 2, |terms| {
        terms.prices.push(PriceRow {
            call_type: CallType::Scheduled,
            doctor_id: Some(dear),
            amount: own,
        });
    })
    .await;
    kit.advance(6).await;
    let patient = kit.patient_with(1_000_000).await;
    assert_eq!(
        refused(kit.request(patient, dear, dear_slots[3]).await),
        "price_changed"
    );
    let (booking_id, _) = kit.assigned(patient, usual, slots[3]).await;
    let to = |doctor_id| RescheduleBooking {
        booking_id,
        starts_at: dear_slots[5],
        doctor_id,
    };
    let by_patient = bookings::reschedule(&kit.services, &as_patient(patient), to(Some(dear))).await;
    assert_eq!(refused(by_patient), "price_changed");
    let own_doctor = bookings::reschedule(&kit.services, &as_patient(patient), to(Some(usual))).await;
    assert_eq!(refused(own_doctor), "done");
    // The platform may, at the price agreed on.
    let moved = bookings::reschedule(&kit.services, &as_admin(), to(Some(dear)))
        .await
        .unwrap();
    assert_eq!(
        moved.answer.booking.agreement().unwrap().price,
        Money::kopecks(200_000)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_list_is_published_once_by_an_admin_with_notice() {
    let kit = Kit::new().await;
    let known = kit.services.prices.all().await.unwrap();
    let terms = known.all()[0].terms.clone();
    let list = |version, valid_from| PublishPrices {
        version,
        valid_from,
        terms: terms.clone(),
    };
    let asked = as_admin().with_key(Some("list 2".to_owned()));
    let first = prices::publish(&kit.services, &asked, list(2, None))
        .await
        .unwrap();
    let again = prices::publish(&kit.services, &asked, list(2, None))
        .await
        .unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!((again.position, &again.answer), (first.position, &first.answer));
    // Without the key too, and from another process.
    let elsewhere = kit.another_process().await;
    let same = prices::publish(&elsewhere, &as_admin(), list(2, None))
        .await
        .unwrap();
    assert_eq!(same.answer, first.answer);
    let soon = list(3, Some(kit.now() + SignedDuration::from_mins(4)));
    assert_eq!(
        refused(prices::publish(&elsewhere, &as_admin(), soon).await),
        "price_list_too_soon"
    );
    let older = list(1, Some(kit.now() + SignedDuration::from_hours(1)));
    assert_eq!(
        refused(prices::publish(&elsewhere, &as_admin(), older).await),
        "price_list_not_newer"
    );
    let by_clinic = prices::publish(&kit.services, &as_clinic(kit.clinic), list(4, None)).await;
    assert_eq!(refused(by_clinic), "forbidden");
    assert_eq!(kit.count("PriceListPublished").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_list_nothing_is_priced_and_the_first_one_is_in_force_at_once() {
    let kit = Kit::without_prices().await;
    let patient = kit.patient().await;
    let urgently = bookings::request(&kit.services, &as_patient(patient), urgent()).await;
    assert!(matches!(urgently, Err(CommandError::NoPriceList)), "{urgently:?}");
    let (doctor, slots) = kit.open_doctor(1).await;
    let at_a_time = kit.request(patient, doctor, slots[0]).await;
    assert!(
        matches!(at_a_time, Err(CommandError::NoPriceList)),
        "{at_a_time:?}"
    );
    // The very first list is in force at once, in every process.
    let elsewhere = kit.another_process().await;
    publish_prices(&kit.services, 1, |_| ()).await;
    let booked = bookings::request(&elsewhere, &as_patient(patient), urgent())
        .await
        .unwrap();
    assert!(matches!(kit.booking(id_of(&booked)).await, Booking::Requested(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_carried_out_and_shared_by_the_list_it_was_booked_under() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(1_000_000).await;
    let (booking_id, _) = kit.assigned(patient, doctor, slots[0]).await;
    let valid_from = publish_prices(&kit.services, 2, |terms| {
        terms.commission_percent.scheduled = 35;
        terms.visit.windows.depart_before_minutes = 1;
        terms.visit.windows.complete_after_minutes = 120;
        terms.visit.earning_rest_hours = 0;
    })
    .await;
    assert!(valid_from < slots[0]);
    carried_out(&kit, doctor, booking_id, slots[0]).await;
    kit.drain().await;
    let earned = fact(&kit, "BookingEarned").await;
    assert_eq!(
        (&earned["policy_version"], &earned["commission"]["minor"]),
        (&1.into(), &40_000.into())
    );
    let credited = fact(&kit, "WalletEarned").await;
    let rests_until: Timestamp = credited["rests_until"].as_str().unwrap().parse().unwrap();
    let at: Timestamp = credited["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(rests_until.duration_since(at).as_hours(), 24);

    // Who books now agrees to the new list: nobody sets out so early.
    let newer = kit.requested(patient, doctor, slots[8]).await;
    let quote = bookings::quote(&kit.services, &as_patient(patient), newer)
        .await
        .unwrap();
    let opens = quote.answer.windows.depart.unwrap().not_before.unwrap();
    assert_eq!(slots[8].duration_since(opens).as_mins(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_visit_lasts_as_long_as_its_patient_agreed_to() {
    let mut kit = Kit::new().await;
    let (doctor, _) = kit.open_doctor(1).await;
    let patient = kit.patient_with(1_000_000).await;
    let booking_id = kit.requested_urgently(patient).await;
    kit.pay(patient, booking_id).await.unwrap();
    kit.drain().await;
    publish_prices(&kit.services, 2, |terms| terms.urgent_visit_minutes = 30).await;
    kit.advance(6).await;
    let command = AssignDoctor {
        booking_id,
        doctor_id: doctor,
        starts_at: None,
    };
    let done = bookings::assign(&kit.services, &as_admin(), command)
        .await
        .unwrap();
    let visit = done
        .answer
        .booking
        .agreement()
        .unwrap()
        .appointment
        .clone()
        .unwrap()
        .visit;
    assert_eq!(visit.end().duration_since(visit.start()).as_mins(), 60);
}

/// What the newest fact of this type says.
async fn fact(kit: &Kit, event_type: &str) -> serde_json::Value {
    let facts = kit.facts().await;
    let found = facts.iter().rfind(|fact| fact.event_type == event_type).unwrap();
    serde_json::from_str::<serde_json::Value>(found.payload.get()).unwrap()[event_type].clone()
}

/// The visit is carried out in its time.
async fn carried_out(kit: &Kit, doctor: DoctorId, booking_id: BookingId, starts_at: Timestamp) {
    let ahead = starts_at.duration_since(kit.now()).as_mins();
    kit.advance(ahead - 20).await;
    let by = as_doctor(doctor);
    bookings::report(&kit.services, &by, booking_id, Depart)
        .await
        .unwrap();
    kit.advance(21).await;
    bookings::report(&kit.services, &by, booking_id, Start)
        .await
        .unwrap();
    kit.advance(10).await;
    bookings::report(&kit.services, &by, booking_id, Complete)
        .await
        .unwrap();
}
