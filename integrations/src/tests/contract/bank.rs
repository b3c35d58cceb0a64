//! T-Bank's side: a code, its payment, refunds, and what a lost answer must never do twice.

use commands::ports::{
    Cancel, NoticeError, Notices, PaymentProvider, PaymentQuery, PaymentRail, ProviderReply, RefundQuery,
    RefundRequest, Status, UnknownReason,
};
use domain::money::Money;
use domain::payment::provider::CaptureMode;
use provider_sandbox::{DuplicateOrder, QrLeadsTo, ScriptedOutcome, Settings};
use serde_json::{Value, json};

use super::{SandboxFixture, again, first, key, reference, request};
use crate::Networks;
use crate::tbank::{TbankNotices, TestOutcome};

async fn paid(fixture: &SandboxFixture, number: u128) -> String {
    let bank = fixture.bank();
    let request = request(number, PaymentRail::Sbp, CaptureMode::AtOnce, fixture.now().await);
    let created = bank.create(request).await.accepted::<()>().unwrap();
    assert_eq!(
        (created.status, created.reference),
        (Status::Pending, Some(reference(number)))
    );
    assert!(created.qr_payload.is_some() && created.confirmation_url.is_some());
    assert_eq!(
        bank.rehearse(created.provider_id.clone(), TestOutcome::Paid)
            .await,
        ProviderReply::Accepted(())
    );
    let paid = bank
        .payment(created.provider_id.clone())
        .await
        .accepted::<()>()
        .unwrap();
    assert_eq!(
        (paid.status, paid.captured),
        (Status::Succeeded, Some(Money::kopecks(150_000)))
    );
    created.provider_id
}

fn refund(provider_id: &str, number: u32, kopecks: i64, before: i64) -> RefundQuery {
    RefundQuery {
        provider_id: None,
        payment_provider_id: provider_id.to_owned(),
        number,
        amount: Money::kopecks(kopecks),
        captured: Money::kopecks(150_000),
        refunded_before: Money::kopecks(before),
    }
}

async fn refund_request(fixture: &SandboxFixture, sought: &RefundQuery) -> RefundRequest {
    RefundRequest {
        request_attempt: first(key(1, "refund", sought.number), fixture.now().await),
        provider_id: sought.payment_provider_id.clone(),
        number: sought.number,
        amount: sought.amount,
        captured: sought.captured,
        refunded_before: sought.refunded_before,
        description: "Cancelled visit".to_owned(),
        receipt: None,
    }
}

async fn kept(fixture: &SandboxFixture) -> Vec<Value> {
    let dump = fixture.shown("dump").await;
    dump["bank_payments"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_code_leads_to_the_system_as_in_life_and_can_be_drawn() {
    let mut settings = Settings::default();
    settings.unsettled.qr_leads_to = QrLeadsTo::Nspk;
    let fixture = SandboxFixture::begin(settings).await;
    let request = request(1, PaymentRail::Sbp, CaptureMode::AtOnce, fixture.now().await);
    let created = fixture.bank().create(request).await.accepted::<()>().unwrap();
    let payload = created.qr_payload.unwrap();
    assert!(payload.starts_with("https://qr.nspk.ru/"), "{payload}");
    assert!(crate::QrPicture::of(&payload).unwrap().png().is_ok());
}

#[tokio::test]
async fn case_05_a_payment_whose_answer_was_lost_is_found_and_not_begun_again() {
    for position in [
        DuplicateOrder::SecondPayment,
        DuplicateOrder::SamePayment,
        DuplicateOrder::Refuse,
    ] {
        let mut settings = Settings::default();
        settings.unsettled.duplicate_order = position;
        let fixture = SandboxFixture::begin(settings).await;
        let bank = fixture.bank();
        let mut request = request(1, PaymentRail::Sbp, CaptureMode::AtOnce, fixture.now().await);
        fixture.strike("tbank.Init", json!({"kind": "drop_after"})).await;
        assert_eq!(
            bank.create(request.clone()).await,
            ProviderReply::Unknown(UnknownReason::ConnectionLost)
        );
        request.request_attempt = again(request.request_attempt);
        let created = bank.create(request).await.accepted::<()>().unwrap();
        assert!(created.qr_payload.is_some());
        assert_eq!(kept(&fixture).await.len(), 1, "{position:?}");
    }
}

#[tokio::test]
async fn a_payment_that_never_arrived_is_begun_by_the_repeat() {
    let fixture = SandboxFixture::begin(Settings::default()).await;
    let bank = fixture.bank();
    let mut request = request(1, PaymentRail::Sbp, CaptureMode::AtOnce, fixture.now().await);
    fixture
        .strike("tbank.Init", json!({"kind": "reset_before"}))
        .await;
    assert!(matches!(
        bank.create(request.clone()).await,
        ProviderReply::Unknown(_)
    ));
    let sought = PaymentQuery {
        reference: reference(1),
        created: fixture.window().await,
    };
    assert_eq!(bank.find(sought).await, ProviderReply::Accepted(vec![]));
    request.request_attempt = again(request.request_attempt);
    let created = bank.create(request).await.accepted::<()>().unwrap();
    assert_eq!(
        bank.find(sought).await.accepted::<()>().unwrap()[0].provider_id,
        created.provider_id
    );
}

#[tokio::test]
async fn case_19_a_refund_whose_answer_was_lost_is_not_made_twice() {
    for ended in [false, true] {
        let fixture = SandboxFixture::begin(Settings::default()).await;
        let bank = fixture.bank();
        let provider_id = paid(&fixture, 1).await;
        let sought = refund(&provider_id, 1, 70_000, 0);
        let mut request = refund_request(&fixture, &sought).await;
        fixture
            .strike("tbank.Cancel", json!({"kind": "drop_after"}))
            .await;
        assert!(matches!(
            bank.refund(request.clone()).await,
            ProviderReply::Unknown(_)
        ));
        if ended {
            fixture.pass(10).await;
        }
        request.request_attempt = again(request.request_attempt);
        let found = bank.refund(request).await.accepted::<()>().unwrap();
        assert_eq!(
            found.status,
            if ended { Status::Succeeded } else { Status::Pending }
        );
        fixture.pass(10).await;
        let ended = bank.refund_state(sought).await.accepted::<()>().unwrap().unwrap();
        assert_eq!(ended.status, Status::Succeeded);
        assert_eq!(kept(&fixture).await[0]["refunded"], 70_000);
    }
}

#[tokio::test]
async fn a_refund_that_never_arrived_is_made_by_the_repeat_and_a_second_one_after_it() {
    let fixture = SandboxFixture::begin(Settings::default()).await;
    let bank = fixture.bank();
    let provider_id = paid(&fixture, 1).await;
    for (number, kopecks, before) in [(1, 50_000, 0), (2, 20_000, 50_000)] {
        let sought = refund(&provider_id, number, kopecks, before);
        let mut request = refund_request(&fixture, &sought).await;
        fixture
            .strike("tbank.Cancel", json!({"kind": "reset_before"}))
            .await;
        assert!(matches!(
            bank.refund(request.clone()).await,
            ProviderReply::Unknown(_)
        ));
        assert_eq!(bank.refund_state(sought).await, ProviderReply::Accepted(None));
        request.request_attempt = again(request.request_attempt);
        assert_eq!(
            bank.refund(request).await.accepted::<()>().unwrap().status,
            Status::Pending
        );
        fixture.pass(10).await;
    }
    assert_eq!(kept(&fixture).await[0]["refunded"], 70_000);
}

#[tokio::test]
async fn a_refund_the_patients_bank_refuses_is_cancelled() {
    let mut settings = Settings::default();
    settings.terminal.refund = ScriptedOutcome::Cancel;
    let fixture = SandboxFixture::begin(settings).await;
    let bank = fixture.bank();
    let provider_id = paid(&fixture, 1).await;
    let sought = refund(&provider_id, 1, 70_000, 0);
    let request = refund_request(&fixture, &sought).await;
    assert_eq!(
        bank.refund(request).await.accepted::<()>().unwrap().status,
        Status::Pending
    );
    fixture.pass(10).await;
    let ended = bank.refund_state(sought).await.accepted::<()>().unwrap().unwrap();
    assert_eq!(ended.status, Status::Cancelled);
    assert!(ended.cancelled.is_some());
}

#[tokio::test]
async fn what_is_paid_is_not_given_up_by_mistake() {
    let fixture = SandboxFixture::begin(Settings::default()).await;
    let bank = fixture.bank();
    let provider_id = paid(&fixture, 1).await;
    let request = Cancel {
        request_attempt: first(key(1, "cancel", 1), fixture.now().await),
        provider_id,
    };
    assert_eq!(
        bank.cancel(request).await.accepted::<()>().unwrap().status,
        Status::Succeeded
    );
    assert_eq!(kept(&fixture).await[0]["refunded"], 0);
}

#[tokio::test]
async fn the_banks_notices_verify_and_a_forged_one_does_not() {
    let mut settings = Settings::default();
    // Nobody listens there; what was to be said is kept all the same.
    settings.terminal.notification_url = Some("http://127.0.0.1:9/".to_owned());
    let fixture = SandboxFixture::begin(settings).await;
    let provider_id = paid(&fixture, 1).await;
    let told = fixture.shown("webhooks").await;
    let notice = told.as_array().unwrap().last().unwrap()["body"].to_string();
    let notices = TbankNotices::new(fixture.terminal(), Networks::parse(["127.0.0.0/8"]).unwrap());
    let peer = "127.0.0.1".parse().unwrap();
    let hint = notices.read(peer, notice.as_bytes()).unwrap();
    assert_eq!((hint.event.as_str(), hint.object_id), ("CONFIRMED", provider_id));
    let forged = notice.replace("150000", "150001");
    assert_eq!(notices.read(peer, forged.as_bytes()), Err(NoticeError::Forged));
}
