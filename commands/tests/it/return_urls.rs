//! Where patients come back to from a provider's page: said once, told to the provider the same at every try, never in the log.

use std::sync::Arc;

use commands::payments::{self, DepositMoney, PAYMENT_RETURN_URL, StartPayment};
use commands::ports::ReturnUrl;
use commands::{ProviderPorts, Refusal};
use domain::ids::{AccountId, PatientId, PaymentId, PrivateId};
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::commands::StartDeposit;
use domain::payment::decide::decide;
use domain::payment::events::PaymentMethod;
use domain::payment::provider::Provider;
use domain::people::PrivateRef;
use event_store::{StreamName, execute};
use uuid::Uuid;

use crate::attempts::context;
use crate::kit::{Kit, as_patient};
use crate::scripted::{Fate, Scripted};

const SUM: Money = Money::kopecks(500_000);
const OURS: &str = "https://example.com/back";
/// As an app may write it: with whatever it likes.
const APPS: &str = "tot-patient://paid?name=Marker";

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
            return_url: OURS.into(),
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

    async fn pay(&self, url: Option<&str>) -> PaymentId {
        let command = StartPayment {
            booking_id: self.kit.requested_urgently(self.patient).await,
            method: PaymentMethod::Yookassa,
            return_url: url.map(ReturnUrl::from),
        };
        let asked = as_patient(self.patient).with_key(Some("pay-1".to_owned()));
        let begun = payments::start(&self.kit.services, &asked, command.clone())
            .await
            .unwrap();
        let again = payments::start(&self.kit.services, &asked, command)
            .await
            .unwrap();
        assert!(again.replayed);
        begun.answer.payment.terms().unwrap().payment_id
    }

    /// Every address that a request told the provider, after two tries whose answers are lost.
    async fn told(&mut self) -> Vec<ReturnUrl> {
        self.kit.drain().await;
        for _ in 0..2 {
            self.kit.advance(2).await;
            self.kit.drain().await;
        }
        self.provider.return_urls()
    }

    /// What the vault has by the payment's reference: what it is, whose, and the address.
    async fn kept(&self, payment_id: PaymentId) -> Option<(String, AccountId, String)> {
        let payment = self.kit.payment(payment_id).await;
        let reference = payment.attempt()?.return_url.clone()?;
        let ids = [reference.id];
        let rows = identity::vault::open(&self.kit.services.people, &ids).await;
        let row = rows.unwrap().remove(&reference.id)?;
        let url = row.body["url"].as_str().unwrap().to_owned();
        Some((row.kind, row.subject_id, url))
    }

    fn apps_address(&self) -> Option<(String, AccountId, String)> {
        Some((
            PAYMENT_RETURN_URL.to_owned(),
            self.patient.into(),
            APPS.to_owned(),
        ))
    }

    /// A deposit whose address has been erased from the vault since.
    async fn deposit_without_its_address(&self) {
        let payment_id = PaymentId::from_uuid(Uuid::from_u128(1));
        let name = StreamName::of::<Payment>(payment_id, self.patient);
        execute::<Refusal, _>(&self.kit.services.log, &context(1 << 8), &[], |work| {
            let start = StartDeposit {
                payment_id,
                patient_id: self.patient,
                method: PaymentMethod::Sbp,
                amount: SUM,
                provider: Provider::Yookassa,
                receipts: false,
                return_url: Some(PrivateRef {
                    id: PrivateId::from_uuid(Uuid::from_u128(2)),
                    digest: "ab".repeat(32),
                }),
                at: work.now(),
            };
            work.decide(&name, |state: &Payment| decide(state, start))
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_is_told_the_apps_address_at_every_try_and_the_log_never() {
    let mut scene = Scene::new().await;
    scene.provider.next(&[Fate::AnswerLost, Fate::AnswerLost]);
    let payment_id = scene.pay(Some(APPS)).await;
    assert_eq!(scene.told().await, vec![ReturnUrl::from(APPS); 3]);
    assert_eq!(scene.provider.payments().len(), 1);
    assert_eq!(scene.kept(payment_id).await, scene.apps_address());
    assert_eq!(scene.kit.count("PaymentReturnUrlGiven").await, 1);
    let facts = scene.kit.facts().await;
    assert!(facts.iter().all(|fact| !fact.payload.get().contains("Marker")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_address_or_once_it_is_erased_the_deployments_own_stands_in() {
    let mut scene = Scene::new().await;
    scene.pay(None).await;
    assert_eq!(scene.told().await, [ReturnUrl::from(OURS)]);
    assert_eq!(scene.kit.count("PaymentReturnUrlGiven").await, 0);

    let mut scene = Scene::new().await;
    scene.deposit_without_its_address().await;
    assert_eq!(scene.told().await, [ReturnUrl::from(OURS)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_comes_back_where_the_app_says_too() {
    let mut scene = Scene::new().await;
    let command = DepositMoney {
        amount: SUM,
        method: PaymentMethod::Sbp,
        return_url: Some(APPS.into()),
    };
    let begun = payments::deposit(&scene.kit.services, &as_patient(scene.patient), command)
        .await
        .unwrap();
    let payment_id = begun.answer.payment.terms().unwrap().payment_id;
    assert_eq!(scene.told().await, [ReturnUrl::from(APPS)]);
    assert_eq!(scene.kept(payment_id).await, scene.apps_address());
}
