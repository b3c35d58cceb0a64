//! Reading one's own writes, and writing only what one has seen.

use kit::scene::Scene;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn whoever_writes_reads_it_right_after() {
    let scene = Scene::set().await;
    for _ in 0..20 {
        let booking = scene
            .patient
            .client
            .post("/bookings", Scene::urgent())
            .await
            .expect(200);
        let (id, position) = (
            booking["id"].as_str().unwrap(),
            booking["position"].as_i64().unwrap(),
        );
        let shown = scene
            .patient
            .client
            .get_after(&format!("/bookings/{id}"), position)
            .await
            .expect(200);
        assert_eq!(shown["status"], "pending");
        let list = scene
            .patient
            .client
            .get_after("/bookings?limit=1", position)
            .await
            .expect(200);
        assert_eq!(list["items"][0]["id"], booking["id"], "newest first");
        let all = scene
            .admin
            .client
            .get_after("/bookings?limit=1", position)
            .await
            .expect(200);
        assert_eq!(all["items"][0]["id"], booking["id"]);
    }
    scene.finish().await;
}

#[tokio::test]
async fn a_single_read_is_fresh_by_itself_and_says_as_of_when() {
    let scene = Scene::set().await;
    for _ in 0..20 {
        let booking = scene
            .patient
            .client
            .post("/bookings", Scene::urgent())
            .await
            .expect(200);
        let answer = scene
            .patient
            .client
            .get(&format!("/bookings/{}", booking["id"].as_str().unwrap()))
            .await;
        let as_of: i64 = answer.header("tot-as-of").parse().unwrap();
        assert!(
            as_of >= booking["position"].as_i64().unwrap(),
            "{as_of} {booking}"
        );
        answer.expect(200);
    }
    scene.finish().await;
}

#[tokio::test]
async fn an_answer_is_never_true_at_less_than_its_reader_insisted_on() {
    let scene = Scene::set().await;
    let client = &scene.patient.client;
    let first = client.post("/bookings", Scene::urgent()).await.expect(200);
    let mut last = first.clone();
    // Whatever shards they fall into.
    for _ in 0..8 {
        last = client.post("/bookings", Scene::urgent()).await.expect(200);
    }
    let wanted = last["position"].as_i64().unwrap();
    let answer = client
        .send(
            Method::GET,
            &format!("/bookings/{}", first["id"].as_str().unwrap()),
            None,
            &[("Read-After", &wanted.to_string())],
        )
        .await;
    let as_of: i64 = answer.header("tot-as-of").parse().unwrap();
    assert!(as_of >= wanted, "{as_of} is before {wanted}");
    answer.expect(200);
    scene.finish().await;
}

#[tokio::test]
async fn a_change_of_what_has_changed_meanwhile_is_refused() {
    let scene = Scene::set().await;
    let booking = scene.patient.client.post("/bookings", Scene::urgent()).await;
    let seen = booking.header("etag").to_owned();
    let id = booking.expect(200)["id"].as_str().unwrap().to_owned();
    assert_eq!(seen, "\"1\"");
    scene.pay(&id).await.expect(200);
    scene.platform.drain().await;
    let path = format!("/bookings/{id}/cancel");
    let cancel = |tag: String| {
        let (path, client) = (path.clone(), scene.patient.client.clone());
        async move {
            let body = Some(json!({"expected_fee": "0.00"}).to_string());
            client
                .send(Method::POST, &path, body, &[("If-Match", &tag)])
                .await
        }
    };
    cancel(seen).await.expect_problem(412, "version_mismatch");
    let fresh = scene
        .patient
        .client
        .get(&format!("/bookings/{id}"))
        .await
        .header("etag")
        .to_owned();
    cancel(fresh).await.expect(200);
    scene.finish().await;
}
