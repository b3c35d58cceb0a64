//! An admin comes to a booking from whatever they have of it, and whom they looked for is recorded.

use kit::persona::PASSWORD;
use kit::scene::Scene;
use serde_json::{Value, json};

/// What an admin finds by `query`.
async fn found(scene: &Scene, query: &str) -> Vec<Value> {
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let path = format!("/admin/search?q={query}");
    let answer = scene.admin.client.get(&path).await.expect(200);
    answer["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn people_bookings_payments_and_commands_are_found_by_what_one_has_of_them() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.platform.drain().await;
    let payment = scene.booking(&id).await["payment_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let admin = &scene.admin.client;
    let found = async |query: &str| found(&scene, query).await;
    let booking = found(&id).await;
    assert_eq!(booking[0]["kind"], "booking");
    let streams = booking[0]["streams"].as_array().unwrap();
    for stream in [format!("booking/{id}"), format!("payment/{payment}")] {
        assert!(streams.contains(&json!(stream)), "{streams:?}");
    }
    let paid = &found(&payment).await[0];
    assert_eq!((&paid["kind"], &paid["id"]), (&json!("payment"), &json!(payment)));

    let person = found(&scene.patient.email).await;
    assert_eq!((person.len(), &person[0]["id"]), (1, &json!(scene.patient.id)));
    let person = &person[0]["person"];
    let full = person["name"].as_str().unwrap();
    let (first, last) = full.split_once(' ').unwrap();
    for name in [
        full.to_owned(),
        full.to_uppercase(),
        format!("{last} {first}"),
        last.to_owned(),
    ] {
        let named = found(&name).await;
        assert!(
            named.iter().any(|one| one["id"] == scene.patient.id.as_str()),
            "{name}: {named:?}"
        );
    }
    let phone = person["phone"].as_str().unwrap();
    for spelt in [
        phone,
        phone.trim_start_matches('+'),
        phone.trim_start_matches("+7"),
    ] {
        let whom = &found(spelt).await[0];
        assert_eq!(whom["id"], scene.patient.id.as_str(), "{spelt}");
        let visit = &whom["bookings"][0];
        assert_eq!(
            (&visit["id"], &visit["status"]),
            (&json!(id), &json!("assigned")),
            "{whom}"
        );
        assert!(visit["starts_at"].is_string(), "{visit}");
    }
    let visits = &found(&scene.doctor.id).await[0]["bookings"];
    assert_eq!(visits[0]["id"], id.as_str(), "{visits}");
    assert_eq!(found(&scene.patient.id).await[0]["kind"], "account");
    let history = admin
        .get(&format!("/admin/bookings/{id}/history"))
        .await
        .expect(200);
    let command = history["items"][0]["command_id"].as_str().unwrap();
    assert!(found(command).await.iter().any(|one| one["kind"] == "command"));
    assert_eq!(found("nobody@example.com").await, [json!(null); 0]);
    for wrong in ["", "?q=", "?q=x%3D1", "?q=1+2+3+4+5+6+7+8+9"] {
        let answer = admin.get(&format!("/admin/search{wrong}")).await;
        answer.expect_problem(422, "invalid");
    }
    is_found_on_the_command_line_and_recorded(&scene).await;
    scene.finish().await;
}

async fn is_found_on_the_command_line_and_recorded(scene: &Scene) {
    scene.platform.sign_in_operator(&scene.admin.email).await;
    let told = scene.platform.tot(&["find", &scene.patient.email], "").await;
    assert!(
        told.contains(&scene.patient.id) && told.contains("wallet/"),
        "{told}"
    );
    assert!(
        told.contains("scheduled assigned, visit ") && told.contains("next: tot replay booking "),
        "{told}"
    );
    let pool = scene.platform.pool().await;
    let uses: Vec<(String, i32)> = sqlx::query_as(
        "select purpose, cardinality(subject_ids) from identity.security_events where kind = 'read' and actor_id::text = $1 order by id",
    )
    .bind(&scene.admin.id)
    .fetch_all(&pool)
    .await
    .unwrap();
    let recorded = |purpose: &str, subjects| uses.contains(&(purpose.to_owned(), subjects));
    assert!(
        recorded("search_by_email", 1) && recorded("search_by_email", 0),
        "{uses:?}"
    );
    assert!(recorded("search_by_id", 1) && uses.iter().any(|(purpose, _)| purpose == "search_by_name"));
}

#[tokio::test]
async fn names_of_several_words_are_found_whole_in_either_order_and_never_by_a_part() {
    let scene = Scene::set().await;
    let anonymous = scene.platform.anonymous();
    let registered = async |number: u32, first: &str, last: &str| -> String {
        let request = json!({
            "email": format!("named{number}@example.com"), "password": PASSWORD, "first_name": first, "last_name": last,
            "phone": format!("+790200000{number:02}"),
        });
        let answer = anonymous.post("/auth/register", request).await.expect(200);
        answer["user"]["id"].as_str().unwrap().to_owned()
    };
    let simone = registered(1, "Симона", "де Бовуар").await;
    let ali = registered(2, "Али оглы", "Мамедов").await;
    let admin = &scene.admin.client;
    let found = async |query: &str| -> Vec<String> {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let answer = admin.get(&format!("/admin/search?q={query}")).await.expect(200);
        let items = answer["items"].as_array().unwrap().iter();
        items.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    for (query, whom) in [
        ("де Бовуар", Some(&simone)),
        ("Симона ДЕ  Бовуар", Some(&simone)),
        ("де Бовуар Симона", Some(&simone)),
        ("Мамедов Али оглы", Some(&ali)),
        ("Али оглы Мамедов", Some(&ali)),
        ("Мамедов", Some(&ali)),
        ("Бовуар", None),
        ("Симона", None),
        ("Али Мамедов", None),
        ("Мамедов Али", None),
        ("оглы Мамедов Али", None),
    ] {
        let whom: Vec<String> = whom.into_iter().cloned().collect();
        assert_eq!(found(query).await, whom, "{query}");
    }
    let pool = scene.platform.pool().await;
    let recorded: i64 = sqlx::query_scalar(
        "select count(*) from identity.security_events
         where purpose = 'search_by_name' and actor_id::text = $1 and subject_ids = array[$2::uuid]",
    )
    .bind(&scene.admin.id)
    .bind(&simone)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(recorded, 3, "each of them who was shown");
    pool.close().await;
    scene.finish().await;
}

#[tokio::test]
async fn a_read_that_knows_no_past_refuses_to_be_asked_for_it() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    let payment = scene.booking(&id).await["payment_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let client = &scene.patient.client;
    for path in [
        format!("/bookings/{id}"),
        format!("/bookings/{id}/cancellation-quote"),
        format!("/payments/{payment}"),
        format!("/doctors/{}", scene.doctor.id),
        "/wallet".to_owned(),
        "/auth/me".to_owned(),
        format!("/payouts/{payment}"),
    ] {
        client
            .get(&format!("{path}?as_of=1"))
            .await
            .expect_problem(422, "invalid");
    }
    let list = "/admin/price-lists/1?as_of=1";
    scene.admin.client.get(list).await.expect_problem(422, "invalid");
    scene.finish().await;
}
