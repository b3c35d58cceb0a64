//! Lists: filters, cursors, limits.

use serde_json::{Value, json};

use crate::kit::{TestSandbox, by_sbp, card_hold, rub, text};

/// Leafs through a list and answers the ids in order.
async fn all(stage: &TestSandbox, path: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = stage.get(&format!("{path}{cursor}")).await.ok();
        ids.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| text(item, "/id")),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_newest_first() {
    let stage = TestSandbox::start().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(text(
            &stage.post("/payments", &card_hold("1.00")).await.ok(),
            "/id",
        ));
    }
    made.reverse();
    assert_eq!(all(&stage, "/payments?limit=3").await, made);
    // A payment made while leafing does not shift the pages that follow.
    let first = stage.get("/payments?limit=3").await.ok();
    stage.post("/payments", &card_hold("1.00")).await.ok();
    let next = text(&first, "/next_cursor");
    let second = stage.get(&format!("/payments?limit=3&cursor={next}")).await.ok();
    assert_eq!(second["items"][0]["id"], made[3].as_str());
    let usual = stage.get("/payments").await.ok();
    assert_eq!(usual["items"].as_array().unwrap().len(), 8);
    assert!(usual.get("next_cursor").is_none());
}

#[tokio::test]
async fn filters_by_status_and_moments() {
    let stage = TestSandbox::start().await;
    let card = stage.charged("1.00").await;
    stage.advance(100).await;
    let border = text(&stage.look("/clock").await, "/now");
    stage.advance(100).await;
    let sbp = text(&stage.post("/payments", &by_sbp("2.00")).await.ok(), "/id");
    assert_eq!(all(&stage, "/payments?status=succeeded").await, [card.as_str()]);
    assert_eq!(
        all(&stage, &format!("/payments?created_at.gte={border}")).await,
        [sbp.as_str()]
    );
    assert_eq!(
        all(&stage, &format!("/payments?created_at.lt={border}")).await,
        [card.as_str()]
    );
    let exact = text(&stage.get(&format!("/payments/{sbp}")).await.ok(), "/created_at");
    assert_eq!(
        all(&stage, &format!("/payments?created_at.gte={exact}")).await,
        [sbp.as_str()]
    );
    assert!(
        all(
            &stage,
            &format!("/payments?created_at.lt={exact}&created_at.gte={exact}")
        )
        .await
        .is_empty()
    );
}

#[tokio::test]
async fn refunds_and_receipts_are_listed_by_their_payment() {
    let stage = TestSandbox::start().await;
    let (one, two) = (stage.charged("10.00").await, stage.charged("10.00").await);
    for id in [&one, &one, &two] {
        stage
            .post("/refunds", &json!({"payment_id": id, "amount": rub("1.00")}))
            .await
            .ok();
    }
    assert_eq!(all(&stage, &format!("/refunds?payment_id={one}")).await.len(), 2);
    assert_eq!(all(&stage, "/refunds?status=succeeded").await.len(), 3);
    assert!(all(&stage, "/refunds?status=canceled").await.is_empty());
    assert!(
        all(&stage, &format!("/receipts?payment_id={one}"))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn wrong_filters_are_refused_by_name() {
    let stage = TestSandbox::start().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("status=paid", "status"),
        ("cursor=%21", "cursor"),
        ("created_at.gte=yesterday", "created_at.gte"),
        ("metadata=x", "metadata"),
    ] {
        assert_eq!(
            stage.get(&format!("/payments?{query}")).await.refused(),
            field,
            "{query}"
        );
    }
    for (path, field) in [
        ("/refunds?status=waiting_for_capture", "status"),
        ("/receipts?status=waiting_for_capture", "status"),
    ] {
        assert_eq!(stage.get(path).await.refused(), field, "{path}");
    }
    let none: Value = stage
        .get("/payments?created_at.gte=2030-01-01T00:00:00.000Z")
        .await
        .ok();
    assert_eq!(none["items"], json!([]));
}
