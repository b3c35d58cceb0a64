//! Fail-over: new payments find another provider, known ones stay, and reading goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use commands::ports::{
    Cancel, CreatePayment, IdempotencyKey, PaymentProvider, PaymentRail, PayoutProvider, PayoutRequest,
    ProviderReply, Providers, Reference, ReferenceSubject, RequestAttempt, ReturnUrl, Window,
};
use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::provider::{CaptureMode, Provider};
use identity::Phone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{GuardedPayouts, Routes, RoutingError};
use crate::breaker::BreakerOptions;
use crate::tbank::{Tbank, TbankSettings, Terminal};
use crate::tests::scripted::{Act, Scripted};
use crate::yookassa::{Credentials, Gateway, REPEAT_WITHIN, Yookassa};

fn at(seconds: i64) -> Timestamp {
    "2026-07-10T14:27:54Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn request_attempt(seconds: i64) -> RequestAttempt {
    RequestAttempt::first(IdempotencyKey(Uuid::nil()), at(seconds))
}

fn request(seconds: i64) -> CreatePayment {
    CreatePayment {
        request_attempt: request_attempt(seconds),
        reference: Reference {
            subject: ReferenceSubject::Payment(PaymentId::from_uuid(Uuid::nil())),
            attempt: 1,
        },
        amount: Money::kopecks(100),
        rail: PaymentRail::Sbp,
        taking: CaptureMode::AtOnce,
        description: String::new(),
        return_url: ReturnUrl::default(),
        pay_until: None,
        receipt: None,
    }
}

fn routes(tbank: &Scripted, yookassa: &Scripted) -> Routes {
    let terminal = Terminal {
        key: "TestDEMO".to_owned(),
        password: "p".into(),
    };
    let credentials = Credentials {
        id: "1".to_owned(),
        secret: "s".into(),
    };
    let tbank = Tbank::new(tbank.http(Provider::Tbank), terminal, TbankSettings::default());
    let yookassa = Yookassa::new(yookassa.http(Provider::Yookassa), credentials, REPEAT_WITHIN);
    let orders = BTreeMap::from([
        (PaymentRail::Sbp, vec![Provider::Tbank, Provider::Yookassa]),
        (PaymentRail::Card, vec![Provider::Yookassa]),
    ]);
    Routes::new(
        vec![Arc::new(tbank), Arc::new(yookassa)],
        orders,
        BreakerOptions::default(),
    )
    .unwrap()
}

fn first(routes: &Routes, rail: PaymentRail, taking: CaptureMode, seconds: i64) -> Option<Provider> {
    routes
        .for_new(rail, taking, at(seconds))
        .map(|provider| provider.name())
}

/// Five failures in a row.
fn failing() -> Vec<Act> {
    vec![Act::ProviderReply(503, String::new()); 5]
}

async fn fail(provider: &dyn PaymentProvider) {
    for second in 0..5 {
        assert!(matches!(
            provider.create(request(second)).await,
            ProviderReply::Unknown(_)
        ));
    }
}

#[tokio::test]
async fn case_21_a_new_payment_goes_to_the_next_provider_and_a_known_one_is_still_read() {
    const STATE: &str =
        r#"{"Success":true,"ErrorCode":"0","Status":"NEW","PaymentId":"7","OrderId":"x","Amount":100}"#;
    let mut acts = failing();
    acts.push(Act::ProviderReply(200, STATE.to_owned()));
    let (tbank, yookassa) = (Scripted::start(acts), Scripted::start(vec![]));
    let routes = routes(&tbank, &yookassa);
    assert_eq!(
        first(&routes, PaymentRail::Sbp, CaptureMode::AtOnce, 0),
        Some(Provider::Tbank)
    );
    let provider = routes.of(Provider::Tbank).unwrap();
    fail(provider.as_ref()).await;
    assert_eq!(
        first(&routes, PaymentRail::Sbp, CaptureMode::AtOnce, 5),
        Some(Provider::Yookassa)
    );
    // Kept away without being sent.
    let kept_away = provider.create(request(5)).await;
    assert!(
        matches!(kept_away, ProviderReply::Throttled { retry_after } if retry_after > Duration::from_secs(10))
    );
    assert_eq!(tbank.received().len(), 5);
    assert!(matches!(
        provider.payment("7".to_owned()).await,
        ProviderReply::Accepted(_)
    ));
}

#[tokio::test]
async fn new_payments_that_fail_do_not_keep_known_ones_from_being_settled() {
    let mut acts = failing();
    acts.push(Act::ProviderReply(
        400,
        r#"{"code":"invalid_request"}"#.to_owned(),
    ));
    let (tbank, yookassa) = (Scripted::start(vec![]), Scripted::start(acts));
    let routes = routes(&tbank, &yookassa);
    let provider = routes.of(Provider::Yookassa).unwrap();
    fail(provider.as_ref()).await;
    assert_eq!(first(&routes, PaymentRail::Card, CaptureMode::Held, 5), None);
    let cancel = Cancel {
        request_attempt: request_attempt(5),
        provider_id: "7".to_owned(),
    };
    assert!(matches!(provider.cancel(cancel).await, ProviderReply::Refused(_)));
}

#[tokio::test]
async fn a_harmless_question_comes_before_the_first_new_payment() {
    const ME: &str = r#"{"account_id":"1","status":"enabled","test":true}"#;
    let refused = || Act::ProviderReply(400, r#"{"code":"invalid_request"}"#.to_owned());
    let mut acts = failing();
    // The first trial's question is not answered in three tries.
    acts.extend(vec![Act::Drop; 3]);
    for _trial in 0..2 {
        acts.extend([Act::ProviderReply(200, ME.to_owned()), refused()]);
    }
    acts.push(refused());
    let (tbank, yookassa) = (Scripted::start(vec![]), Scripted::start(acts));
    let routes = routes(&tbank, &yookassa);
    let provider = routes.of(Provider::Yookassa).unwrap();
    fail(provider.as_ref()).await;
    assert!(matches!(
        provider.create(request(30)).await,
        ProviderReply::Throttled { .. }
    ));
    assert!(
        matches!(
            provider.create(request(40)).await,
            ProviderReply::Throttled { .. }
        ),
        "it waits longer now"
    );
    for second in [90, 91, 92] {
        assert!(matches!(
            provider.create(request(second)).await,
            ProviderReply::Refused(_)
        ));
    }
    let lines: Vec<String> = yookassa.received().into_iter().map(|sent| sent.line).collect();
    let (me, create) = ("GET /v3/me HTTP/1.1", "POST /v3/payments HTTP/1.1");
    assert_eq!(lines[5..], [me, me, me, me, create, me, create, create]);
}

#[tokio::test]
async fn refusals_never_keep_anybody_away() {
    let acts = vec![Act::ProviderReply(400, r#"{"code":"invalid_request"}"#.to_owned()); 30];
    let (tbank, yookassa) = (Scripted::start(vec![]), Scripted::start(acts));
    let routes = routes(&tbank, &yookassa);
    let provider = routes.of(Provider::Yookassa).unwrap();
    for second in 0..30 {
        assert!(matches!(
            provider.create(request(second)).await,
            ProviderReply::Refused(_)
        ));
    }
    assert_eq!(
        first(&routes, PaymentRail::Card, CaptureMode::Held, 30),
        Some(Provider::Yookassa)
    );
}

#[tokio::test]
async fn a_way_of_paying_leads_only_to_who_is_there_and_offers_it() {
    let (tbank, yookassa) = (Scripted::start(vec![]), Scripted::start(vec![]));
    let both = routes(&tbank, &yookassa);
    assert_eq!(first(&both, PaymentRail::Sbp, CaptureMode::Held, 0), None);
    assert_eq!(
        first(&both, PaymentRail::Card, CaptureMode::Held, 0),
        Some(Provider::Yookassa)
    );
    let orders = BTreeMap::from([(PaymentRail::Card, vec![Provider::Tbank])]);
    let alone = both.of(Provider::Tbank).unwrap();
    assert_eq!(
        Routes::new(vec![], orders.clone(), BreakerOptions::default()).err(),
        Some(RoutingError::NotSetUp(PaymentRail::Card, Provider::Tbank))
    );
    assert_eq!(
        Routes::new(vec![alone], orders, BreakerOptions::default()).err(),
        Some(RoutingError::NotOffered(PaymentRail::Card, Provider::Tbank))
    );
}

#[tokio::test]
async fn payouts_wait_while_the_gateway_fails_and_are_found_all_the_same() {
    const LIST: &str = r#"{"type":"list","items":[]}"#;
    let mut acts = failing();
    acts.extend(vec![Act::ProviderReply(200, LIST.to_owned()); 2]);
    let scripted = Scripted::start(acts);
    let credentials = Credentials {
        id: "1".to_owned(),
        secret: "s".into(),
    };
    let gateway = Gateway::new(scripted.http(Provider::Yookassa), credentials, REPEAT_WITHIN);
    let gateway = GuardedPayouts::new(Arc::new(gateway), BreakerOptions::default());
    let request = |seconds| PayoutRequest {
        request_attempt: request_attempt(seconds),
        payout_id: Uuid::nil(),
        amount: Money::kopecks(100),
        phone: Phone::parse("+79990001122").unwrap(),
        bank_id: "1".to_owned(),
        description: String::new(),
    };
    for second in 0..5 {
        assert!(matches!(
            gateway.payout(request(second)).await,
            ProviderReply::Unknown(_)
        ));
    }
    assert!(matches!(
        gateway.payout(request(5)).await,
        ProviderReply::Throttled { .. }
    ));
    let window = Window {
        from: at(0),
        to: at(60),
    };
    assert_eq!(
        gateway.find_payout(Uuid::nil(), window).await,
        ProviderReply::Accepted(vec![])
    );
    let listed = gateway.payouts(window, None).await;
    assert!(matches!(listed, ProviderReply::Accepted(page) if page.items.is_empty() && page.next.is_none()));
    assert_eq!(scripted.received().len(), 7);
}
