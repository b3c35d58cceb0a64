//! Neither cards nor secrets nor people are in the log, on NATS, in what the process says, or in what it measures.

use std::net::TcpListener;

use kit::client::Client;
use kit::markers::{carried, holds, tables};
use kit::persona::{PASSWORD, Persona};
use kit::platform::ALL;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::json;

use crate::money::provider_fixture::{A_WHILE, FixtureOptions, ProviderFixture, SHOP_ADDRESS, id_of};

/// What is planted, each unlike anything else that could be said: secrets, also as they travel (base64 of `id:secret`),
/// what is typed on a provider's page, contacts in every spelling, and what notices hold.
const MARKERS: [(&str, &str); 13] = [
    ("the shop's secret", "test_zqShopSecret"),
    (
        "the shop's credentials on the wire",
        "MTAwNTAwOnRlc3RfenFTaG9wU2VjcmV0",
    ),
    ("the gateway's secret", "test_zqGatewaySecret"),
    ("the terminal's password", "zqTerminalPassword"),
    ("a card", "2202474301322987"),
    ("a card as it is typed", "2202 4743"),
    ("a one-time code", "zqcode77"),
    ("an e-mail", "zqpayer77@example.com"),
    ("a telephone number", "9117654321"),
    ("a name in a notice", "Zqnoticename"),
    ("a masked card in a notice", "220247******2987"),
    ("where a card is confirmed", "/checkout/payments"),
    ("where a code leads", "type=02&bank="),
];

#[tokio::test]
async fn case_32_cards_secrets_and_people_are_nowhere_but_where_they_belong() {
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let wanted = FixtureOptions {
        variables: vec![
            ("TOT_LOG", "trace,h2=info,sqlx=debug".to_owned()),
            ("TOT_METRICS_LISTEN", metrics.to_string()),
        ],
        settings: json!({
            "shop": {"secret": "test_zqShopSecret"}, "gateway": {"secret": "test_zqGatewaySecret"},
            "terminal": {"password": "zqTerminalPassword"}, "unsettled": {"sbp_notification": "full"},
        }),
        private: true,
        ..FixtureOptions::default()
    };
    let mut fixture = ProviderFixture::with(wanted).await;
    fixture.scene.patient = payer(&fixture).await;
    fixture = live(fixture).await;
    fixture.drain().await;
    let measured = Client::anonymous(&format!("http://{metrics}"))
        .fetch("/metrics")
        .await
        .text;
    assert!(measured.contains("tot_provider_notices_total"), "{measured}");

    let pool = fixture.scene.platform.pool().await;
    for table in &tables(&pool).await {
        for (what, marker) in MARKERS {
            assert!(!holds(&pool, table, marker).await, "{what} is in {table}");
        }
    }
    pool.close().await;
    let carried = carried(fixture.scene.platform.nats_url()).await;
    assert!(carried.contains("PaymentCaptured"), "NATS carried the facts");
    let mut platform = fixture.scene.platform;
    platform.halt().await;
    let log = platform.log(ALL);
    let said = std::fs::read_to_string(&log).unwrap();
    let printed = std::fs::read_to_string(log.with_extension("out")).unwrap();
    assert!(
        said.contains("A provider refused a request"),
        "the worst of it was logged"
    );
    assert!(printed.contains("TOT is ready"), "{printed}");
    for (place, text) in [
        ("NATS", &carried),
        ("the log", &said),
        ("standard output", &printed),
        ("metrics", &measured),
    ] {
        for (what, marker) in MARKERS {
            let line = text.lines().find(|line| line.contains(marker));
            assert!(line.is_none(), "{what} is in {place}: {line:?}");
        }
    }
}

/// Somebody whose contacts are markers, since receipts go there.
async fn payer(fixture: &ProviderFixture) -> Persona {
    let anybody = fixture.scene.platform.anonymous();
    let register = json!({
        "email": "zqpayer77@example.com", "password": PASSWORD, "first_name": "Анна", "last_name": "Каренина",
        "phone": "+79117654321",
    });
    anybody.post("/auth/register", register).await.expect(200);
    kit::persona::login(&anybody, "zqpayer77@example.com").await
}

/// Everything that carries a marker past the platform: payments, receipts, refunds, notices true, false and broken, answers
/// lost, refused and unreadable.
async fn live(fixture: ProviderFixture) -> ProviderFixture {
    let (booking, by_card) = fixture.urgent("yookassa").await;
    let page = fixture.page(&by_card).await;
    let code = page.press("Оплатить", &[("number", "2202 4743 0132 2987")]).await;
    if code.offers("Подтвердить") {
        code.press("Подтвердить", &[("code", "zqcode77")]).await;
    }
    fixture.until_secured(&booking).await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.until(&by_card, "completed").await;
    let (booking, by_code) = fixture.secured_by_code().await;
    fixture.visit(&booking, &["depart"]).await;
    fixture.cancel_as_quoted(&booking).await;
    let fixture = fixture.later(A_WHILE).await;
    fixture.until(&by_code, "partially_refunded").await;
    let told = fixture
        .control
        .receipts(&fixture.control.shop_payment(id_of(&by_card)).await)
        .await;
    let customer = &told[0]["told"]["customer"];
    assert_eq!(
        (&customer["email"], &customer["phone"]),
        (&json!("zqpayer77@example.com"), &json!("79117654321"))
    );

    // False notices, whose words are nobody's business.
    let names = json!({
        "type": "notification", "event": "payment.succeeded", "Zqnoticename": "Zqnoticename",
        "object": {"id": "zq", "status": "Zqnoticename", "payment_method": {"title": "220247******2987"}},
    });
    for (body, source) in [
        (names.clone(), SHOP_ADDRESS),
        (names, "127.0.0.99"),
        (json!({"what": "Zqnoticename 220247******2987"}), SHOP_ADDRESS),
    ] {
        let forgery = json!({"sender": "yookassa", "body": body, "source": source});
        fixture.control.tell("/webhooks/forge", forgery).await;
    }
    fixture.control.quiet().await;
    let anybody = fixture.scene.platform.anonymous();
    let broken = Some("{\"Zqnoticename\": \"220247******2987".to_owned());
    let refused = anybody.send(Method::POST, "/webhooks/tbank", broken, &[]).await;
    assert_eq!(refused.status, 403, "{}", refused.text);

    // Answers lost, and a shop whose key is not the right one any more.
    fixture
        .control
        .fault("payments.create", json!({"kind": "drop_after"}))
        .await;
    fixture.urgent("yookassa").await;
    let fixture = fixture.later(61).await;
    fixture
        .control
        .set(json!({"shop": {"secret": "test_another"}}))
        .await;
    let booking = fixture.book(Scene::urgent()).await;
    let refused = fixture.begin(&booking, "yookassa").await;
    assert_eq!(refused["status"], "failed", "{refused}");
    fixture
}
