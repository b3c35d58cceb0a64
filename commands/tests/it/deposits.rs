//! Money that patients put into their wallets through a provider: in the wallet exactly once, whatever is lost or told twice.

use std::sync::Arc;

use commands::ProviderPorts;
use commands::intents::{IntentWorker, IntentWorkerOptions};
use commands::payments::{self, DepositMoney, RefundPayment};
use commands::ports::{Reference, ReferenceSubject, Status};
use commands::wallet::{WithdrawCash, withdraw};
use domain::ids::{PatientId, PaymentId};
use domain::money::Money;
use domain::payment::events::{PaymentMethod, RefundReason};
use domain::payment::purpose::transfer_of;
use domain::payment::status::PaymentStatus;
use domain::wallet::ENTRIES_PER_PERIOD;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_doctor, as_patient, refused};
use crate::scripted::{Fate, Scripted};

const SUM: Money = Money::kopecks(500_000);

struct Scene {
    kit: Kit,
    provider: Scripted,
    patient: PatientId,
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
        let patient = kit.patient().await;
        Self {
            kit,
            provider,
            patient,
        }
    }

    async fn start(&mut self, method: PaymentMethod) -> PaymentId {
        let command = DepositMoney {
            amount: SUM,
            method,
            return_url: None,
        };
        let begun = payments::deposit(&self.kit.services, &as_patient(self.patient), command)
            .await
            .unwrap();
        let payment_id = begun.answer.payment.terms().unwrap().payment_id;
        self.kit.drain().await;
        payment_id
    }

    async fn paid(&mut self, method: PaymentMethod) -> PaymentId {
        let payment_id = self.start(method).await;
        self.provider.pay(Status::Succeeded);
        self.noticed("paid").await;
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

    async fn refund(&mut self, payment_id: PaymentId, kopecks: i64) -> &'static str {
        let command = RefundPayment {
            payment_id,
            amount: Money::kopecks(kopecks),
            reason: RefundReason::Complaint,
            again: false,
        };
        let asked = payments::refund(&self.kit.services, &as_admin(), command).await;
        self.kit.drain().await;
        refused(asked)
    }

    async fn check(&self) {
        World::of(&self.kit.facts().await).check_at_rest();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_is_in_the_wallet_with_its_capture_in_one_append() {
    for method in [PaymentMethod::Yookassa, PaymentMethod::Sbp] {
        let mut scene = Scene::new().await;
        let payment_id = scene.start(method).await;
        let told = scene.provider.payments()[0].reference.unwrap();
        let subject = ReferenceSubject::Deposit(transfer_of(payment_id));
        assert_eq!(told, Reference { subject, attempt: 1 });
        assert_eq!(scene.kit.available(scene.patient).await, 0);
        scene.provider.pay(Status::Succeeded);
        scene.noticed("paid").await;
        scene.kit.drain().await;
        assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
        assert_eq!(scene.kit.available(scene.patient).await, SUM.minor);

        // No crash can come between them: the log has no moment at which one is there without the other.
        let facts = scene.kit.facts().await;
        let key = scene.patient.to_string();
        assert!(
            facts
                .iter()
                .filter(|fact| fact.aggregate_type != "price_list")
                .all(|fact| fact.partition_key == key)
        );
        let of = |event: &str| facts.iter().position(|fact| fact.event_type == event).unwrap();
        let (captured, credited) = (of("PaymentCaptured"), of("WalletDeposited"));
        let between = facts[captured + 1..=credited].iter();
        assert!(between.clone().count() > 0);
        for fact in between {
            assert_eq!(fact.command_id, None, "{}: a command of its own", fact.event_type);
        }
        scene.check().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_told_a_hundred_times_at_once_credits_once() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Sbp).await;
    scene.provider.pay(Status::Succeeded);
    let names: Vec<String> = (0..100).map(|number| format!("again-{number}")).collect();
    // No more at once than the platform has connections.
    for names in names.chunks(10) {
        futures::future::join_all(names.iter().map(|name| scene.noticed(name))).await;
    }
    // Three processes follow the hundred at once, and the plan's own look comes due beside them.
    scene.kit.advance(1).await;
    let mut workers = Vec::new();
    for _ in 0..3 {
        let services = scene
            .kit
            .another_process()
            .await
            .with_providers(scene.kit.services.ports.clone());
        workers.push(IntentWorker::new(services, IntentWorkerOptions::default()));
    }
    for _ in 0..40 {
        let steps = workers.iter_mut().map(|worker| worker.step());
        for step in futures::future::join_all(steps).await {
            assert_eq!(step.unwrap().refused, 0);
        }
    }
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
    for fact in ["PaymentCaptured", "WalletDeposited", "PaymentIncomeKnown"] {
        assert_eq!(scene.kit.count(fact).await, 1, "{fact}");
    }
    assert_eq!(scene.kit.available(scene.patient).await, SUM.minor);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_makes_no_second_deposit() {
    for (fate, method) in [
        (Fate::AnswerLost, PaymentMethod::Yookassa),
        (Fate::RequestLost, PaymentMethod::Sbp),
    ] {
        let mut scene = Scene::new().await;
        scene.provider.next(&[fate, fate]);
        let payment_id = scene.start(method).await;
        assert!(scene.kit.payment(payment_id).await.checking());
        for _ in 0..2 {
            scene.kit.advance(2).await;
            scene.kit.drain().await;
        }
        assert_eq!(scene.provider.payments().len(), 1);
        scene.provider.pay(Status::Succeeded);
        scene.kit.advance(2).await;
        scene.kit.drain().await;
        assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
        assert_eq!(scene.kit.available(scene.patient).await, SUM.minor);
        scene.check().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_comes_after_the_platform_gave_up_is_credited_all_the_same() {
    let mut scene = Scene::new().await;
    scene.provider.next(&[Fate::RequestLost]);
    let payment_id = scene.start(PaymentMethod::Sbp).await;
    scene.kit.advance(23 * 60 + 5).await;
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Failed);
    // The request had been on its way all the time.
    scene.provider.appear(
        Reference {
            subject: ReferenceSubject::Deposit(transfer_of(payment_id)),
            attempt: 1,
        },
        SUM,
    );
    scene.provider.pay(Status::Succeeded);
    scene.noticed("late").await;
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
    assert_eq!(scene.kit.available(scene.patient).await, SUM.minor);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_calls_itself_something_else_or_has_another_sum_credits_nothing() {
    let mut scene = Scene::new().await;
    let payment_id = scene.start(PaymentMethod::Sbp).await;
    // A payment of a visit by the same number: there is none.
    let subject = ReferenceSubject::Payment(payment_id);
    scene.provider.appear(Reference { subject, attempt: 1 }, SUM);
    scene.provider.pay(Status::Succeeded);
    scene.noticed("forged").await;
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Pending);
    // The same deposit, for more.
    let subject = ReferenceSubject::Deposit(transfer_of(payment_id));
    scene
        .provider
        .appear(Reference { subject, attempt: 1 }, Money::kopecks(SUM.minor + 1));
    scene.provider.pay(Status::Succeeded);
    scene.noticed("more").await;
    scene.kit.drain().await;
    assert_eq!(scene.kit.count("PaymentAnomalyRecorded").await, 1);
    assert_eq!(scene.kit.count("WalletDeposited").await, 0);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_comes_onto_the_page_in_force() {
    let mut scene = Scene::new().await;
    for _ in 0..ENTRIES_PER_PERIOD {
        scene.kit.deposit(scene.patient, 1).await;
    }
    let payment_id = scene.paid(PaymentMethod::Yookassa).await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::Completed);
    assert_eq!(
        scene.kit.count("WalletPeriodOpened").await,
        2,
        "the page was turned with it"
    );
    let entries = i64::from(ENTRIES_PER_PERIOD);
    assert_eq!(scene.kit.available(scene.patient).await, SUM.minor + entries);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_back_leaves_the_wallet_at_once_and_returns_when_nothing_comes_of_it() {
    let mut scene = Scene::new().await;
    let payment_id = scene.paid(PaymentMethod::Yookassa).await;
    let out = WithdrawCash {
        owner_id: scene.patient.into(),
        amount: Money::kopecks(200_000),
    };
    withdraw(&scene.kit.services, &as_admin(), out).await.unwrap();
    assert_eq!(scene.refund(payment_id, 300_001).await, "insufficient_funds");
    assert_eq!(
        scene.kit.count("PaymentRefundRequested").await,
        0,
        "all or nothing"
    );

    scene.provider.refunds_take_time();
    assert_eq!(scene.refund(payment_id, 300_000).await, "done");
    assert_eq!(
        scene.kit.available(scene.patient).await,
        0,
        "it cannot be spent meanwhile"
    );
    scene.check().await;
    scene.provider.end_refund(Status::Cancelled);
    scene.kit.advance(1).await;
    scene.kit.drain().await;
    assert_eq!(scene.kit.available(scene.patient).await, 300_000);
    scene.kit.advance(24 * 60).await;
    scene.kit.drain().await;
    assert_eq!(
        scene.provider.sent("refund"),
        1,
        "only an admin asks for it again"
    );
    scene.check().await;

    assert_eq!(scene.refund(payment_id, 100_000).await, "done");
    scene.provider.end_refund(Status::Succeeded);
    scene.kit.advance(1).await;
    scene.kit.drain().await;
    assert_eq!(scene.status(payment_id).await, PaymentStatus::PartiallyRefunded);
    assert_eq!(scene.kit.available(scene.patient).await, 200_000);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_deposit_leaves_the_wallet_alone_and_many_may_be_under_way() {
    let mut scene = Scene::new().await;
    scene.provider.next(&[Fate::Refused]);
    let first = scene.start(PaymentMethod::Yookassa).await;
    assert_eq!(scene.status(first).await, PaymentStatus::Failed);
    let second = scene.start(PaymentMethod::Yookassa).await;
    let third = scene.start(PaymentMethod::Sbp).await;
    for payment_id in [second, third] {
        assert_eq!(scene.status(payment_id).await, PaymentStatus::Pending);
    }
    assert_eq!(scene.kit.count("WalletPeriodOpened").await, 0);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_patients_deposit_by_a_provider_that_is_there_within_its_limits_and_once_per_key() {
    let scene = Scene::new().await;
    let ask = |method, kopecks| DepositMoney {
        amount: Money::kopecks(kopecks),
        method,
        return_url: None,
    };
    let services = &scene.kit.services;
    let (card, sbp) = (PaymentMethod::Yookassa, PaymentMethod::Sbp);
    let patient = as_patient(scene.patient);
    let doctor = as_doctor(scene.kit.doctor(true).await);
    for (asked, command, expected) in [
        (&doctor, ask(card, 100), "forbidden"),
        (&as_admin(), ask(card, 100), "forbidden"),
        (
            &patient,
            ask(PaymentMethod::Wallet, 100),
            "payment_method_unavailable",
        ),
        (&patient, ask(card, 99), "deposit_limit"),
        (&patient, ask(sbp, 70_000_001), "deposit_limit"),
    ] {
        assert_eq!(
            refused(payments::deposit(services, asked, command).await),
            expected
        );
    }
    let nobody = services.clone().with_providers(ProviderPorts::none());
    let unavailable = payments::deposit(&nobody, &patient, ask(card, 100)).await;
    assert_eq!(refused(unavailable), "payment_method_unavailable");

    let keyed = patient.with_key(Some("once".to_owned()));
    let first = payments::deposit(services, &keyed, ask(card, 100)).await.unwrap();
    let again = payments::deposit(services, &keyed, ask(card, 100)).await.unwrap();
    assert!(again.replayed);
    assert_eq!(first.answer.payment.terms(), again.answer.payment.terms());
    assert_eq!(scene.kit.count("PaymentDepositStarted").await, 1);
}
