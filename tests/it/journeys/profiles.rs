//! Doctors and clinics keep their public profiles; patients find who is near, and nobody finds out where a doctor lives.

use kit::client::{ApiResponse, Client};
use kit::persona::Persona;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

use super::accounts::{history, types};

async fn edit(owner: &Persona, body: Value) -> ApiResponse {
    owner
        .client
        .send(Method::PATCH, "/me/profile", Some(body.to_string()), &[])
        .await
}

/// The doctors of every page: whole kilometres, and the id.
async fn nearby(reader: &Client, query: &str) -> Vec<(Option<i64>, String)> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = reader.get(&format!("/doctors?{query}{cursor}")).await.expect(200);
        for doctor in page["items"].as_array().unwrap() {
            let id = doctor["id"].as_str().unwrap().to_owned();
            found.push((doctor["distance_km"].as_i64(), id));
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// What an exact point would tell is not kept, not even sealed: it was rounded before.
async fn stands_nowhere(scene: &Scene, exact: &[&str]) {
    let pool = scene.platform.pool().await;
    for table in kit::markers::tables(&pool).await {
        for text in exact {
            assert!(!kit::markers::holds(&pool, &table, text).await, "{table}");
        }
    }
}

#[tokio::test]
async fn a_doctor_keeps_their_profile_and_history_says_which_fields_changed() {
    let scene = Scene::set().await;
    let doctor = &scene.doctor;
    let anyone = scene.platform.anonymous();
    let before = doctor.client.get("/me/profile").await;
    assert_eq!(before.header("etag"), "\"0\"");
    assert_eq!(before.expect(200)["base_point"], Value::Null);
    let change = json!({
        "about": " Zqabout: взрослые\nи дети. ", "base_point": "55.755811,37.617312", "travel_km": 25, "languages": ["ru", "en"],
    });
    let changed = edit(doctor, change.clone()).await.expect(200);
    assert_eq!(
        changed["changed"],
        json!(["languages", "about", "base_point", "travel_km"])
    );
    // The same again is nothing, and neither is a point of the same field.
    assert_eq!(edit(doctor, change).await.expect(200)["changed"], json!([]));
    let neighbour = json!({"base_point": "55.7641,37.6101"});
    assert_eq!(edit(doctor, neighbour).await.expect(200)["changed"], json!([]));
    let own = doctor.client.get("/me/profile").await;
    assert_eq!(own.header("etag"), "\"1\"");
    let own = own.expect(200);
    assert_eq!(
        (&own["base_point"], &own["about"]),
        (&json!("55.76,37.62"), &json!("Zqabout: взрослые\nи дети."))
    );
    let path = format!("/doctors/{}", doctor.id);
    let public = anyone.get(&path).await.expect(200);
    assert_eq!(
        (&public["travel_km"], &public["languages"]),
        (&json!(25), &json!(["ru", "en"]))
    );
    assert!(
        public.get("distance_km").is_none() && public.get("base_point").is_none(),
        "{public}"
    );
    let from_afar = anyone
        .get(&format!("{path}?near=59.9386,30.3141"))
        .await
        .expect(200);
    assert_eq!(from_afar["distance_km"], 634, "Moscow and Saint Petersburg");

    let told = history(&scene.admin, &doctor.id).await;
    assert_eq!(types(&told), ["AccountEdited"]);
    let told = json!(told).to_string();
    assert!(
        !told.contains("Zqabout") && !told.contains("55.76,37.62"),
        "{told}"
    );
    // What an owner does to their own profile is no act of an admin's.
    let shown = scene
        .admin
        .client
        .get(&format!("/admin/accounts/{}", doctor.id))
        .await;
    assert_eq!(shown.expect(200)["acts"], json!([]));

    stands_nowhere(&scene, &["55.755811", "37.617312"]).await;
    let emptied = edit(
        doctor,
        json!({"about": null, "base_point": null, "travel_km": null}),
    )
    .await;
    assert_eq!(
        emptied.expect(200)["changed"],
        json!(["about", "base_point", "travel_km"])
    );
    scene.finish().await;
}

#[tokio::test]
async fn what_an_admin_answers_for_is_refused_to_its_owner() {
    let scene = Scene::set().await;
    let doctor = &scene.doctor;
    let another = json!({"specialization": "Хирург", "travel_km": 5});
    edit(doctor, another)
        .await
        .expect_problem(409, "profile_verified");
    edit(doctor, json!({"last_name": "Другой"}))
        .await
        .expect_problem(409, "profile_verified");
    let named = doctor
        .client
        .send(
            Method::PUT,
            "/auth/me",
            Some(json!({"last_name": "Другой"}).to_string()),
            &[],
        )
        .await;
    named.expect_problem(409, "profile_verified");
    let stale = [("If-Match", "\"7\"")];
    let body = json!({"travel_km": 5}).to_string();
    let guarded = doctor
        .client
        .send(Method::PATCH, "/me/profile", Some(body), &stale)
        .await;
    guarded.expect_problem(412, "version_mismatch");
    let own = doctor.client.get("/me/profile").await.expect(200);
    assert_eq!(
        own["travel_km"],
        Value::Null,
        "nothing of what was refused is done: {own}"
    );
    scene.finish().await;
}

#[tokio::test]
async fn an_admin_changes_what_they_answer_for_and_a_doctor_what_nobody_does() {
    let scene = Scene::set().await;
    let (doctor, admin) = (&scene.doctor, &scene.admin);
    let another = json!({"specialization": "Хирург", "travel_km": 5});
    let account = format!("/admin/accounts/{}", doctor.id);
    let by_admin = admin
        .client
        .send(Method::PATCH, &account, Some(another.to_string()), &[])
        .await;
    assert_eq!(
        by_admin.expect(200)["changed"],
        json!(["specialization", "travel_km"])
    );
    let off = format!("{account}/unverify");
    admin
        .client
        .post(&off, json!({"reason": "other"}))
        .await
        .expect(200);
    let changed = edit(
        doctor,
        json!({"specialization": "Терапевт", "last_name": "Другой"}),
    )
    .await;
    assert_eq!(
        changed.expect(200)["changed"],
        json!(["last_name", "specialization"])
    );
    let told = history(admin, &doctor.id).await;
    assert_eq!(
        types(&told),
        ["AccountEdited", "DoctorUnverified", "AccountEdited"]
    );
    scene.finish().await;
}

#[tokio::test]
async fn a_role_has_its_own_fields_and_wrong_ones_are_told_all_at_once() {
    let scene = Scene::set().await;
    let doctor = &scene.doctor;
    // Neither role has the other's fields, and the others have none.
    assert_eq!(
        edit(doctor, json!({"address": "ул. Ленина, 1"})).await.pointers(),
        ["/address"]
    );
    assert_eq!(
        edit(&scene.clinic, json!({"travel_km": 5})).await.pointers(),
        ["/travel_km"]
    );
    edit(&scene.patient, json!({"about": "x"}))
        .await
        .expect_problem(403, "forbidden");
    let wrong = json!({"about": "x".repeat(1_001), "base_point": "55.7", "travel_km": 0, "photo": "x"});
    assert_eq!(
        edit(doctor, wrong).await.pointers(),
        ["/about", "/base_point", "/photo", "/travel_km"]
    );
    scene.finish().await;
}

#[tokio::test]
async fn a_clinic_tells_where_it_is_and_its_place_stands_for_doctors_without_one() {
    let scene = Scene::set().await;
    let anyone = scene.platform.anonymous();
    let change = json!({
        "clinic_name": "Клиника у моря", "about": "Терапевты на дом.", "address": "Москва, ул. Ленина, 1",
        "base_point": "55.7558,37.6176", "public_phone": "8 (495) 000-00-00",
    });
    let changed = edit(&scene.clinic, change).await.expect(200);
    assert_eq!(
        changed["changed"],
        json!(["clinic_name", "about", "base_point", "address", "public_phone"])
    );
    let path = format!("/clinics/{}", scene.clinic.id);
    let shown = anyone.get(&path).await.expect(200);
    assert_eq!(shown["name"], "Клиника у моря");
    assert_eq!(shown["public_phone"], "+74950000000");
    assert_eq!(shown["base_point"], "55.76,37.62");
    anyone
        .get(&format!("/clinics/{}", scene.doctor.id))
        .await
        .expect_problem(404, "not_found");
    // Both are the clinic's; one of them comes from elsewhere.
    let near = "near=55.7558,37.6176&sort=distance";
    let (first, second) = (scene.doctor.id.clone(), scene.stand_in.id.clone());
    let of_clinic = |found: Vec<(Option<i64>, String)>| -> Vec<(Option<i64>, String)> {
        found
            .into_iter()
            .filter(|(_, id)| [&first, &second].contains(&id))
            .collect()
    };
    assert!(
        of_clinic(nearby(&anyone, near).await)
            .iter()
            .all(|(km, _)| *km == Some(1) || *km == Some(0))
    );
    edit(&scene.doctor, json!({"base_point": "56.0,38.0"}))
        .await
        .expect(200);
    let found = of_clinic(nearby(&anyone, near).await);
    assert_eq!(found[0].1, second, "{found:?}");
    assert_eq!(found[1], (Some(36), first.clone()), "{found:?}");
    let within = of_clinic(nearby(&anyone, &format!("{near}&within_km=10")).await);
    assert_eq!(within.len(), 1, "{within:?}");
    for (wrong, pointer) in [
        ("sort=distance", "/query/near"),
        ("within_km=5", "/query/near"),
        ("near=37.6", "/query/near"),
        ("near=91,0", "/query/near"),
        ("near=55.7,37.6&within_km=0", "/query/within_km"),
        ("near=55.7,37.6&sort=nearest", "/query/sort"),
        ("near=55.7,37.6&radius=5", "/query/radius"),
    ] {
        let answer = anyone.get(&format!("/doctors?{wrong}")).await;
        assert_eq!(answer.pointers(), [pointer], "{wrong}");
    }
    scene.finish().await;
}
