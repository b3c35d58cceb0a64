//! Paying from a wallet, and what becomes of the money.

use commands::payments::{self, RefundPayment, StartPayment};
use commands::{bookings, wallet};
use domain::booking::Booking;
use domain::booking::decide::visit::VisitReport::{Complete, Depart, Start};
use domain::money::Money;
use domain::payment::events::{PaymentMethod, RefundReason};
use domain::payment::status::PaymentStatus;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_doctor, as_patient, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_paid_from_a_wallet_goes_all_the_way_and_is_settled() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(2_000_000).await;
    let booking_id = kit.requested(patient, doctor, slots[0]).await;
    let command = StartPayment {
        booking_id,
        method: PaymentMethod::Wallet,
        return_url: None,
    };
    let paid = payments::start(&kit.services, &as_patient(patient), command)
        .await
        .unwrap();
    assert_eq!(paid.answer.payment.status(), PaymentStatus::Authorised);
    assert_eq!(
        (kit.balance(patient).await, kit.available(patient).await),
        (2_000_000, 1_800_000)
    );
    kit.drain().await;
    assert!(matches!(kit.booking(booking_id).await, Booking::Assigned(_)));
    kit.advance_to_start(booking_id).await;
    for _ in 0..2 {
        // The same report twice is one report.
        bookings::report(&kit.services, &as_doctor(doctor), booking_id, Depart)
            .await
            .unwrap();
    }
    bookings::report(&kit.services, &as_doctor(doctor), booking_id, Start)
        .await
        .unwrap();
    kit.advance(6).await;
    let done = bookings::report(&kit.services, &as_doctor(doctor), booking_id, Complete)
        .await
        .unwrap();
    assert_eq!(done.answer.booking.status().as_str(), "completed");
    assert_eq!(
        done.answer.payment.as_ref().unwrap().status(),
        PaymentStatus::Authorised
    );
    kit.drain().await;
    let payment_id = paid.answer.payment.terms().unwrap().payment_id;
    assert_eq!(kit.payment(payment_id).await.status(), PaymentStatus::Completed);
    assert_eq!(
        (kit.balance(patient).await, kit.available(patient).await),
        (1_800_000, 1_800_000)
    );
    assert_eq!(kit.count("DoctorDeparted").await, 1);
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starting_to_pay_is_one_append_over_booking_payment_and_wallet() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let booking_id = kit.requested(patient, doctor, slots[0]).await;
    kit.pay(patient, booking_id).await.unwrap();
    let facts = kit.facts().await;
    let from = facts
        .iter()
        .position(|fact| fact.event_type == "BookingPaymentStarted")
        .unwrap();
    let kinds: Vec<_> = facts[from..]
        .iter()
        .map(|fact| fact.event_type.as_str())
        .collect();
    assert_eq!(kinds.len(), 4);
    for kind in [
        "BookingPaymentStarted",
        "PaymentStarted",
        "PaymentAuthorised",
        "WalletHeld",
    ] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert!(
        facts[from + 1..].iter().all(|fact| fact.command_id.is_none()),
        "one command"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_or_absent_wallet_pays_nothing() {
    let kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patients = [kit.patient().await, kit.patient_with(199_999).await];
    for (patient, slot) in patients.into_iter().zip(slots) {
        let booking_id = kit.requested(patient, doctor, slot).await;
        assert_eq!(refused(kit.pay(patient, booking_id).await), "insufficient_funds");
        assert!(
            kit.booking(booking_id)
                .await
                .agreement()
                .unwrap()
                .live_payment
                .is_none()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_without_an_adapter_are_refused_and_leave_nothing_behind() {
    let kit = Kit::new().await;
    let patient = kit.patient_with(500_000).await;
    let booking_id = kit.requested_urgently(patient).await;
    for method in [PaymentMethod::Yookassa, PaymentMethod::Sbp] {
        let command = StartPayment {
            booking_id,
            method,
            return_url: None,
        };
        let answer = payments::start(&kit.services, &as_patient(patient), command).await;
        assert_eq!(refused(answer), "payment_method_unavailable");
    }
    assert_eq!(kit.count("PaymentStarted").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_patient_pays_and_only_once() {
    let kit = Kit::new().await;
    let (patient, stranger) = (kit.patient_with(500_000).await, kit.patient_with(500_000).await);
    let booking_id = kit.requested_urgently(patient).await;
    assert_eq!(refused(kit.pay(stranger, booking_id).await), "not_found");
    let attempts = (0..10).map(|_| kit.pay(patient, booking_id));
    let answers: Vec<_> = futures::future::join_all(attempts)
        .await
        .into_iter()
        .map(refused)
        .collect();
    assert_eq!(
        answers.iter().filter(|code| **code == "done").count(),
        1,
        "{answers:?}"
    );
    assert_eq!(
        answers
            .iter()
            .filter(|code| **code == "payment_under_way")
            .count(),
        9
    );
    assert_eq!(kit.available(patient).await, 350_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_gives_captured_money_back_but_never_more_than_there_is() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let patient = kit.patient_with(200_000).await;
    let (booking_id, payment_id) = kit.assigned(patient, doctor, slots[0]).await;
    let give = |kopecks| RefundPayment {
        payment_id,
        amount: Money::kopecks(kopecks),
        reason: RefundReason::Goodwill,
        again: false,
    };
    assert_eq!(
        refused(payments::refund(&kit.services, &as_admin(), give(1)).await),
        "not_now"
    );
    kit.visited(booking_id).await;
    kit.drain().await;
    assert_eq!(
        refused(payments::refund(&kit.services, &as_patient(patient), give(1)).await),
        "forbidden"
    );
    let asked = as_admin().with_key(Some("back".to_owned()));
    for _ in 0..3 {
        let refund = payments::refund(&kit.services, &asked, give(50_000))
            .await
            .unwrap();
        assert_eq!(refund.answer.payment.status(), PaymentStatus::PartiallyRefunded);
    }
    assert_eq!(kit.balance(patient).await, 50_000);
    let answer = payments::refund(&kit.services, &as_admin(), give(150_001)).await;
    assert_eq!(refused(answer), "exceeds_captured");
    payments::refund(&kit.services, &as_admin(), give(150_000))
        .await
        .unwrap();
    assert_eq!(kit.payment(payment_id).await.status(), PaymentStatus::Refunded);
    assert_eq!(kit.balance(patient).await, 200_000);
    kit.drain().await;
    World::of(&kit.facts().await).check_at_rest();
    let unknown = RefundPayment {
        payment_id: domain::ids::PaymentId::from_uuid(uuid::Uuid::nil()),
        ..give(1)
    };
    assert_eq!(
        refused(payments::refund(&kit.services, &as_admin(), unknown).await),
        "not_found"
    );
    let out = wallet::WithdrawCash {
        owner_id: patient.into(),
        amount: Money::kopecks(200_001),
    };
    assert_eq!(
        refused(wallet::withdraw(&kit.services, &as_admin(), out).await),
        "insufficient_funds"
    );
}
