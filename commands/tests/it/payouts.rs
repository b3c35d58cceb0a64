//! What visits earn, who is paid in the weekly run, and what becomes of a payout whose gateway answers late or never.

use std::sync::Arc;

use commands::intents::{IntentWorker, IntentWorkerOptions};
use commands::payouts::{self, Destination, RunOutcome, RunPayouts, RunReport, Skipped, Withdrawal};
use commands::ports::{Hint, IdempotencyKey, ObjectKind, Operation, ProviderName, RefusalKind, Status};
use commands::{House, Outside, bookings, payments};
use domain::booking::events::CancelReason;
use domain::ids::{BookingId, DoctorId, PatientId, PaymentId, PayoutId};
use domain::money::Money;
use domain::payment::anomaly::AnomalyKind;
use domain::payment::events::RefundReason;
use domain::payout::Payout;
use domain::payout::status::PayoutStatus;
use event_store::AsOf;
use identity::{BankId, Phone};

use crate::gateway::{Fate, Gateway};
use crate::kit::{Kit, SCHEDULED, as_admin, as_doctor, as_patient, refused};

/// What a scheduled visit of 2000.00 leaves its doctor.
const SHARE: i64 = 160_000;

struct Scene {
    kit: Kit,
    gateway: Gateway,
    doctor: DoctorId,
    patient: PatientId,
    slots: Vec<jiff::Timestamp>,
}

impl Scene {
    async fn new() -> Self {
        let mut kit = Kit::new().await;
        let gateway = Gateway::default();
        kit.house = with_gateway(&kit.house, &gateway);
        kit.intents = IntentWorker::new(kit.house.clone(), IntentWorkerOptions::default());
        let (doctor, slots) = kit.open_doctor(2).await;
        let patient = kit.patient_with(10_000_000).await;
        Self {
            kit,
            gateway,
            doctor,
            patient,
            slots,
        }
    }

    /// A doctor with one completed visit's money and a bank account.
    async fn earned() -> Self {
        let mut scene = Self::new().await;
        scene.complete(0).await;
        scene.name_destination().await;
        scene
    }

    async fn assigned(&mut self, slot: usize) -> (BookingId, PaymentId) {
        let starts_at = self.slots[slot * 3];
        self.kit.assigned(self.patient, self.doctor, starts_at).await
    }

    async fn complete(&mut self, slot: usize) -> (BookingId, PaymentId) {
        let (booking_id, payment_id) = self.assigned(slot).await;
        let (house, by) = (&self.kit.house, as_doctor(self.doctor));
        bookings::depart(house, &by, booking_id).await.unwrap();
        bookings::start(house, &by, booking_id).await.unwrap();
        bookings::complete(house, &by, booking_id).await.unwrap();
        self.kit.drain().await;
        (booking_id, payment_id)
    }

    async fn name_destination(&self) {
        let wish = Destination {
            phone: Phone::parse("+79995550123").unwrap(),
            bank_id: BankId::parse("100000000111").unwrap(),
        };
        payouts::name_destination(&self.kit.house, self.doctor.into(), wish)
            .await
            .unwrap();
    }

    async fn owed(&self) -> i64 {
        let done = commands::wallet::balance(&self.kit.house, self.doctor.into()).await;
        done.unwrap().answer.available.minor
    }

    async fn run(&self) -> RunOutcome {
        let report = run(&self.kit.house, false).await;
        assert_eq!(report.lines.len(), 1);
        report.lines[0].outcome.clone()
    }

    /// Runs, and answers the payout that was asked for.
    async fn paid(&self) -> PayoutId {
        match self.run().await {
            RunOutcome::Paid { payout_id, .. } => payout_id,
            RunOutcome::Skipped(skipped) => panic!("{skipped:?}"),
        }
    }

    async fn payout(&self, id: PayoutId) -> Payout {
        let (log, stream) = (&self.kit.house.log, id.to_string());
        let facts = log.read_stream("payout", &stream, AsOf::Head).await.unwrap();
        let mut payout = Payout::default();
        for fact in facts {
            cqrs_es::Aggregate::apply(&mut payout, serde_json::from_str(fact.payload.get()).unwrap());
        }
        payout
    }

    async fn status(&self, id: PayoutId) -> PayoutStatus {
        self.payout(id).await.status()
    }

    async fn later(&mut self, minutes: i64) {
        self.kit.advance(minutes).await;
        self.kit.drain().await;
    }
}

fn with_gateway(house: &House, gateway: &Gateway) -> House {
    house.clone().facing(Outside {
        payouts: Some(Arc::new(gateway.clone())),
        ..Outside::nobody()
    })
}

async fn run(house: &House, dry_run: bool) -> RunReport {
    let wish = RunPayouts {
        through: None,
        dry_run,
    };
    payouts::run(house, &as_admin(), wish).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_earns_once_and_what_is_given_back_later_is_the_clinics_loss() {
    let mut scene = Scene::new().await;
    let (booking_id, payment_id) = scene.complete(0).await;
    assert_eq!(scene.owed().await, SHARE);
    let wish = payments::RefundPayment {
        payment_id,
        amount: SCHEDULED,
        reason: RefundReason::Complaint,
    };
    payments::refund(&scene.kit.house, &as_admin(), wish)
        .await
        .unwrap();
    scene.kit.drain().await;
    assert_eq!(scene.owed().await, SHARE, "fixed once and for all");
    assert_eq!(scene.kit.count("BookingEarned").await, 1);
    let booking = scene.kit.booking(booking_id).await;
    assert_eq!(booking.agreement().unwrap().earned, Some(Money::kopecks(SHARE)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fee_earns_its_part_and_a_free_cancellation_nothing() {
    let mut scene = Scene::new().await;
    let (late, _) = scene.assigned(0).await;
    let (free, _) = scene.assigned(1).await;
    let cancel = |booking_id| bookings::CancelBooking {
        booking_id,
        reason: CancelReason::Recovered,
        note: None,
        expected_fee: None,
    };
    let house = scene.kit.house.clone();
    bookings::cancel(&house, &as_doctor(scene.doctor), cancel(free))
        .await
        .unwrap();
    let starts_at = scene.slots[0];
    let minutes = starts_at.duration_since(scene.kit.now()).as_mins() - 60;
    scene.later(minutes).await;
    bookings::cancel(&house, &as_patient(scene.patient), cancel(late))
        .await
        .unwrap();
    scene.kit.drain().await;
    let fee = scene.kit.booking(late).await.agreement().unwrap().fee.unwrap();
    assert_eq!(fee, Money::kopecks(SCHEDULED.minor / 2));
    assert_eq!(scene.owed().await, SHARE / 2);
    assert_eq!(scene.kit.count("BookingEarned").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_at_the_same_time_and_again_pay_once() {
    let mut scene = Scene::earned().await;
    let other = with_gateway(&scene.kit.another_house().await, &scene.gateway);
    let (one, two) = tokio::join!(run(&scene.kit.house, false), run(&other, false));
    let paid = |report: &RunReport| matches!(report.lines[0].outcome, RunOutcome::Paid { .. });
    assert!(paid(&one) || paid(&two));
    scene.kit.drain().await;
    assert!(matches!(
        scene.run().await,
        RunOutcome::Skipped(Skipped::AlreadyThisWeek {
            status: PayoutStatus::Paid,
            ..
        })
    ));
    assert_eq!(scene.kit.count("PayoutRequested").await, 1);
    assert_eq!((scene.gateway.payouts().len(), scene.owed().await), (1, 0));
    scene.complete(1).await;
    assert!(matches!(
        scene.run().await,
        RunOutcome::Skipped(Skipped::AlreadyThisWeek { .. })
    ));
    scene.later(7 * 24 * 60).await;
    let next = scene.paid().await;
    scene.kit.drain().await;
    assert_eq!(
        scene.status(next).await,
        PayoutStatus::Paid,
        "the next week's run pays the rest"
    );
    assert_eq!(scene.gateway.payouts().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_paid_hears_why() {
    let mut scene = Scene::new().await;
    let skipped = |scene: &Scene| {
        let house = scene.kit.house.clone();
        async move {
            match run(&house, false).await.lines[0].outcome.clone() {
                RunOutcome::Skipped(skipped) => skipped.word(),
                RunOutcome::Paid { .. } => "paid",
            }
        }
    };
    assert_eq!(skipped(&scene).await, "below_minimum");
    scene.complete(0).await;
    assert_eq!(skipped(&scene).await, "no_payout_destination");
    scene.name_destination().await;
    let dry = run(&scene.kit.house, true).await;
    assert!(matches!(dry.lines[0].outcome, RunOutcome::Paid { amount, .. } if amount.minor == SHARE));
    assert_eq!(scene.kit.count("PayoutRequested").await, 0, "only told");
    let by_doctor = payouts::run(&scene.kit.house, &as_doctor(scene.doctor), RunPayouts::default()).await;
    assert_eq!(refused(by_doctor), "forbidden");
    let tomorrow = RunPayouts {
        through: Some(jiff::civil::date(2999, 1, 1)),
        dry_run: false,
    };
    assert_eq!(
        refused(payouts::run(&scene.kit.house, &as_admin(), tomorrow).await),
        "too_early"
    );
    let nobody = scene.kit.house.clone().facing(Outside::nobody());
    assert_eq!(
        refused(payouts::run(&nobody, &as_admin(), RunPayouts::default()).await),
        "payout_unavailable"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_payout_moves_no_more_than_the_gateway_lets_it() {
    let mut scene = Scene::earned().await;
    let patient = scene.patient;
    scene.kit.house.policies.commissions.scheduled = 0;
    // Enough visits would take a long test: the doctor's wallet is credited as a patient's is, by its own rules.
    let doctor = scene.doctor;
    let name = event_store::StreamName::of::<domain::wallet::Wallet>(format_args!("{doctor}_000001"), doctor);
    let context = event_store::CommandContext {
        command_id: uuid::Uuid::from_u128(7),
        keyed: false,
        digest: String::new(),
        actor_id: patient.to_string(),
        actor_role: "process",
        correlation_id: String::new(),
        causation: None,
        trace_id: String::new(),
        expected: None,
    };
    let earned = domain::wallet::events::WalletEvent::Earned {
        owner_id: doctor.into(),
        booking_id: BookingId::from_uuid(uuid::Uuid::from_u128(9)),
        amount: Money::kopecks(60_000_000),
        at: scene.kit.now(),
    };
    event_store::execute::<commands::Refusal, _>(&scene.kit.house.log, &context, &[], |room| {
        room.state::<domain::wallet::Wallet>(&name)?;
        room.record::<domain::wallet::Wallet>(&name, vec![earned.clone()])
    })
    .await
    .unwrap();
    let outcome = scene.run().await;
    let RunOutcome::Paid { amount, left, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((amount.minor, left.minor), (50_000_000, 10_000_000 + SHARE));
    scene.kit.drain().await;
    assert_eq!(scene.owed().await, 10_000_000 + SHARE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_makes_no_second_payout_and_the_key_is_the_recorded_one() {
    for fate in [Fate::AnswerLost, Fate::RequestLost] {
        let mut scene = Scene::earned().await;
        scene.gateway.next(&[fate, fate]);
        let payout_id = scene.paid().await;
        scene.kit.drain().await;
        assert!(scene.payout(payout_id).await.order().unwrap().unknown);
        scene.later(2).await;
        scene.later(2).await;
        assert_eq!(scene.status(payout_id).await, PayoutStatus::Paid);
        assert_eq!(
            (scene.gateway.sent(), scene.gateway.payouts().len()),
            (3, 1),
            "{fate:?}"
        );
        let key = IdempotencyKey::of(payout_id.uuid(), Operation::Payout, 1);
        assert_eq!(scene.gateway.payouts()[0].0.sending.key, key);
        assert_eq!(scene.kit.count("PayoutCallIntended").await, 1);
        assert_eq!(scene.kit.count("PayoutOutcomeUnknown").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_day_nothing_is_sent_again_and_the_search_tells() {
    for (fate, status, owed) in [
        (Fate::RequestLost, PayoutStatus::Cancelled, SHARE),
        (Fate::AnswerLost, PayoutStatus::Paid, 0),
    ] {
        let mut scene = Scene::earned().await;
        scene.gateway.next(&[fate]);
        let payout_id = scene.paid().await;
        scene.kit.drain().await;
        scene.later(23 * 60 + 5).await;
        assert_eq!((scene.gateway.sent(), scene.gateway.sought()), (1, 1), "{fate:?}");
        assert_eq!(scene.status(payout_id).await, status, "{fate:?}");
        assert_eq!(scene.owed().await, owed, "{fate:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_sends_the_money_back_unless_the_houses_keys_are_to_blame() {
    let mut scene = Scene::earned().await;
    scene.gateway.next(&[Fate::Refused(RefusalKind::Rejected)]);
    let first = scene.paid().await;
    scene.kit.drain().await;
    assert_eq!(scene.status(first).await, PayoutStatus::Cancelled);
    assert_eq!(scene.owed().await, SHARE);

    scene
        .gateway
        .next(&[Fate::Refused(RefusalKind::Misconfigured); 2]);
    let second = scene.paid().await;
    assert_ne!(first, second);
    scene.kit.drain().await;
    assert_eq!(
        scene.status(second).await,
        PayoutStatus::Pending,
        "an operator mends the keys"
    );
    scene.later(6).await;
    scene.later(11).await;
    assert_eq!(scene.status(second).await, PayoutStatus::Paid);
    let key = IdempotencyKey::of(second.uuid(), Operation::Payout, 3);
    assert_eq!(
        scene.gateway.payouts()[0].0.sending.key,
        key,
        "a new key for each attempt"
    );

    scene.complete(1).await;
    scene.later(7 * 24 * 60).await;
    scene.gateway.next(&[Fate::Refused(RefusalKind::OurBug)]);
    let third = scene.paid().await;
    scene.kit.drain().await;
    let payout = scene.payout(third).await;
    let order = payout.order().unwrap();
    assert_eq!(order.anomalies[0].anomaly.kind, AnomalyKind::CallStuck);
    let sent = scene.gateway.sent();
    scene.later(24 * 60 + 1).await;
    assert_eq!(scene.gateway.sent(), sent, "nothing more was sent");
    assert_eq!(
        scene.status(third).await,
        PayoutStatus::Cancelled,
        "and nothing was there"
    );
    assert_eq!(scene.owed().await, SHARE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_30_without_funds_the_money_comes_back_and_a_run_after_the_top_up_pays() {
    let mut scene = Scene::earned().await;
    scene.gateway.ends_as(Status::Cancelled, "insufficient_funds");
    let first = scene.paid().await;
    scene.kit.drain().await;
    let payout = scene.payout(first).await;
    assert_eq!(
        payout.order().unwrap().code.as_deref(),
        Some("insufficient_funds")
    );
    assert_eq!(scene.owed().await, SHARE);
    let named = payouts::destination(&scene.kit.house, scene.doctor.into())
        .await
        .unwrap();
    assert_eq!(named.doubtful, None);
    scene.gateway.ends_as(Status::Succeeded, "");
    let second = scene.paid().await;
    scene.kit.drain().await;
    assert_eq!(scene.status(second).await, PayoutStatus::Paid);
    assert_eq!(scene.owed().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_cannot_be_paid_into_is_doubted_and_an_operator_can_ask_again() {
    let mut scene = Scene::earned().await;
    scene.gateway.ends_as(Status::Pending, "");
    let first = scene.paid().await;
    scene.kit.drain().await;
    let early = payouts::retry(&scene.kit.house, &as_admin(), first).await;
    assert_eq!(refused(early), "not_now");
    scene.gateway.end(&Status::Cancelled, "recipient_not_found");
    scene.later(1).await;
    assert_eq!(
        scene.status(first).await,
        PayoutStatus::Cancelled,
        "nobody told; the plan found it"
    );
    let doctor = scene.doctor.into();
    let named = payouts::destination(&scene.kit.house, doctor).await.unwrap();
    assert_eq!(named.doubtful.as_deref(), Some("recipient_not_found"));
    assert!(matches!(
        scene.run().await,
        RunOutcome::Skipped(Skipped::DestinationDoubtful { .. })
    ));
    let retry = payouts::retry(&scene.kit.house, &as_admin(), first).await;
    assert_eq!(refused(retry), "no_payout_destination");
    scene.name_destination().await;
    scene.gateway.ends_as(Status::Succeeded, "");
    for _ in 0..2 {
        let again = payouts::retry(&scene.kit.house, &as_admin(), first)
            .await
            .unwrap();
        assert_eq!(again.answer.payout.order().unwrap().terms.amount.minor, SHARE);
    }
    scene.kit.drain().await;
    assert_eq!((scene.owed().await, scene.kit.count("PayoutPaid").await), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_followed_by_reading_back_and_believed_in_nothing_by_itself() {
    let mut scene = Scene::earned().await;
    scene.gateway.ends_as(Status::Pending, "");
    let payout_id = scene.paid().await;
    scene.kit.drain().await;
    let notice = |id: &str, dedup: &str| Hint {
        event: "payout.succeeded".to_owned(),
        object: ObjectKind::Payout,
        object_id: id.to_owned(),
        payment_id: None,
        dedup: dedup.to_owned(),
    };
    for hint in [notice("po-1", "early"), notice("po-9", "unknown")] {
        payments::take_notice(&scene.kit.house, ProviderName::Yookassa, &hint, false, "t")
            .await
            .unwrap();
    }
    scene.kit.drain().await;
    assert_eq!(scene.status(payout_id).await, PayoutStatus::Pending);
    scene.gateway.end(&Status::Succeeded, "");
    for number in 0..50 {
        let hint = notice("po-1", &format!("paid-{}", number % 5));
        payments::take_notice(&scene.kit.house, ProviderName::Yookassa, &hint, false, "t")
            .await
            .unwrap();
    }
    scene.kit.drain().await;
    assert_eq!(scene.status(payout_id).await, PayoutStatus::Paid);
    assert_eq!(scene.kit.count("PayoutPaid").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_stands_in_the_vault_alone() {
    let mut scene = Scene::earned().await;
    let payout_id = scene.paid().await;
    let payout = scene.payout(payout_id).await;
    let sealed = payout.order().unwrap().destination.clone();
    let pool = scene.kit.house.log.pool().clone();
    let rows = identity::vault::open(&pool, &[sealed.id]).await.unwrap();
    let row = &rows[&sealed.id];
    assert_eq!(
        (row.kind.as_str(), row.subject_id),
        (payouts::PAYOUT_DESTINATION, scene.doctor.into())
    );
    assert_eq!(row.body["phone"], "+79995550123");
    assert!(row.is_what(&sealed));
    for fact in scene.kit.facts().await {
        let (said, told) = (fact.payload.get(), fact.metadata.get());
        assert!(
            !said.contains("9995550123") && !told.contains("9995550123"),
            "{}",
            fact.event_type
        );
    }
    scene.kit.drain().await;
    assert_eq!(scene.status(payout_id).await, PayoutStatus::Paid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_is_within_what_is_there_and_the_banks_are_listed_once() {
    let mut scene = Scene::new().await;
    let by = as_patient(scene.patient);
    let house = scene.kit.house.clone();
    let to = |bank: &str| {
        Some(Destination {
            phone: Phone::parse("89991234567").unwrap(),
            bank_id: BankId::parse(bank).unwrap(),
        })
    };
    let wish = |amount: i64, to| Withdrawal {
        amount: Money::kopecks(amount),
        to,
    };
    let code = async |wish| refused(payouts::withdraw(&house, &by, wish).await);
    assert_eq!(code(wish(100, None)).await, "no_payout_destination");
    assert_eq!(code(wish(100, to("999999999999"))).await, "unknown_bank");
    assert_eq!(code(wish(99, to("100000000111"))).await, "amount_out_of_range");
    assert_eq!(
        code(wish(10_000_001, to("100000000111"))).await,
        "insufficient_funds"
    );
    assert_eq!(code(wish(10_000_000, to("100000000111"))).await, "done");
    assert_eq!(scene.kit.available(scene.patient).await, 0);
    scene.kit.drain().await;
    assert_eq!(scene.gateway.payouts()[0].0.phone.as_str(), "+79991234567");
    assert_eq!(scene.gateway.banks_listed(), 1);
    let doctor = payouts::withdraw(&house, &as_doctor(scene.doctor), wish(100, to("100000000111"))).await;
    assert_eq!(refused(doctor), "forbidden");
}
