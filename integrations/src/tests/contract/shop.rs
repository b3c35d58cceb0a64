//! YooKassa's side: a hold, a part of it taken, given back, receipts, payouts, lists, and every way to lose an answer.

use commands::ports::{
    Cancel, Capture, PaymentMode, PaymentProvider, PaymentQuery, PaymentRail, PayoutProvider, PayoutRequest,
    ProviderReply, ReceiptOf, ReceiptRequest, RefundQuery, RefundRequest, RefusalKind, Settled, Snapshot,
    Status, UnknownReason, Window,
};
use domain::money::Money;
use domain::payment::provider::CaptureMode;
use identity::Phone;
use jiff::SignedDuration;
use provider_sandbox::{AmountAfterCapture, FiscalMode, ScriptedOutcome, Settings};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{SandboxFixture, again, first, key, receipt, reference, request};

async fn held(fixture: &SandboxFixture, number: u128) -> Snapshot {
    let shop = fixture.shop();
    let request = request(number, PaymentRail::Card, CaptureMode::Held, fixture.now().await);
    let created = shop.create(request).await.accepted::<()>().unwrap();
    assert_eq!(
        (created.status, created.reference),
        (Status::Pending, Some(reference(number)))
    );
    assert!(created.confirmation_url.unwrap().starts_with("http"));
    pay(fixture, &created.provider_id).await;
    let held = shop.payment(created.provider_id).await.accepted::<()>().unwrap();
    assert_eq!(held.status, Status::WaitingForCapture);
    assert!(held.expires_at > held.created_at);
    held
}

async fn pay(fixture: &SandboxFixture, provider_id: &str) -> Value {
    let paying = json!({"payment": provider_id, "card": "4111111111111111"});
    fixture.told("pay", paying).await
}

fn capture(held: &Snapshot, kopecks: i64) -> Capture {
    Capture {
        request_attempt: first(key(1, "capture", 1), held.created_at.unwrap()),
        provider_id: held.provider_id.clone(),
        amount: Money::kopecks(kopecks),
        receipt: None,
    }
}

#[tokio::test]
async fn case_16_a_part_of_a_hold_is_taken_whichever_amount_is_shown_then() {
    for (position, shown) in [
        (AmountAfterCapture::Captured, 45_000),
        (AmountAfterCapture::Original, 150_000),
    ] {
        let mut settings = Settings::default();
        settings.unsettled.amount_after_capture = position;
        let fixture = SandboxFixture::begin(settings).await;
        let held = held(&fixture, 1).await;
        let shop = fixture.shop();
        let taken = shop
            .capture(capture(&held, 45_000))
            .await
            .accepted::<()>()
            .unwrap();
        assert_eq!(
            (taken.status.clone(), taken.captured),
            (Status::Succeeded, Some(Money::kopecks(shown)))
        );
        assert!(
            taken
                .income
                .is_some_and(|income| income.is_positive() && income.minor < 45_000)
        );
        // The same request again is the same capture.
        let mut repeated = capture(&held, 45_000);
        repeated.request_attempt = again(repeated.request_attempt);
        assert_eq!(shop.capture(repeated).await, ProviderReply::Accepted(taken));
        let mut other = capture(&held, 45_001);
        other.request_attempt = again(other.request_attempt);
        let ProviderReply::Refused(refused) = shop.capture(other).await else {
            panic!()
        };
        assert_eq!(refused.kind, RefusalKind::OurBug);
    }
}

#[tokio::test]
async fn case_13_a_hold_is_given_up_or_expires_and_is_not_captured_after() {
    let fixture = SandboxFixture::begin(Settings::default()).await;
    let held = held(&fixture, 1).await;
    let shop = fixture.shop();
    let cancel = Cancel {
        request_attempt: first(key(1, "cancel", 1), fixture.now().await),
        provider_id: held.provider_id.clone(),
    };
    let cancelled = shop.cancel(cancel).await.accepted::<()>().unwrap();
    assert_eq!(cancelled.cancelled.unwrap().reason, "canceled_by_merchant");
    let expiring = super::shop::held(&fixture, 2).await;
    fixture.pass(8 * 24 * 60 * 60).await;
    let ProviderReply::Refused(refused) = shop.capture(capture(&expiring, 150_000)).await else {
        panic!()
    };
    assert_eq!(refused.kind, RefusalKind::Rejected);
    let expired = shop.payment(expiring.provider_id).await.accepted::<()>().unwrap();
    assert_eq!(expired.cancelled.unwrap().reason, "expired_on_capture");
}

#[tokio::test]
async fn case_02_every_lost_answer_is_unknown_and_the_same_request_converges() {
    for fault in [
        json!({"kind": "drop_after"}),
        json!({"kind": "reset_before"}),
        json!({"kind": "error_after"}),
        json!({"kind": "error_before"}),
        json!({"kind": "processing", "commit": true}),
        json!({"kind": "processing", "commit": false}),
    ] {
        let fixture = SandboxFixture::begin(Settings::default()).await;
        let shop = fixture.shop();
        fixture.strike("payments.create", fault.clone()).await;
        let mut request = request(1, PaymentRail::Card, CaptureMode::Held, fixture.now().await);
        let ProviderReply::Unknown(because) = shop.create(request.clone()).await else {
            panic!("{fault}")
        };
        let never_sent = matches!(
            because,
            UnknownReason::NotConnected | UnknownReason::TooLateToRepeat
        );
        assert!(!never_sent, "{fault}");
        request.request_attempt = again(request.request_attempt);
        let created = shop.create(request).await.accepted::<()>().unwrap();
        let sought = PaymentQuery {
            reference: reference(1),
            created: fixture.window().await,
        };
        assert_eq!(
            shop.find(sought).await,
            ProviderReply::Accepted(vec![created]),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn case_22_too_many_requests_are_not_taken_and_wrong_keys_are_ours() {
    let mut fixture = SandboxFixture::begin(Settings::default()).await;
    let request = request(1, PaymentRail::Sbp, CaptureMode::AtOnce, fixture.now().await);
    fixture
        .strike(
            "payments.create",
            json!({"kind": "too_many_requests", "retry_after_ms": 2_500}),
        )
        .await;
    let retry_after = std::time::Duration::from_millis(2_500);
    assert_eq!(
        fixture.shop().create(request.clone()).await,
        ProviderReply::Throttled { retry_after }
    );
    fixture.settings.shop.secret = "test_wrong".to_owned();
    let ProviderReply::Refused(refused) = fixture.shop().create(request).await else {
        panic!()
    };
    assert_eq!(
        (refused.kind, refused.code.as_str()),
        (RefusalKind::Misconfigured, "invalid_credentials")
    );
    assert_eq!(fixture.shown("dump").await["payments"], json!([]));
}

#[tokio::test]
async fn refunds_are_followed_to_their_end() {
    let mut settings = Settings::default();
    settings.shop.refunds.outcome = ScriptedOutcome::Cancel;
    settings.shop.refunds.seconds = 60;
    let fixture = SandboxFixture::begin(settings).await;
    let held = held(&fixture, 1).await;
    let shop = fixture.shop();
    let _taken = shop
        .capture(capture(&held, 150_000))
        .await
        .accepted::<()>()
        .unwrap();
    let request = RefundRequest {
        request_attempt: first(key(1, "refund", 1), fixture.now().await),
        provider_id: held.provider_id.clone(),
        number: 1,
        amount: Money::kopecks(105_000),
        captured: Money::kopecks(150_000),
        refunded_before: Money::ZERO,
        description: "Cancelled visit".to_owned(),
        receipt: None,
    };
    fixture
        .strike("refunds.create", json!({"kind": "drop_after"}))
        .await;
    assert_eq!(
        shop.refund(request).await,
        ProviderReply::Unknown(UnknownReason::ConnectionLost)
    );
    let sought = RefundQuery {
        provider_id: None,
        payment_provider_id: held.provider_id,
        number: 1,
        amount: Money::kopecks(105_000),
        captured: Money::kopecks(150_000),
        refunded_before: Money::ZERO,
    };
    let found = shop
        .refund_state(sought.clone())
        .await
        .accepted::<()>()
        .unwrap()
        .unwrap();
    assert_eq!(found.status, Status::Pending);
    fixture.pass(61).await;
    let known = RefundQuery {
        provider_id: found.provider_id,
        ..sought
    };
    let ended = shop.refund_state(known).await.accepted::<()>().unwrap().unwrap();
    assert_eq!(
        (ended.status, ended.cancelled.unwrap().reason.as_str()),
        (Status::Cancelled, "insufficient_funds")
    );
    let window = fixture.window().await;
    let listed = shop
        .statement()
        .unwrap()
        .refunds(window, None)
        .await
        .accepted::<()>()
        .unwrap();
    assert_eq!(listed.items.len(), 1);
}

#[tokio::test]
async fn a_list_of_more_than_a_page_is_read_to_its_end() {
    let fixture = SandboxFixture::begin(Settings::default()).await;
    let shop = fixture.shop();
    for number in 1..=101 {
        let request = request(number, PaymentRail::Card, CaptureMode::Held, fixture.now().await);
        let _created = shop.create(request).await.accepted::<()>().unwrap();
    }
    let created = fixture.window().await;
    let sought = PaymentQuery {
        reference: reference(1),
        created,
    };
    assert_eq!(shop.find(sought).await.accepted::<()>().unwrap().len(), 1);
    let page = shop
        .statement()
        .unwrap()
        .payments(created, None)
        .await
        .accepted::<()>()
        .unwrap();
    assert_eq!((page.items.len(), page.next.is_some()), (100, true));
}

#[tokio::test]
async fn receipts_are_printed_with_the_money_and_again_to_offset_it() {
    let mut settings = Settings::default();
    settings.shop.fiscalization.mode = FiscalMode::PaymentFirst;
    let fixture = SandboxFixture::begin(settings).await;
    let shop = fixture.shop();
    let mut request = request(1, PaymentRail::Sbp, CaptureMode::AtOnce, fixture.now().await);
    let ProviderReply::Refused(refused) = shop.create(request.clone()).await else {
        panic!()
    };
    assert_eq!(refused.kind, RefusalKind::Rejected);
    request.receipt = Some(receipt(150_000, PaymentMode::FullPrepayment));
    request.request_attempt.key = key(1, "create", 2);
    let created = shop.create(request).await.accepted::<()>().unwrap();
    fixture.told("pay", json!({"payment": created.provider_id})).await;
    fixture.pass(10).await;
    let paid = shop
        .payment(created.provider_id.clone())
        .await
        .accepted::<()>()
        .unwrap();
    assert_eq!(
        (paid.status, paid.receipt),
        (Status::Succeeded, Some(Status::Succeeded))
    );
    let offset = ReceiptRequest {
        request_attempt: first(key(1, "receipt", 1), fixture.now().await),
        of: ReceiptOf::Payment(created.provider_id.clone()),
        receipt: receipt(150_000, PaymentMode::FullPayment),
        settled: Settled::Prepayment,
        amount: Money::kopecks(150_000),
    };
    let till = shop.receipts().unwrap();
    let _second = till.receipt(offset).await.accepted::<()>().unwrap();
    fixture.pass(10).await;
    let printed = till
        .receipts_of(ReceiptOf::Payment(created.provider_id))
        .await
        .accepted::<()>()
        .unwrap();
    assert_eq!(printed.len(), 2);
    assert!(
        printed
            .iter()
            .all(|receipt| receipt.status == Status::Succeeded && receipt.fiscal.is_some())
    );
}

#[tokio::test]
async fn a_doctor_is_paid_out_once() {
    let fixture = SandboxFixture::begin(Settings::default()).await;
    let gateway = fixture.gateway();
    let banks = gateway.banks().await.accepted::<()>().unwrap();
    let mut request = PayoutRequest {
        request_attempt: first(key(7, "payout", 1), fixture.now().await),
        payout_id: Uuid::from_u128(7),
        amount: Money::kopecks(90_000),
        phone: Phone::parse("+7 999 000-11-22").unwrap(),
        bank_id: banks[0].bank_id.clone(),
        description: "Visits of the week".to_owned(),
    };
    let before = gateway.balance().await.accepted::<()>().unwrap().unwrap();
    fixture
        .strike("payouts.create", json!({"kind": "drop_after"}))
        .await;
    assert!(matches!(
        gateway.payout(request.clone()).await,
        ProviderReply::Unknown(_)
    ));
    request.request_attempt = again(request.request_attempt);
    let made = gateway.payout(request).await.accepted::<()>().unwrap();
    assert_eq!(
        (made.status.clone(), made.payout_id),
        (Status::Succeeded, Some(Uuid::from_u128(7)))
    );
    assert_eq!(
        gateway.payout_state(made.provider_id.clone()).await,
        ProviderReply::Accepted(made.clone())
    );
    let window = fixture.window().await;
    assert_eq!(
        gateway.find_payout(Uuid::from_u128(7), window).await,
        ProviderReply::Accepted(vec![made])
    );
    let after = gateway.balance().await.accepted::<()>().unwrap().unwrap();
    assert_eq!(before.minus(after), Ok(Money::kopecks(90_000)));
}

#[tokio::test]
async fn a_gateways_statement_is_read_to_its_end_and_only_within_its_window() {
    let fixture = SandboxFixture::begin(Settings::default()).await;
    let gateway = fixture.gateway();
    let bank_id = gateway.banks().await.accepted::<()>().unwrap()[0].bank_id.clone();
    for number in 1..=101 {
        let request = PayoutRequest {
            request_attempt: first(key(number, "payout", 1), fixture.now().await),
            payout_id: Uuid::from_u128(number),
            amount: Money::kopecks(10_000),
            phone: Phone::parse("+7 999 000-11-22").unwrap(),
            bank_id: bank_id.clone(),
            description: "Visits of the week".to_owned(),
        };
        let _made = gateway.payout(request).await.accepted::<()>().unwrap();
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    let window = fixture.window().await;
    for expected in [100, 1] {
        let page = gateway.payouts(window, cursor).await.accepted::<()>().unwrap();
        assert_eq!(page.items.len(), expected);
        seen.extend(page.items.into_iter().filter_map(|payout| payout.payout_id));
        cursor = page.next;
    }
    assert_eq!(cursor, None);
    seen.sort_unstable();
    assert_eq!(seen, (1..=101).map(Uuid::from_u128).collect::<Vec<_>>());
    let earlier = Window {
        from: window.from - SignedDuration::from_hours(2),
        to: window.from,
    };
    let before = gateway.payouts(earlier, None).await.accepted::<()>().unwrap();
    assert_eq!((before.items, before.next), (vec![], None));
    // A statement that breaks off is no empty one.
    fixture
        .strike("payouts.list", json!({"kind": "drop_after"}))
        .await;
    let whole = gateway.payouts(window, None).await.accepted::<()>().unwrap();
    assert_eq!(whole.items.len(), 100, "a question is asked again");
    let always = json!({"on": "payouts.list", "times": 0, "fault": {"kind": "error_before"}});
    fixture.told("faults", always).await;
    assert!(matches!(
        gateway.payouts(window, None).await,
        ProviderReply::Unknown(_)
    ));
}

#[tokio::test]
async fn the_shop_shows_its_settings() {
    let fixture = SandboxFixture::begin(Settings::default()).await;
    let settings = fixture.shop().settings().await.accepted::<()>().unwrap();
    assert!(settings.enabled && settings.test);
    assert_eq!(fixture.shop().probe().await, ProviderReply::Accepted(()));
}
