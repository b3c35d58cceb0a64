//! Receipts of a cash register that cannot be asked: its one word is kept, believed where it fits, and waited for but not for ever.

use std::sync::Arc;

use commands::intents::{IntentStep, IntentWorker, IntentWorkerOptions, LanePlaces};
use commands::payments::{self, StartPayment};
use commands::ports::{Fiscal, Hint, ObjectKind, ReceiptNotice, Status, Vat};
use commands::{ProviderPorts, ReceiptTerms, RetrySchedule};
use domain::ids::{BookingId, PaymentId};
use domain::money::Money;
use domain::payment::events::{PaymentMethod, RefundReason};
use domain::payment::provider::Provider;
use domain::payment::receipt::{ReceiptEntry, ReceiptPurpose, ReceiptStage};
use identity::vault;

use crate::kit::{Kit, as_admin, as_patient};
use crate::scripted::Scripted;

struct Scene {
    kit: Kit,
    provider: Scripted,
    booking_id: BookingId,
    payment_id: PaymentId,
}

impl Scene {
    /// A visit whose payment has begun, at a provider whose cash register tells by notice.
    async fn with_started_payment(provider: Scripted) -> Self {
        provider.receipts_come_by_notice();
        let ports = ProviderPorts {
            providers: Arc::new(provider.clone()),
            receipts: Some(ReceiptTerms {
                vat: Vat::None,
                tax_system: Some(2),
            }),
            ..ProviderPorts::none()
        };
        let mut kit = Kit::with_providers(ports).await;
        let (doctor, slots) = kit.open_doctor(3).await;
        let patient = kit.patient().await;
        let booking_id = kit.requested(patient, doctor, *slots.last().unwrap()).await;
        let command = StartPayment {
            booking_id,
            method: PaymentMethod::Sbp,
            return_url: None,
        };
        let begun = payments::start(&kit.services, &as_patient(patient), command)
            .await
            .unwrap();
        let payment_id = begun.answer.payment.terms().unwrap().payment_id;
        kit.drain().await;
        Self {
            kit,
            provider,
            booking_id,
            payment_id,
        }
    }

    /// The same, paid, and so with a prepayment to be receipted.
    async fn paid() -> Self {
        Self::paid_at(Scripted::default()).await
    }

    async fn paid_at(provider: Scripted) -> Self {
        let mut scene = Self::with_started_payment(provider).await;
        scene.provider.pay(Status::Succeeded);
        scene.kit.advance(1).await;
        scene.kit.drain().await;
        assert_eq!(
            scene.stages().await,
            [(ReceiptPurpose::Prepayment, ReceiptStage::Due)]
        );
        scene
    }

    /// What asks somebody outside is carried out, and nothing inside.
    async fn asks_outside_alone(&self) {
        let places = LanePlaces {
            inside: 0,
            ..LanePlaces::default()
        };
        let options = IntentWorkerOptions {
            places,
            ..IntentWorkerOptions::default()
        };
        let mut worker = IntentWorker::new(self.kit.services.clone(), options);
        while worker.step().await.unwrap() != IntentStep::default() {}
    }

    /// What went to the cash register and to the bank's refunds, in order.
    fn moves(&self) -> Vec<&'static str> {
        let order = self.provider.order().into_iter();
        order
            .filter(|what| ["receipt", "refund"].contains(what))
            .collect()
    }

    /// The cash register tells of a receipt; `dedup` is what the adapter makes of it.
    async fn told(&mut self, told: ReceiptNotice, dedup: &str) {
        let payment = self.provider.payments().last().unwrap().provider_id.clone();
        let hint = Hint {
            event: "RECEIPT".to_owned(),
            object: ObjectKind::Receipt(Box::new(told)),
            object_id: payment.clone(),
            payment_id: Some(payment),
            dedup: dedup.to_owned(),
        };
        // Crowded: a cash register's word is kept all the same.
        payments::enqueue_notice(&self.kit.services, Provider::Yookassa, &hint, true, "trace")
            .await
            .unwrap();
        self.kit.drain().await;
    }

    async fn entries(&self) -> Vec<ReceiptEntry> {
        let payment = self.kit.payment(self.payment_id).await;
        payment.attempt().unwrap().receipts.clone()
    }

    async fn stages(&self) -> Vec<(ReceiptPurpose, ReceiptStage)> {
        let entries = self.entries().await;
        entries.iter().map(|entry| (entry.purpose, entry.stage)).collect()
    }

    async fn complete(&mut self) {
        self.kit.visited(self.booking_id).await;
        self.kit.drain().await;
    }

    async fn hours(&mut self, hours: i64) {
        self.kit.advance(hours * 60).await;
        self.kit.drain().await;
    }
}

fn paid_by(amount: Money, document: &str) -> ReceiptNotice {
    ReceiptNotice {
        incoming: true,
        amount,
        fiscal: Some(Fiscal {
            document_number: document.to_owned(),
            storage_number: "7380440700012345".to_owned(),
            attribute: "1234567890".to_owned(),
            registered_at: None,
        }),
        copy_url: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_receipt_gets_its_own_proof_and_an_old_word_proves_nothing_new() {
    let mut scene = Scene::paid().await;
    let full = scene.provider.payments()[0].amount;
    for _ in 0..3 {
        scene.told(paid_by(full, "41"), "41").await;
    }
    assert_eq!(
        scene.stages().await,
        [(ReceiptPurpose::Prepayment, ReceiptStage::Registered)]
    );
    let facts = scene.kit.facts().await;
    let fact = facts
        .iter()
        .find(|fact| fact.event_type == "PaymentReceiptRegistered")
        .unwrap();
    assert!(
        fact.payload.get().contains("7380440700012345"),
        "{}",
        fact.payload
    );
    scene.complete().await;
    assert_eq!(scene.provider.sent("receipt"), 1, "the prepayment is offset");
    // The first word again, past the queue that knows it: the same sum waits, but the document is known.
    scene.told(paid_by(full, "41"), "41 again").await;
    let offset = (ReceiptPurpose::Offset, ReceiptStage::Requested);
    assert_eq!(scene.stages().await[1], offset);
    scene.told(paid_by(full, "42"), "42").await;
    assert_eq!(scene.stages().await[1].1, ReceiptStage::Registered);
    scene.told(paid_by(full, "43"), "43").await;
    assert_eq!(
        scene.kit.count("PaymentReceiptRegistered").await,
        2,
        "nobody waits for a third"
    );
    scene.hours(80).await;
    assert_eq!(scene.kit.count("PaymentAnomalyRecorded").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_copy_is_read_is_kept_for_the_payer_and_nowhere_in_the_clear() {
    let mut scene = Scene::paid().await;
    let full = scene.provider.payments()[0].amount;
    let url = "https://receipts.example/41";
    let told = ReceiptNotice {
        copy_url: Some(url.to_owned()),
        ..paid_by(full, "41")
    };
    for dedup in ["41", "41 again"] {
        scene.told(told.clone(), dedup).await;
    }
    let entries = scene.entries().await;
    let copy = entries[0].copy.clone().unwrap();
    let rows = vault::open(&scene.kit.services.people, &[copy.id]).await.unwrap();
    let row = &rows[&copy.id];
    assert!(row.is_what(&copy) && row.body["url"] == url);
    assert_eq!(scene.kit.count("PaymentReceiptCopyOffered").await, 1);
    let facts = scene.kit.facts().await;
    let in_the_clear = facts.iter().any(|fact| fact.payload.get().contains(url));
    assert!(!in_the_clear);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cash_register_that_keeps_silent_is_not_asked_and_an_operator_is_told_once() {
    let mut scene = Scene::paid().await;
    let full = scene.provider.payments()[0].amount;
    let hours = i64::from(RetrySchedule::default().receipt_notice) / 3_600;
    scene.hours(1).await; // From the first look on it is waited for.
    scene.hours(hours - 1).await;
    assert_eq!(scene.kit.count("PaymentAnomalyRecorded").await, 0);
    scene.hours(2).await;
    assert_eq!(scene.kit.count("PaymentAnomalyRecorded").await, 1);
    let facts = scene.kit.facts().await;
    let fact = facts
        .iter()
        .find(|fact| fact.event_type == "PaymentAnomalyRecorded")
        .unwrap();
    assert!(fact.payload.get().contains("outcome_stuck"), "{}", fact.payload);
    scene.hours(24 * 30).await;
    assert_eq!(scene.kit.count("PaymentAnomalyRecorded").await, 1, "once");
    assert!(scene.provider.sent("receipts_of") < 5, "it cannot be asked");
    scene.told(paid_by(full, "41"), "41").await;
    assert_eq!(
        scene.stages().await,
        [
            (ReceiptPurpose::Prepayment, ReceiptStage::Registered),
            // Nobody came to the visit meanwhile, so its money went back.
            (ReceiptPurpose::Refund { number: 1 }, ReceiptStage::Due),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_asked_for_before_the_settlement_lets_the_closing_receipt_go_first_and_follows_at_once() {
    let bank = Scripted::default();
    bank.is_the_bank();
    let mut scene = Scene::paid_at(bank).await;
    // The visit is over, and nobody has decided yet what is to remain of its money.
    scene.kit.visited(scene.booking_id).await;
    let command = payments::RefundPayment {
        payment_id: scene.payment_id,
        amount: Money::kopecks(10_000),
        reason: RefundReason::Complaint,
        again: false,
    };
    payments::refund(&scene.kit.services, &as_admin(), command)
        .await
        .unwrap();
    scene.kit.react().await;
    scene.asks_outside_alone().await;
    assert_eq!(scene.moves(), Vec::<&str>::new(), "it waits for the decision");
    scene.kit.drain().await;
    assert_eq!(scene.moves(), ["receipt", "refund"], "without a minute passing");
    assert_eq!(scene.kit.count("PaymentReceiptFailed").await, 0);
    assert_eq!(scene.kit.count("PaymentRefunded").await, 1);
}
