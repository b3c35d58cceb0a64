//! Payments that a provider carries, from the first request to the last kopeck, with answers that come late or never.

use std::sync::Arc;

use commands::payments::{self, StartPayment};
use commands::ports::Status;
use commands::{ProviderPorts, bookings};
use domain::booking::Booking;
use domain::booking::decide::visit::VisitReport::Complete;
use domain::booking::events::CancelReason;
use domain::ids::{BookingId, PatientId, PaymentId};
use domain::money::Money;
use domain::payment::anomaly::AnomalyKind;
use domain::payment::events::{PaymentMethod, RefundReason};
use domain::payment::status::PaymentStatus;
use jiff::SignedDuration;

use crate::kit::{Kit, as_admin, as_patient, refused};
use crate::scripted::{Fate, Scripted};

struct Scene {
    kit: Kit,
    provider: Scripted,
    patient: PatientId,
    booking_id: BookingId,
}

impl Scene {
    async fn new() -> Self {
        let provider = Scripted::default();
        let ports = ProviderPorts {
            providers: Arc::new(provider.clone()),
            return_url: "https://example.com/back".into(),
            ..ProviderPorts::none()
        };
        let kit = Kit::with_providers(ports).await;
        let (doctor, slots) = kit.open_doctor(3).await;
        let patient = kit.patient().await;
        let booking_id = kit.requested(patient, doctor, *slots.last().unwrap()).await;
        Self {
            kit,
            provider,
            patient,
            booking_id,
        }
    }

    async fn start(&mut self, method: PaymentMethod) -> PaymentId {
        let command = StartPayment {
            booking_id: self.booking_id,
            method,
            return_url: None,
        };
        let begun = payments::start(&self.kit.services, &as_patient(self.patient), command)
            .await
            .unwrap();
        let payment_id = begun.answer.payment.terms().unwrap().payment_id;
        self.kit.drain().await;
        payment_id
    }

    async fn noticed(&self, dedup: &str) {
        let provider_id = self.provider.payments().last().unwrap().provider_id.clone();
        self.kit.noticed(&provider_id, dedup).await;
    }

    async fn status(&self, payment_id: PaymentId) -> PaymentStatus {
        self.kit.payment(payment_id).await.status()
    }

    async fn cancel(&mut self) -> Money {
        let quote = bookings::quote(&self.kit.services, &as_patient(self.patient), self.booking_id).await;
        let command = bookings::CancelBooking {
            booking_id: self.booking_id,
            reason: CancelReason::Recovered,
            note: None,
            expected_fee: Some(quote.unwrap().answer.fee),
        };
        bookings::cancel(&self.kit.services, &as_patient(self.patient), command)
            .await
            .unwrap();
        self.kit.drain().await;
        self.kit
            .booking(self.booking_id)
            .await
            .agreement()
            .unwrap()
            .fee
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_held_captured_once_and_its_link_stays_out_of_the_log() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Yookassa).await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Pending);
    let payment = scene.kit.payment(payment_id).await;
    let link = payment
        .attempt()
        .and_then(|attempt| attempt.link.as_ref())
        .unwrap();
    let rows = identity::vault::open(&scene.kit.services.people, &[link.id])
        .await
        .unwrap();
    let row = &rows[&link.id];
    assert_eq!(row.subject_id, scene.patient.into());
    assert!(
        row.body["confirmation_url"]
            .as_str()
            .unwrap()
            .contains("/pay?order=1")
    );
    assert!(
        scene
            .kit
            .facts()
            .await
            .iter()
            .all(|fact| !fact.payload.get().contains("order=1"))
    );

    scene.provider.pay(Status::WaitingForCapture);
    scene.noticed("held").await;
    scene.kit.drain().await;
    assert!(matches!(
        scene.kit.booking(scene.booking_id).await,
        Booking::Assigned(_)
    ));
    scene.kit.start_visit(scene.booking_id).await;
    scene.kit.advance(6).await;
    scene.kit.drain().await; // Whatever came due on the way is not what the answer is lost to.
    bookings::report(&scene.kit.services, &as_admin(), scene.booking_id, Complete)
        .await
        .unwrap();
    scene.provider.next(&[Fate::AnswerLost]);
    scene.kit.drain().await;
    assert!(scene.kit.payment(payment_id).await.checking(), "nobody knows yet");
    scene.kit.advance(2).await;
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
    assert_eq!(
        scene.provider.sent("capture"),
        2,
        "sent again under its own key, for there was nothing left to look after"
    );
    assert_eq!(
        scene.kit.count("PaymentProviderCallIntended").await,
        2,
        "one to begin, one to capture"
    );
    assert_eq!(scene.kit.count("PaymentCaptured").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_01_and_case_02_a_lost_answer_makes_no_second_payment() {
    for fate in [Fate::AnswerLost, Fate::RequestLost] {
        let mut scene = Scene::new().await;
        scene.provider.next(&[fate, fate]);
        let payment_id = scene.start(PaymentMethod::Sbp).await;
        assert!(scene.kit.payment(payment_id).await.checking());
        for _ in 0..2 {
            scene.kit.advance(2).await;
            scene.kit.drain().await;
        }
        assert!(!scene.kit.payment(payment_id).await.checking());
        assert_eq!(scene.provider.sent("create"), 3);
        assert_eq!(scene.provider.payments().len(), 1);
        assert_eq!(scene.kit.count("PaymentOutcomeUnknown").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_04_after_a_day_nothing_is_sent_again_and_the_lists_tell() {
    for (fate, status) in [
        (Fate::RequestLost, PaymentStatus::Failed),
        (Fate::AnswerLost, PaymentStatus::Pending),
    ] {
        let mut scene = Scene::new().await;
        scene.provider.next(&[fate]);
        let payment_id = scene.start(PaymentMethod::Sbp).await;
        scene.kit.advance(23 * 60 + 5).await;
        scene.kit.drain().await;
        assert_eq!(scene.provider.sent("create"), 1);
        assert_eq!(scene.status(payment_id).await, status, "{fate:?}");
        assert!(!scene.kit.payment(payment_id).await.checking());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_beginning_lets_the_patient_choose_again() {
    let mut scene = Scene::new().await;
    scene.provider.next(&[Fate::Refused]);
    let first = scene.start(PaymentMethod::Yookassa).await;
    assert_eq!(scene.status(first).await, PaymentStatus::Failed);
    let second = scene.start(PaymentMethod::Sbp).await;
    assert_eq!(scene.status(second).await, PaymentStatus::Pending);
    // And again, while nobody has paid: the former is given up, and should it be paid, its money goes back.
    let third = scene.start(PaymentMethod::Sbp).await;
    assert_eq!(scene.status(second).await, PaymentStatus::Cancelled);
    assert_eq!(scene.status(third).await, PaymentStatus::Pending);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_07_a_notice_told_a_hundred_times_is_one_payment() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Sbp).await;
    scene.noticed("early").await;
    scene.kit.drain().await;
    assert_eq!(
        scene.status(payment_id).await,
        PaymentStatus::Pending,
        "a notice alone is believed in nothing"
    );
    scene.provider.pay(Status::Succeeded);
    for number in 0..100 {
        scene.noticed(&format!("again-{}", number % 10)).await;
    }
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
    for fact in ["PaymentCaptured", "PaymentIncomeKnown", "BookingSecured"] {
        assert_eq!(scene.kit.count(fact).await, 1, "{fact}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_notice_the_plan_finds_the_money() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Sbp).await;
    scene.provider.pay(Status::Succeeded);
    scene.kit.advance(1).await;
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
    assert!(matches!(
        scene.kit.booking(scene.booking_id).await,
        Booking::Assigned(_)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_18_charged_money_goes_back_but_for_the_fee_and_a_refund_given_up_is_asked_for_again() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Sbp).await;
    scene.provider.pay(Status::Succeeded);
    scene.noticed("paid").await;
    scene.kit.drain().await;
    scene.provider.refunds_take_time();
    let fee = scene.cancel().await;
    assert_eq!(scene.provider.sent("refund"), 1);
    scene.provider.end_refund(Status::Cancelled);
    scene.kit.advance(1).await;
    scene.kit.drain().await;
    assert_eq!(
        scene.kit.count("PaymentRefundCancelled").await,
        1,
        "nobody told; the plan found it"
    );
    scene.kit.advance(6 * 60 + 1).await;
    scene.kit.drain().await;
    assert_eq!(scene.provider.sent("refund"), 2);
    scene.provider.end_refund(Status::Succeeded);
    scene.kit.advance(1).await;
    scene.kit.drain().await;
    let payment = scene.kit.payment(payment_id).await;
    assert_eq!(payment.captured().minus(payment.refunded()), Ok(fee));
    let more = payments::RefundPayment {
        payment_id,
        amount: Money::kopecks(fee.minor + 1),
        reason: RefundReason::Goodwill,
        again: false,
    };
    let asked = payments::refund(&scene.kit.services, &as_admin(), more).await;
    assert!(["exceeds_captured", "not_now"].contains(&refused(asked)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_33_refunds_that_race_are_asked_for_one_after_another_and_none_is_forgotten() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Sbp).await;
    scene.provider.pay(Status::Succeeded);
    scene.noticed("paid").await;
    scene.kit.drain().await;
    scene.provider.refunds_take_time();
    let amounts = [10_000, 20_000, 30_000];
    let (services, admin) = (&scene.kit.services, as_admin());
    let wishes = amounts.map(|kopecks| payments::RefundPayment {
        payment_id,
        amount: Money::kopecks(kopecks),
        reason: RefundReason::Goodwill,
        again: false,
    });
    let [one, two, three] = wishes.map(|command| payments::refund(services, &admin, command));
    let (one, two, three) = futures::join!(one, two, three);
    for asked in [one, two, three] {
        asked.unwrap();
    }
    for done in 1..=3 {
        scene.kit.drain().await;
        assert_eq!(scene.provider.sent("refund"), done, "one is under way");
        // Of the three, the one in the middle comes to nothing.
        let ends = if done == 2 {
            Status::Cancelled
        } else {
            Status::Succeeded
        };
        scene.provider.end_refund(ends);
        scene.kit.advance(1).await;
        scene.kit.drain().await;
    }
    assert_eq!(scene.provider.sent("refund"), 3);
    assert_eq!(scene.kit.count("PaymentRefunded").await, 2);
    assert_eq!(scene.kit.count("PaymentRefundCancelled").await, 1);
    assert_eq!(
        scene.kit.count("PaymentAnomalyRecorded").await,
        1,
        "never silence"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_is_given_up_for_nothing_or_captured_for_the_fee() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Yookassa).await;
    scene.provider.pay(Status::WaitingForCapture);
    scene.noticed("held").await;
    scene.kit.drain().await;
    let fee = scene.cancel().await;
    let payment = scene.kit.payment(payment_id).await;
    assert_eq!((payment.captured(), payment.held()), (fee, Money::ZERO));
    assert_eq!(scene.provider.sent("capture") + scene.provider.sent("cancel"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_ends_before_its_visit_is_taken_at_once() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Yookassa).await;
    scene
        .provider
        .holds_end(scene.kit.now() + SignedDuration::from_hours(10));
    scene.provider.pay(Status::WaitingForCapture);
    scene.noticed("held").await;
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
    assert_eq!(scene.provider.sent("capture"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_for_an_urgent_call_that_found_nobody_is_never_taken() {
    let mut scene = Scene::new().await;
    scene.booking_id = scene.kit.requested_urgently(scene.patient).await;
    let payment_id = scene.start(PaymentMethod::Yookassa).await;
    scene
        .provider
        .holds_end(scene.kit.now() + SignedDuration::from_hours(10));
    scene.provider.pay(Status::WaitingForCapture);
    scene.noticed("held").await;
    scene.kit.drain().await;
    scene.kit.advance(9 * 60).await;
    scene.kit.drain().await;
    assert_eq!(scene.provider.sent("capture"), 0);
    assert_ne!(scene.status(payment_id).await, PaymentStatus::Completed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_28_money_that_comes_after_the_booking_is_gone_goes_back() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Sbp).await;
    scene.cancel().await;
    scene.provider.pay(Status::Succeeded);
    scene.noticed("late").await;
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Refunded);
    assert_eq!(scene.provider.sent("refund"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_26_one_key_for_two_requests_is_told_an_operator_and_not_sent_again() {
    let mut scene = Scene::new().await;
    scene.provider.next(&[Fate::KeyTaken]);
    let payment_id = scene.start(PaymentMethod::Yookassa).await;
    for _ in 0..3 {
        scene.kit.advance(2).await;
        scene.kit.drain().await;
    }
    assert_eq!(scene.provider.sent("create"), 1);
    let payment = scene.kit.payment(payment_id).await;
    let kinds = payment.attempt().unwrap().anomalies.iter();
    let kinds: Vec<_> = kinds.map(|entry| entry.anomaly.kind).collect();
    assert_eq!(kinds, [AnomalyKind::CallStuck]);
    assert_eq!(
        payment.status(),
        PaymentStatus::Pending,
        "the key may stand for what did happen"
    );
}
