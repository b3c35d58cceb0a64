//! Lists of bookings, payments and waiting calls, filtered and sorted as each role may.

use std::collections::BTreeSet;

use kit::client::Client;
use kit::persona::Persona;
use kit::scene::Scene;
use serde_json::{Value, json};

#[tokio::test]
async fn staff_narrow_bookings_by_patient_doctor_clinic_and_several_statuses() {
    let scene = Scene::set().await;
    let other = scene.platform.patient().await;
    let visit = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    let unpaid = booked(&scene.patient, scene.scheduled(scene.slot(1, 0))).await;
    let call = scene.booked_and_paid(Scene::urgent()).await;
    let foreign = booked(&other, Scene::urgent()).await;
    scene.cancel(&unpaid, "0.00").await.expect(200);
    scene.platform.drain().await;
    let (patient, doctor, clinic) = (&scene.patient.id, &scene.doctor.id, &scene.clinic.id);
    let admin = &scene.admin.client;
    for (query, expected) in [
        (format!("patient_id={}", other.id), vec![&foreign]),
        (
            format!("patient_id={patient}&sort=starts_at"),
            vec![&call, &unpaid, &visit],
        ),
        (format!("doctor_id={doctor}"), vec![&visit, &unpaid]),
        (
            format!("doctor_id={doctor}&sort=starts_at"),
            vec![&unpaid, &visit],
        ),
        (format!("clinic_id={clinic}"), vec![&unpaid, &visit]),
        (
            "status=assigned&status=cancelled".to_owned(),
            vec![&unpaid, &visit],
        ),
        (
            "status=cancelled,pending".to_owned(),
            vec![&foreign, &call, &unpaid],
        ),
        (
            "sort=requested_at".to_owned(),
            vec![&visit, &unpaid, &call, &foreign],
        ),
        ("waiting=doctor".to_owned(), vec![&call]),
        ("waiting=doctor&payment_status=authorised".to_owned(), vec![&call]),
        (
            format!("patient_id={patient}&payment_status=authorised"),
            vec![&call, &visit],
        ),
        (
            format!("patient_id={patient}&payment_status=pending,failed"),
            vec![&unpaid],
        ),
        (format!("patient_id={patient}&when=upcoming"), vec![&call, &visit]),
        (format!("doctor_id={doctor}&when=past"), vec![&unpaid]),
        (format!("patient_id={}&doctor_id={doctor}", other.id), vec![]),
    ] {
        shows(admin, &query, &expected).await;
    }
    // A clinic narrows its own.
    let theirs = &scene.clinic.client;
    shows(theirs, &format!("patient_id={patient}"), &[&unpaid, &visit]).await;
    shows(theirs, &format!("clinic_id={}", other.id), &[]).await;
    let stranger = scene.platform.made_by(&scene.admin, "clinic").await;
    shows(&stranger.client, &format!("patient_id={patient}"), &[]).await;
    scene.finish().await;
}

#[tokio::test]
async fn patients_and_doctors_see_what_is_to_come_and_what_is_past_by_the_visit() {
    let scene = Scene::set().await;
    let later = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    let sooner = scene.booked_and_paid(scene.scheduled(scene.slot(1, 0))).await;
    let given_up = booked(&scene.patient, scene.scheduled(scene.slot(3, 0))).await;
    scene.cancel(&given_up, "0.00").await.expect(200);
    scene.platform.drain().await;
    let (patient, doctor) = (&scene.patient.client, &scene.doctor.client);
    for who in [patient, doctor] {
        shows(who, "when=upcoming", &[&sooner, &later]).await;
    }
    shows(patient, "when=past", &[&given_up]).await;
    shows(doctor, "when=past", &[]).await;
    shows(patient, "when=upcoming&sort=-starts_at", &[&later, &sooner]).await;
    let from = scene.slot(2, 0);
    shows(
        patient,
        &format!("sort=starts_at&from={from}"),
        &[&later, &given_up],
    )
    .await;
    let other = scene.platform.patient().await;
    for (who, foreign) in [
        (patient, format!("patient_id={}", other.id)),
        (doctor, format!("doctor_id={}", scene.stand_in.id)),
    ] {
        shows(who, &foreign, &[]).await;
    }

    let start = scene.slot(1, 60);
    let scene = scene.at(start).await;
    scene.platform.drain().await;
    for who in [&scene.patient.client, &scene.doctor.client] {
        shows(who, "when=upcoming", &[&later]).await;
    }
    shows(&scene.doctor.client, "when=past", &[&sooner]).await;
    shows(&scene.patient.client, "when=past", &[&given_up, &sooner]).await;
    scene.finish().await;
}

#[tokio::test]
async fn what_no_index_answers_and_cursors_of_another_order_are_refused() {
    let scene = Scene::set().await;
    for _ in 0..2 {
        booked(&scene.patient, Scene::urgent()).await;
    }
    scene.platform.drain().await;
    let (admin, clinic) = (&scene.admin.client, &scene.clinic.client);
    let (patient, doctor) = (&scene.patient.client, &scene.doctor.client);
    let of_doctor = format!("doctor_id={}&sort=requested_at", scene.doctor.id);
    for (who, query, pointer) in [
        (admin, "when=upcoming", "/query/when"),
        (admin, "sort=starts_at", "/query/sort"),
        (admin, of_doctor.as_str(), "/query/sort"),
        (clinic, "sort=-starts_at", "/query/sort"),
        (doctor, "sort=-requested_at", "/query/sort"),
        (admin, "payment_status=failed", "/query/payment_status"),
        (
            admin,
            "payment_status=failed&from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:01Z",
            "/query/payment_status",
        ),
        (patient, "when=now", "/query/when"),
        (patient, "sort=price", "/query/sort"),
        (patient, "waiting=patient", "/query/waiting"),
        (patient, "status=pending,lost", "/query/status"),
        (patient, "payment_status=", "/query/payment_status"),
        (patient, "patient_id=me", "/query/patient_id"),
    ] {
        let answer = who.get(&format!("/bookings?{query}")).await;
        assert_eq!(answer.pointers(), [pointer], "{query}");
        answer.expect_problem(422, "invalid");
    }
    let day = "payment_status=pending&from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z";
    admin.get(&format!("/bookings?{day}")).await.expect(200);

    let page = patient
        .get("/bookings?limit=1&sort=requested_at")
        .await
        .expect(200);
    let cursor = page["next"].as_str().unwrap();
    for (sort, status) in [("requested_at", 200), ("-requested_at", 422), ("starts_at", 422)] {
        let answer = patient
            .get(&format!("/bookings?limit=1&sort={sort}&cursor={cursor}"))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{sort}");
    }
    scene.finish().await;
}

#[tokio::test]
async fn payments_are_narrowed_by_patient_and_several_statuses_and_sorted() {
    let scene = Scene::set().await;
    let first = scene.booked_and_paid(Scene::urgent()).await;
    let second = scene.booked_and_paid(Scene::urgent()).await;
    scene.cancel(&first, "0.00").await.expect(200);
    scene.platform.drain().await;
    let of = async |who: &Client, query: &str, expected: &[&String]| {
        let page = who.get(&format!("/payments?{query}")).await.expect(200);
        let found = values(&page["items"], "booking_id");
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    };
    let (admin, patient) = (&scene.admin.client, &scene.patient.client);
    let other = scene.platform.patient().await;
    for who in [admin, patient] {
        of(who, "sort=created_at", &[&first, &second]).await;
        of(who, "sort=-created_at", &[&second, &first]).await;
        of(who, "status=authorised&status=cancelled", &[&second, &first]).await;
        of(who, "status=authorised,failed", &[&second]).await;
        let by_patient = format!("patient_id={}", scene.patient.id);
        of(who, &by_patient, &[&second, &first]).await;
        let foreign = format!("patient_id={}", other.id);
        of(who, &foreign, &[]).await;
    }
    let page = patient.get("/payments?limit=1").await.expect(200);
    let cursor = page["next"].as_str().unwrap();
    let answer = patient
        .get(&format!("/payments?sort=created_at&cursor={cursor}"))
        .await;
    assert_eq!(answer.pointers(), ["/query/cursor"]);
    scene.finish().await;
}

#[tokio::test]
async fn waiting_calls_are_told_with_their_address_to_admins_and_with_free_doctors() {
    let scene = Scene::set().await;
    let (first, second) = (
        scene.booked_and_paid(Scene::urgent()).await,
        scene.booked_and_paid(Scene::urgent()).await,
    );
    let scene = scene.later(120).await;
    scene.platform.drain().await;
    let (admin, clinic) = (scene.admin.client.clone(), scene.clinic.client.clone());
    let calls = admin.get("/open-calls").await.expect(200);
    assert_eq!(
        values(&calls["items"], "booking_id"),
        [first.as_str(), second.as_str()]
    );
    for call in calls["items"].as_array().unwrap() {
        assert_eq!(call["address"], "ул. Ленина, 1");
        assert!(
            (120..600).contains(&call["waiting_seconds"].as_i64().unwrap()),
            "{call}"
        );
    }
    assert_eq!(uses(&scene).await, 1, "reading addresses is recorded");
    let both = BTreeSet::from([scene.doctor.id.clone(), scene.stand_in.id.clone()]);
    assert_eq!(free(&calls), both);
    let theirs = clinic.get("/open-calls").await.expect(200);
    assert!(theirs["items"][0].get("address").is_none(), "{theirs}");
    assert_eq!(free(&theirs), both);
    let other = scene.platform.made_by(&scene.admin, "clinic").await;
    let others = other.client.get("/open-calls").await.expect(200);
    assert_eq!(
        (others["items"].as_array().unwrap().len(), free(&others)),
        (2, BTreeSet::new())
    );
    assert_eq!(uses(&scene).await, 1, "nobody else was shown one");

    scene.assign(&first).await.expect(200);
    scene.platform.drain().await;
    let calls = admin.get("/open-calls").await.expect(200);
    assert_eq!(values(&calls["items"], "booking_id"), [second.as_str()]);
    assert_eq!(
        free(&calls),
        BTreeSet::from([scene.stand_in.id.clone()]),
        "busy for an hour"
    );
    let path = format!("/doctors/{}/accepts", scene.stand_in.id);
    let accepts = Some(json!({"accepts": false}).to_string());
    admin
        .send(reqwest::Method::PUT, &path, accepts, &[])
        .await
        .expect(200);
    let calls = admin.get("/open-calls").await.expect(200);
    assert_eq!(free(&calls), BTreeSet::new(), "takes no visits");
    scene.finish().await;
}

async fn booked(patient: &Persona, request: Value) -> String {
    let booking = patient.client.post("/bookings", request).await.expect(200);
    booking["id"].as_str().unwrap().to_owned()
}

/// Fails unless the list has these bookings, in this order.
async fn shows(who: &Client, query: &str, expected: &[&String]) {
    let page = who.get(&format!("/bookings?{query}")).await.expect(200);
    assert!(page["next"].is_null());
    let found = values(&page["items"], "id");
    assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
}

fn values(items: &Value, field: &str) -> Vec<String> {
    let items = items.as_array().unwrap().iter();
    items
        .map(|item| item[field].as_str().unwrap().to_owned())
        .collect()
}

fn free(calls: &Value) -> BTreeSet<String> {
    values(&calls["free_doctors"], "doctor_id").into_iter().collect()
}

/// How often somebody was shown where calls go.
async fn uses(scene: &Scene) -> i64 {
    let pool = scene.platform.pool().await;
    let uses = sqlx::query_scalar(
        "select count(*) from identity.security_events where purpose = 'open_calls' and actor_id::text = $1",
    )
    .bind(&scene.admin.id)
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.close().await;
    uses
}
