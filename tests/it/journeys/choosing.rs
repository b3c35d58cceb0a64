//! A patient chooses a doctor: by what a visit costs, when the next one can be, and what the doctor is called and practises. And a
//! doctor's own view: open days, and what was earned.

use jiff::SignedDuration;
use kit::client::Client;
use kit::opening::example_prices;
use kit::scene::Scene;
use serde_json::{Value, json};

/// The doctors' ids in the order of a list, read page by page.
async fn ids(reader: &Client, query: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = reader.get(&format!("/doctors?{query}{cursor}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        ids.extend(
            items
                .iter()
                .map(|doctor| doctor["id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

fn scheduled_price(doctor: &Value) -> &Value {
    let prices = doctor["prices"].as_array().unwrap();
    let scheduled = prices.iter().find(|price| price["call_type"] == "scheduled");
    &scheduled.unwrap()["amount"]
}

#[tokio::test]
async fn who_can_come_next_stands_first() {
    let scene = Scene::set().await;
    let (one, other) = (scene.doctor.id.clone(), scene.stand_in.id.clone());
    let anonymous = scene.platform.anonymous();
    let path = format!("/doctors/{one}");
    let first = scene.slot(1, 0);
    scene.platform.drain().await;
    let shown = anonymous.get(&path).await.expect(200);
    assert_eq!(shown["next_slot"]["starts_at"], first.to_string());
    assert_eq!(scheduled_price(&shown), "2000.00");
    let idle = anonymous.get(&format!("/doctors/{other}")).await.expect(200);
    assert!(idle["next_slot"].is_null(), "no day is open: {idle}");
    let by_slot = "sort=next_slot&limit=1";
    assert_eq!(ids(&anonymous, by_slot).await, [one.clone(), other.clone()]);

    scene.booked_and_paid(scene.scheduled(first)).await;
    scene.open_day_of(&scene.stand_in, 1).await;
    scene.platform.drain().await;
    let shown = anonymous.get(&path).await.expect(200);
    let half_an_hour_later = first + SignedDuration::from_mins(30);
    assert_eq!(shown["next_slot"]["starts_at"], half_an_hour_later.to_string());
    assert_eq!(ids(&anonymous, by_slot).await, [other.clone(), one.clone()]);

    let ceased = json!({"accepts": false}).to_string();
    let path = format!("/doctors/{other}/accepts");
    let put = scene
        .stand_in
        .client
        .send(reqwest::Method::PUT, &path, Some(ceased), &[]);
    put.await.expect(200);
    assert_eq!(ids(&anonymous, by_slot).await, [one, other]);
    scene.finish().await;
}

#[tokio::test]
async fn the_cheapest_stands_first_or_the_dearest_by_the_list_in_force() {
    let scene = Scene::set().await;
    let (one, other) = (scene.doctor.id.clone(), scene.stand_in.id.clone());
    let mut list = example_prices();
    list["version"] = json!(2);
    let valid_from = scene.platform.now().await + SignedDuration::from_hours(2);
    list["valid_from"] = json!(valid_from.to_string());
    let own = json!({"call_type": "scheduled", "doctor_id": one, "amount": "3000.00"});
    list["prices"].as_array_mut().unwrap().push(own);
    scene
        .admin
        .client
        .post("/admin/price-lists", list)
        .await
        .expect(200);
    let anonymous = scene.platform.anonymous();
    let doctor = format!("/doctors/{one}");
    assert_eq!(
        scheduled_price(&anonymous.get(&doctor).await.expect(200)),
        "2000.00"
    );
    let scene = scene.at(valid_from).await;
    assert_eq!(
        scheduled_price(&anonymous.get(&doctor).await.expect(200)),
        "3000.00"
    );
    let cheapest = ids(&anonymous, "sort=price&limit=1").await;
    assert_eq!(cheapest, [other.clone(), one.clone()]);
    let dearest = ids(&anonymous, "sort=-price&limit=1").await;
    assert_eq!(dearest, [one.clone(), other.clone()]);
    // Of consultations both cost the same, so who joined first stands first.
    let same = ids(&anonymous, "sort=price&call_type=consultation&limit=1").await;
    assert_eq!(same, [one, other]);
    scene.finish().await;
}

#[tokio::test]
async fn doctors_are_found_by_parts_of_words_and_odd_questions_are_refused() {
    let scene = Scene::set().await;
    let anonymous = scene.platform.anonymous();
    let everybody = ids(&anonymous, "limit=1").await;
    assert_eq!(everybody.len(), 2);
    let encoded = |words: &str| url::form_urlencoded::byte_serialize(words.as_bytes()).collect::<String>();
    let found = async |words: &str| ids(&anonymous, &format!("q={}", encoded(words))).await;
    assert_eq!(found("ПИРОГ thera").await, everybody);
    assert_eq!(found("Пирогов кардио").await, Vec::<String>::new());
    let page = anonymous.get("/doctors?sort=next_slot&limit=1").await.expect(200);
    let next = page["next"].as_str().unwrap();
    for (query, fault) in [
        ("sort=rating".to_owned(), "/query/sort not_allowed"),
        ("q=%20".to_owned(), "/query/q not_words"),
        (
            "languages=russian".to_owned(),
            "/query/languages invalid_language",
        ),
        ("call_type=scheduled".to_owned(), "/query/sort required"),
        (
            "sort=price&call_type=urgent".to_owned(),
            "/query/call_type not_allowed",
        ),
        (format!("sort=price&cursor={next}"), "/query/cursor not_a_cursor"),
        (format!("cursor={next}"), "/query/cursor not_a_cursor"),
    ] {
        let problem = anonymous.get(&format!("/doctors?{query}")).await;
        let problem = problem.expect_problem(422, "invalid");
        let told = &problem["errors"][0];
        let told = format!(
            "{} {}",
            told["pointer"].as_str().unwrap(),
            told["code"].as_str().unwrap()
        );
        assert_eq!(told, fault, "{query}");
    }
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_lists_open_days_with_what_is_free() {
    let scene = Scene::set().await;
    scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.platform.drain().await;
    let path = format!("/doctors/{}/days", scene.doctor.id);
    let mut days = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let page = scene
            .doctor
            .client
            .get(&format!("{path}{query}"))
            .await
            .expect(200);
        days.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => query = format!("?limit=3&cursor={next}"),
            None => break,
        }
    }
    let told: Vec<_> = days
        .iter()
        .map(|day| {
            (
                day["date"].clone(),
                day["slots"].clone(),
                day["slots_free"].clone(),
            )
        })
        .collect();
    let expected: Vec<_> = [(1, 18), (2, 17), (3, 18), (4, 18)]
        .into_iter()
        .map(|(ahead, free)| (json!(scene.date(ahead)), json!(18), json!(free)))
        .collect();
    assert_eq!(told, expected);
    assert_eq!(days[0]["starts_at"], scene.slot(1, 0).to_string());
    let one = format!("{path}?from={0}&to={0}", scene.date(3));
    let one = scene.clinic.client.get(&one).await.expect(200);
    assert_eq!(one["items"][0]["date"], scene.date(3));
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    let backwards = format!("{path}?from={}&to={}", scene.date(3), scene.date(2));
    scene
        .admin
        .client
        .get(&backwards)
        .await
        .expect_problem(422, "invalid");
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_reads_what_each_visit_earned() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.assign(&id).await.expect(200);
    let scene = scene.visited(&id).await;
    scene.platform.drain().await;
    let entries = scene.doctor.client.get("/wallet/entries").await.expect(200);
    let entry = &entries["items"][0];
    assert_eq!(
        (&entry["kind"], &entry["amount"], &entry["booking_id"]),
        (&json!("earned"), &json!("1200.00"), &json!(id)),
        "{entries}"
    );
    assert!(entry["fee"].is_null() && entries["items"].as_array().unwrap().len() == 1);
    let wallet = scene.doctor.client.get("/wallet").await.expect(200);
    assert_eq!(wallet["balance"], "1200.00");
    let others = scene.stand_in.client.get("/wallet/entries").await.expect(200);
    assert_eq!(others["items"], json!([]));
    scene.finish().await;
}
