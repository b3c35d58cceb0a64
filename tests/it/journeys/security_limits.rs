//! Who asks too often is recorded once in a minute, however often they are refused, and counted each time.

use kit::platform::{ALL, Platform};
use kit::scene::Scene;
use kit::wait::until;
use serde_json::{Value, json};

/// How often each is refused here.
const REFUSED: u32 = 12;

#[tokio::test]
async fn a_burst_is_recorded_once_in_a_minute() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "2");
    platform.set("TOT_RATE_LIMIT_WRITES_PER_ACCOUNT", "40");
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let anybody = scene.platform.anonymous();
    let wrong = json!({"email": "zqnobody@example.com", "password": "a wrong password"});
    let mut braked = 0;
    while braked < REFUSED {
        let answer = anybody.post("/auth/login", wrong.clone()).await;
        braked += u32::from(answer.status == 429);
    }
    let change = json!({"current_password": "a wrong password", "new_password": "amber-tunnel-violin"});
    let (mut held, mut limited) = (0, 0);
    while held < 3 {
        let answer = scene.stand_in.client.post("/auth/password", change.clone()).await;
        held += u32::from(answer.status == 429);
    }
    while limited < REFUSED {
        let asked = scene.patient.client.post(
            "/bookings",
            json!({"call_type": "urgent", "amount": "1.00", "address": "ул. Ленина, 1"}),
        );
        limited += u32::from(asked.await.status == 429);
    }
    for (query, account) in [
        ("kind=sign_in&result=braked", None),
        ("kind=password&result=braked", Some(&scene.stand_in.id)),
        ("kind=rate_limit&result=limited", Some(&scene.patient.id)),
    ] {
        let found = until(query, || async {
            let path = format!("/admin/audit-trail?{query}");
            let answer = scene.admin.client.get(&path).await.expect(200);
            let items = answer["items"].as_array().unwrap().clone();
            (!items.is_empty()).then_some(items)
        })
        .await;
        // The minute may have passed meanwhile.
        assert!(found.len() <= 2, "{query}: {found:?}");
        let who: Option<&str> = found[0]["account_id"].as_str();
        assert_eq!(who, account.map(String::as_str), "{query}");
        assert_eq!(
            found[0]["typed_hash"] == Value::Null,
            account.is_some(),
            "{query}"
        );
    }
    scene.finish().await;
}
