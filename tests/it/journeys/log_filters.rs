//! The log as an admin asks it: by type, stream, actor, correlation and time; a booking as it was, and what changed.

use kit::client::Client;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn the_log_answers_by_type_stream_actor_correlation_and_time_page_by_page() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.cancel(&id, "0.00").await.expect(200);
    scene.platform.drain().await;
    let admin = &scene.admin.client;
    let everything = pages(admin, "").await;
    assert!(everything.len() > 10, "{}", everything.len());
    let of = |keep: &dyn Fn(&Value) -> bool| -> Vec<i64> {
        everything
            .iter()
            .filter(|fact| keep(fact))
            .map(position)
            .collect()
    };
    let asked =
        async |query: String| -> Vec<i64> { pages(admin, &query).await.iter().map(position).collect() };

    let secured = of(&|fact| fact["type"] == "BookingSecured");
    assert_eq!(
        (asked("type=BookingSecured".to_owned()).await, secured.len()),
        (secured, 1)
    );
    let own = of(&|fact| fact["stream_id"] == id.as_str());
    assert_eq!(asked(format!("stream=booking/{id}")).await, own);
    let patient = scene.patient.id.clone();
    let acted = of(&|fact| fact["metadata"]["actor_id"] == patient.as_str());
    assert!(acted.len() > 3);
    assert_eq!(asked(format!("actor={patient}")).await, acted);
    let correlation = everything
        .iter()
        .find(|fact| fact["type"] == "BookingSecured")
        .map(|fact| fact["metadata"]["correlation_id"].as_str().unwrap().to_owned())
        .unwrap();
    let together = of(&|fact| fact["metadata"]["correlation_id"] == correlation.as_str());
    assert!(together.len() > 3, "what the payment led to: {together:?}");
    assert_eq!(asked(format!("correlation={correlation}")).await, together);
    let both = of(&|fact| {
        fact["metadata"]["correlation_id"] == correlation.as_str()
            && fact["metadata"]["actor_id"] == patient.as_str()
    });
    assert_eq!(
        asked(format!("correlation={correlation}&actor={patient}")).await,
        both
    );

    let half = everything[everything.len() / 2]["recorded_at"].as_str().unwrap();
    let before = of(&|fact| fact["recorded_at"].as_str().unwrap() < half);
    assert_eq!(asked(format!("to={half}")).await, before);
    let (from_half, all) = (asked(format!("from={half}")).await, of(&|_| true));
    assert_eq!([before, from_half].concat(), all);

    assert!(!asked("actor=settlement".to_owned()).await.is_empty());
    what_means_nothing_is_refused(admin).await;
    scene.finish().await;
}

async fn what_means_nothing_is_refused(admin: &Client) {
    for wrong in [
        "type=Nonsense",
        "stream=booking",
        "stream=frob/1",
        "from=yesterday",
        "actor=",
        "actor=nonsense",
        "correlation=",
        "correlation=nonsense",
    ] {
        admin
            .get(&format!("/admin/events?{wrong}"))
            .await
            .expect_problem(422, "invalid");
    }
    for wrong in ["process=", "process=nonsense", "partition_key="] {
        admin
            .get(&format!("/admin/intents?{wrong}"))
            .await
            .expect_problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_booking_is_told_as_it_was_and_what_changed_between_two_versions() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.platform.drain().await;
    let admin = &scene.admin.client;
    let path = format!("/admin/bookings/{id}/history");
    let first = admin.get(&format!("{path}?as_of=1")).await.expect(200);
    assert_eq!(first["state"]["state"], "requested");
    let now = admin
        .get(&format!("{path}?from_version=1&to_version=3"))
        .await
        .expect(200);
    assert_eq!(now["state"]["state"], "assigned");
    let last = &now["items"].as_array().unwrap().last().unwrap()["position"];
    let then = admin.get(&format!("{path}?as_of=@{last}")).await.expect(200);
    assert_eq!(then["items"], now["items"]);
    let changes = now["difference"]["changes"].as_array().unwrap();
    let state = json!({"op": "replace", "path": "/state", "from": "requested", "value": "secured"});
    assert!(changes.contains(&state), "{changes:#?}");

    admin
        .get(&format!("{path}?from_version=1"))
        .await
        .expect_problem(422, "invalid");
    admin
        .get(&format!("{path}?from_version=1&to_version=99"))
        .await
        .expect_problem(404, "not_found");
    // In Russian too, which whoever asks for no language gets, it says which there are.
    let headers = [("accept-language", "ru")];
    for query in ["from_version=1&to_version=99", "as_of=@1"] {
        let answer = admin
            .send(Method::GET, &format!("{path}?{query}"), None, &headers)
            .await;
        let problem = answer.expect_problem(404, "not_found");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("есть версии от 1 до 4, позиции от @"), "{detail}");
    }
    let nobodys = "/admin/bookings/019a8f0e-0000-7000-8000-00000000dead/history";
    admin.get(nobodys).await.expect_problem(404, "not_found");
    let stream = admin
        .get(&format!("/admin/streams/booking/{id}?as_of=3"))
        .await
        .expect(200);
    assert_eq!(stream["state"]["state"], "secured");
    scene.finish().await;
}

/// Every fact that fits, three a page.
async fn pages(admin: &Client, query: &str) -> Vec<Value> {
    let (mut facts, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let page = admin
            .get(&format!("/admin/events?after={after}&limit=3&{query}"))
            .await
            .expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        facts.extend(items.iter().cloned());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return facts,
        }
    }
}

fn position(fact: &Value) -> i64 {
    fact["position"].as_i64().unwrap()
}
