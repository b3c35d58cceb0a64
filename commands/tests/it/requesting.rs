//! Requesting: prices, slots, races for one slot, overdue holds in the way, repeats.

use commands::bookings::{self, RequestBooking, VisitDetails};
use domain::booking::Booking;
use domain::booking::events::CallType;
use domain::money::Money;
use jiff::SignedDuration;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_doctor, as_patient, id_of, refused, scheduled, urgent};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_booking_is_one_fact_and_its_details_lie_in_the_vault() {
    let kit = Kit::new().await;
    let patient = kit.patient().await;
    let done = bookings::request(&kit.services, &as_patient(patient), urgent())
        .await
        .unwrap();
    assert_eq!(done.version, 1);
    let mut facts = kit.facts().await;
    facts.retain(|fact| fact.aggregate_type == "booking");
    assert_eq!(
        (facts.len(), kit.facts().await.len()),
        (1, 2),
        "beside the price list"
    );
    assert!(
        !facts[0].payload.get().contains("Тверская"),
        "no address in the log"
    );
    let details = done.answer.booking.agreement().unwrap().details.clone().unwrap();
    let opened = identity::vault::open(&kit.services.people, &[details.id])
        .await
        .unwrap();
    assert!(opened[&details.id].is_what(&details));
    assert_eq!(opened[&details.id].body["address"], "Москва, ул. Тверская, 1");
    assert_eq!(opened[&details.id].subject_id, patient.into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_clients_racing_for_one_slot_exactly_one_wins() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient().await;
    for slot in slots.iter().take(4) {
        let racers = (0..100).map(|_| kit.request(patient, doctor, *slot));
        let answers: Vec<_> = futures::future::join_all(racers)
            .await
            .into_iter()
            .map(refused)
            .collect();
        assert_eq!(answers.iter().filter(|code| **code == "done").count(), 1);
        assert_eq!(answers.iter().filter(|code| **code == "slot_taken").count(), 99);
    }
    let world = World::of(&kit.facts().await);
    world.check_always();
    assert_eq!(world.claims_of(doctor), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_racing_for_one_slot_have_one_winner() {
    let kit = Kit::new().await;
    let other = kit.another_process().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient().await;
    for slot in &slots {
        let racers = (0..16).map(|place| {
            let services = if place % 2 == 0 { &kit.services } else { &other };
            async move { bookings::request(services, &as_patient(patient), scheduled(doctor, *slot)).await }
        });
        // On a starved machine a racer may be told to come again; that is not a winner either.
        let answers = futures::future::join_all(racers).await;
        let winners = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(winners <= 1, "{answers:?}");
        if winners == 0 {
            let _ = kit.request(patient, doctor, *slot).await;
        }
        assert_eq!(refused(kit.request(patient, doctor, *slot).await), "slot_taken");
    }
    let world = World::of(&kit.facts().await);
    assert_eq!(world.claims_of(doctor), slots.len());
    assert_eq!(world.bookings.len(), slots.len());
    World::of(&kit.facts().await).check_always();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_price_is_refused_with_the_right_one() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient().await;
    for command in [urgent(), scheduled(doctor, slots[0])] {
        let wrong = RequestBooking {
            offered: Money::kopecks(100),
            ..command
        };
        let error = bookings::request(&kit.services, &as_patient(patient), wrong)
            .await
            .unwrap_err();
        let price = match error.refusal() {
            Some(commands::Refusal::Booking(domain::booking::refusal::BookingRefusal::PriceChanged {
                price,
                version: 1,
            })) => price.minor,
            other => panic!("{other:?}"),
        };
        assert!(price == 150_000 || price == 200_000);
    }
    assert_eq!(kit.count("BookingRequested").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_call_type_needs_is_asked_for() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient().await;
    let ask = |command: RequestBooking| async {
        refused(bookings::request(&kit.services, &as_patient(patient), command).await)
    };
    let command = || scheduled(doctor, slots[0]);
    assert_eq!(
        ask(RequestBooking {
            details: VisitDetails::default(),
            ..command()
        })
        .await,
        "invalid"
    );
    assert_eq!(
        ask(RequestBooking {
            doctor_id: None,
            ..command()
        })
        .await,
        "invalid"
    );
    assert_eq!(
        ask(RequestBooking {
            starts_at: None,
            ..command()
        })
        .await,
        "invalid"
    );
    let off_grid = slots[0] + SignedDuration::from_mins(7);
    assert_eq!(ask(scheduled(doctor, off_grid)).await, "outside_working_hours");
    let gone = kit.now() - SignedDuration::from_hours(48);
    assert_eq!(ask(scheduled(doctor, gone)).await, "in_the_past");
    assert_eq!(
        ask(scheduled(kit.doctor(false).await, slots[0])).await,
        "doctor_not_available"
    );
    let video = RequestBooking {
        call_type: CallType::Consultation,
        offered: Money::kopecks(150_000),
        details: VisitDetails::default(),
        ..command()
    };
    assert_eq!(ask(video).await, "done");
    assert_eq!(
        refused(bookings::request(&kit.services, &as_doctor(doctor), urgent()).await),
        "forbidden"
    );
    assert_eq!(
        refused(bookings::request(&kit.services, &as_admin(), urgent()).await),
        "forbidden"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_meets_an_overdue_hold_ends_it_first() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let (first, second) = (kit.patient().await, kit.patient().await);
    let unpaid = kit.requested(first, doctor, slots[0]).await;
    assert_eq!(refused(kit.request(second, doctor, slots[0]).await), "slot_taken");
    kit.advance(16).await;
    let winner = kit.requested(second, doctor, slots[0]).await;
    assert!(matches!(kit.booking(unpaid).await, Booking::Expired(_)));
    assert!(matches!(kit.booking(winner).await, Booking::Requested(_)));
    let facts = kit.facts().await;
    World::of(&facts).check_always();
    // Whoever met it is not why it ended: its own request set its time.
    let of_unpaid = |kind: &str| {
        let of =
            |fact: &&event_store::Fact| fact.event_type == kind && fact.aggregate_id == unpaid.to_string();
        let fact = facts.iter().find(of).unwrap();
        (fact.position, fact.metadata().unwrap())
    };
    let (requested, request) = of_unpaid("BookingRequested");
    let (_, expiry) = of_unpaid("BookingExpired");
    assert_eq!(
        (expiry.causation, expiry.correlation_id, expiry.actor_id.as_str()),
        (Some(requested), request.correlation_id, "hold_expiry")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_hold_whose_money_has_come_is_secured_and_not_ended() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let (first, second) = (kit.patient_with(500_000).await, kit.patient().await);
    let paid = kit.requested(first, doctor, slots[0]).await;
    kit.pay(first, paid).await.unwrap();
    kit.advance(16).await; // Processes lag: nobody has secured it yet.
    assert_eq!(refused(kit.request(second, doctor, slots[0]).await), "slot_taken");
    assert!(matches!(kit.booking(paid).await, Booking::Assigned(_)));
    World::of(&kit.facts().await).check_always();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn complaint_a_hundred_identical_requests_are_one_booking_and_the_same_answer() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient().await;
    let asked = as_patient(patient).with_key(Some("once".to_owned()));
    let repeats = (0..100).map(|_| bookings::request(&kit.services, &asked, scheduled(doctor, slots[0])));
    let answers = futures::future::try_join_all(repeats).await.unwrap();
    let first = answers.iter().find(|answer| !answer.replayed).unwrap();
    for answer in &answers {
        assert_eq!(id_of(answer), id_of(first));
        assert_eq!((answer.position, answer.version), (first.position, first.version));
        assert_eq!(answer.answer.booking, first.answer.booking);
    }
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(kit.count("BookingRequested").await, 1);
    // Another patient's key of the same name is another key.
    let other = as_patient(kit.patient().await).with_key(Some("once".to_owned()));
    let theirs = bookings::request(&kit.services, &other, scheduled(doctor, slots[1]))
        .await
        .unwrap();
    assert_ne!(id_of(&theirs), id_of(first));
}
