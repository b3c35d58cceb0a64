//! Long lists are read page by page, filtered, and only by those they concern.

use std::collections::BTreeSet;

use kit::client::Client;
use kit::redacted::redacted;
use kit::scene::Scene;
use serde_json::{Value, json};

#[tokio::test]
async fn pages_hold_every_booking_once_in_order() {
    let scene = Scene::set().await;
    let mut made = Vec::new();
    for _ in 0..23 {
        let booking = scene
            .patient
            .client
            .post("/bookings", Scene::urgent())
            .await
            .expect(200);
        made.push(booking["id"].as_str().unwrap().to_owned());
    }
    scene.cancel(&made[0], "0.00").await.expect(200);
    scene.platform.drain().await;
    let pages = pages(&scene.patient.client, "/bookings?limit=5").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 5, 5, 3]);
    let read: Vec<String> = pages
        .concat()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    made.reverse();
    assert_eq!(read, made, "newest first");

    let cancelled = pages_of_ids(&scene.patient.client, "/bookings?status=cancelled").await;
    assert_eq!(cancelled, BTreeSet::from([made.last().unwrap().clone()]));
    assert_eq!(
        pages_of_ids(&scene.patient.client, "/bookings?call_type=scheduled").await,
        BTreeSet::new()
    );
    let everybodys = pages_of_ids(&scene.admin.client, "/bookings?limit=7").await;
    assert_eq!(everybodys.len(), 23);
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_lists_assigned_visits_and_nothing_else() {
    let scene = Scene::set().await;
    let mine = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene
        .patient
        .client
        .post("/bookings", scene.scheduled(scene.slot(2, 60)))
        .await
        .expect(200);
    scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    scene.platform.drain().await;
    let agenda = scene.doctor.client.get("/bookings").await.expect(200);
    assert_eq!(agenda["items"][0]["id"], json!(mine));
    insta::assert_json_snapshot!(redacted(agenda), @r#"
    {
      "items": [
        {
          "amount": "2000.00",
          "call_type": "scheduled",
          "change_to_accept": false,
          "created_at": "[time]",
          "currency": "RUB",
          "doctor_id": "[id]",
          "doctor_name": "Иван Пирогов",
          "ends_at": "[time]",
          "id": "[id]",
          "kept": "0.00",
          "links": {
            "cancellation_quote": "/api/v1/bookings/[id]/cancellation-quote",
            "history": "/api/v1/bookings/[id]/history",
            "payment": "/api/v1/payments/[id]",
            "payments": "/api/v1/payments",
            "self": "/api/v1/bookings/[id]"
          },
          "patient_id": "[id]",
          "patient_name": "Анна Каренина",
          "pay_by": "[time]",
          "payment_checking": false,
          "payment_id": "[id]",
          "payment_status": "authorised",
          "refunded": "0.00",
          "refunding": "0.00",
          "returned": "0.00",
          "starts_at": "[time]",
          "status": "assigned",
          "steps": {
            "assigned_at": "[time]",
            "secured_at": "[time]"
          },
          "version": 4
        }
      ],
      "next": null
    }
    "#);
    let other = scene.platform.made_by(&scene.admin, "doctor").await;
    assert_eq!(pages_of_ids(&other.client, "/bookings").await, BTreeSet::new());
    scene.finish().await;
}

#[tokio::test]
async fn payments_are_listed_to_their_patient_and_to_admins() {
    let scene = Scene::set().await;
    let (one, _) = (
        scene.booked_and_paid(Scene::urgent()).await,
        scene.booked_and_paid(Scene::urgent()).await,
    );
    scene.platform.drain().await;
    assert_eq!(
        pages_of_ids(&scene.patient.client, "/payments?limit=1")
            .await
            .len(),
        2
    );
    let of_one = pages(&scene.patient.client, &format!("/payments?booking_id={one}"))
        .await
        .concat();
    assert_eq!(
        of_one
            .iter()
            .map(|payment| payment["booking_id"].as_str().unwrap())
            .collect::<Vec<_>>(),
        [&one]
    );
    assert_eq!(
        pages_of_ids(&scene.admin.client, "/payments?status=authorised")
            .await
            .len(),
        2
    );
    assert_eq!(
        pages_of_ids(&scene.platform.patient().await.client, "/payments")
            .await
            .len(),
        0
    );
    scene.finish().await;
}

#[tokio::test]
async fn doctors_are_listed_to_everybody_without_contacts() {
    let scene = Scene::set().await;
    for _ in 0..4 {
        scene.platform.made_by(&scene.admin, "doctor").await;
    }
    let anybody = scene.platform.anonymous();
    let doctors = pages(&anybody, "/doctors?limit=2").await.concat();
    assert_eq!(doctors.len(), 2 + 4, "the scene's and ours");
    for doctor in &doctors {
        let words = doctor.to_string();
        assert!(
            !words.contains("@example.com") && !words.contains("+7"),
            "{words}"
        );
        assert_eq!(doctor["zone"], "Europe/Moscow");
    }
    scene.finish().await;
}

#[tokio::test]
async fn odd_pages_are_refused() {
    let scene = Scene::set().await;
    for (query, pointer) in [
        ("limit=0", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("limit=many", "/query/limit"),
        ("cursor=bm90IG9uZSBvZiBvdXJz", "/query/cursor"),
        ("status=lost", "/query/status"),
        ("colour=red", "/query/colour"),
        ("from=yesterday", "/query/from"),
    ] {
        let answer = scene.patient.client.get(&format!("/bookings?{query}")).await;
        assert_eq!(answer.pointers(), [pointer], "{query}");
        answer.expect_problem(422, "invalid");
    }
    scene.finish().await;
}

async fn pages(client: &Client, path: &str) -> Vec<Vec<Value>> {
    let (mut pages, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = client.get(&next).await.expect(200);
        pages.push(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next"].as_str() else {
            return pages;
        };
        assert!(pages.len() < 100, "the pages of {path} have no end");
        next = format!(
            "{path}{}cursor={cursor}",
            if path.contains('?') { '&' } else { '?' }
        );
    }
}

async fn pages_of_ids(client: &Client, path: &str) -> BTreeSet<String> {
    let items = pages(client, path).await.concat();
    let ids: BTreeSet<String> = items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), items.len(), "each once");
    ids
}
