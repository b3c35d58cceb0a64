//! Everybody's own stream: the state at connect, then what happens to each of one's bookings and days, and nothing of others.

use kit::event_stream::{EventStream, StreamEvent};
use kit::persona::Persona;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

pub const OWN: &str = "/api/v1/me/events";

pub async fn own(who: &Persona, last_seen: Option<i64>) -> EventStream {
    EventStream::open_when_fresh(&who.client, OWN, last_seen).await
}

/// A snapshot's bookings, by their reason.
pub fn bookings(event: &StreamEvent, reason: &str) -> Vec<Value> {
    assert_eq!(
        (event.name.as_str(), &event.data["reason"]),
        ("snapshot", &json!(reason))
    );
    assert_eq!(event.data["position"], event.id);
    assert_eq!(event.data["complete"], true);
    event.data["bookings"].as_array().unwrap().clone()
}

/// What each event says of one booking: the fact, the status; versions only grow.
fn course(seen: &[StreamEvent], booking: &str) -> Vec<(String, String)> {
    let of_it: Vec<&StreamEvent> = seen
        .iter()
        .filter(|event| event.data["booking_id"] == booking)
        .collect();
    assert!(of_it.is_sorted_by_key(|event| event.data["version"].as_i64().unwrap()));
    assert!(of_it.is_sorted_by(|one, other| one.id < other.id));
    let word = |event: &StreamEvent, member: &str| event.data[member].as_str().unwrap_or_default().to_owned();
    of_it
        .iter()
        .map(|event| (word(event, "type"), word(event, "status")))
        .collect()
}

fn facts<'a>(course: &'a [(String, String)], of: &[&str]) -> Vec<(&'a str, &'a str)> {
    let known = course
        .iter()
        .map(|(fact, status)| (fact.as_str(), status.as_str()));
    known.filter(|(fact, _)| of.contains(fact)).collect()
}

#[tokio::test]
async fn a_patient_has_the_state_at_connect_and_then_every_change_of_every_booking() {
    let scene = Scene::set().await;
    let stranger = scene.platform.patient().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    let mut strangers = own(&stranger, None).await;
    assert!(bookings(&strangers.next().await, "connected").is_empty());
    let mut patients = own(&scene.patient, None).await;
    let first = patients.next().await;
    let list = scene.patient.client.get("/bookings").await.expect(200);
    assert_eq!(
        json!(bookings(&first, "connected")),
        list["items"],
        "as lists show them"
    );

    scene.assign(&id).await.expect(200);
    for action in ["depart", "arrive"] {
        scene.act(&scene.doctor.client, &id, action).await.expect(200);
    }
    let mut seen = patients.until_fact("DoctorArrived").await;
    let course_of_it = course(&seen, &id);
    let told = ["BookingAssigned", "DoctorDeparted", "DoctorArrived"];
    assert_eq!(
        facts(&course_of_it, &told),
        [
            ("BookingAssigned", "assigned"),
            ("DoctorDeparted", "en_route"),
            ("DoctorArrived", "arrived"),
        ]
    );
    assert!(
        seen.iter()
            .all(|event| event.id > first.id && event.name == "booking")
    );
    let arrived = seen.last().unwrap();
    let path = format!("/bookings/{id}");
    let shown = scene
        .patient
        .client
        .get_after(&path, arrived.id)
        .await
        .expect(200);
    assert_eq!(
        shown["version"], arrived.data["version"],
        "it says which version to expect"
    );

    // One that did not exist when the stream began; and money, of which patients are told.
    let other = scene.booked_and_paid(Scene::urgent()).await;
    seen = patients
        .until(|event| event.data["type"] == "BookingSecured" && event.data["booking_id"] == other.as_str())
        .await;
    let course_of_it = course(&seen, &other);
    assert_eq!(
        facts(&course_of_it, &["BookingRequested", "BookingSecured"]),
        [("BookingRequested", "pending"), ("BookingSecured", "pending")]
    );
    assert!(seen.iter().any(|event| event.data["payment_id"].is_string()));

    // To somebody else only what is theirs is told, though all this happened before.
    let asked = stranger.client.post("/bookings", Scene::urgent()).await;
    asked.expect(200);
    let theirs = strangers.next().await;
    assert_eq!(theirs.data["type"], "BookingRequested");
    assert!(![id, other].contains(&theirs.data["booking_id"].as_str().unwrap().to_owned()));
    scene.cancel(&booking_of(&seen), "0.00").await.expect(200);
    drop((patients, strangers));
    scene.platform.stop().await;
}

fn booking_of(seen: &[StreamEvent]) -> String {
    seen.last().unwrap().data["booking_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_doctor_gains_and_loses_visits_and_is_told_so_once() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    let mut doctors = own(&scene.doctor, None).await;
    let mut clinics = own(&scene.clinic, None).await;
    for stream in [&mut doctors, &mut clinics] {
        assert!(
            bookings(&stream.next().await, "connected").is_empty(),
            "not theirs yet"
        );
    }
    scene.assign(&id).await.expect(200);
    let gained = doctors.until_fact("BookingAssigned").await;
    let gained = gained.last().unwrap();
    assert_eq!(
        (gained.name.as_str(), &gained.data["status"]),
        ("booking", &json!("assigned"))
    );

    stands_in_the_state_of_another_connection(&scene, &id).await;
    scene.act(&scene.admin.client, &id, "unassign").await.expect(200);
    let stand_in = json!({"doctor_id": scene.stand_in.id});
    scene
        .admin
        .client
        .post(&format!("/bookings/{id}/assign"), stand_in)
        .await
        .expect(200);
    scene.act(&scene.stand_in.client, &id, "depart").await.expect(200);
    let block = json!({"starts_at": scene.slot(2, 0).to_string(), "ends_at": scene.slot(2, 30).to_string()});
    scene
        .doctor
        .client
        .post(&format!("/doctors/{}/blocks", scene.doctor.id), block)
        .await
        .expect(200);
    let seen = doctors.until_fact("TimeBlocked").await;
    is_gone_for_the_doctor(&scene, &seen, &id);
    let clinic_saw = clinics.until_fact("DoctorDeparted").await;
    let course_of_it = course(&clinic_saw, &id);
    assert_eq!(
        course_of_it.len(),
        clinic_saw.len(),
        "no money, nothing of others"
    );
    assert_eq!(
        facts(
            &course_of_it,
            &["BookingAssigned", "BookingUnassigned", "DoctorDeparted"]
        ),
        [
            ("BookingAssigned", "assigned"),
            ("BookingUnassigned", "pending"),
            ("BookingAssigned", "assigned"),
            ("DoctorDeparted", "en_route"),
        ]
    );
    // Who was taken off before they came back is told the same again, and no more.
    let mut resumed = own(&scene.doctor, Some(gained.id)).await;
    assert_eq!(resumed.until_fact("TimeBlocked").await, seen);
    drop((doctors, clinics, resumed));
    scene.platform.stop().await;
}

async fn stands_in_the_state_of_another_connection(scene: &Scene, id: &str) {
    let mut again = own(&scene.doctor, None).await;
    let state = bookings(&again.next().await, "connected");
    let ids = state.iter().map(|booking| booking["id"].as_str().unwrap());
    assert_eq!(ids.collect::<Vec<_>>(), [id]);
    assert_eq!(
        state[0]["patient_name"], "Анна Каренина",
        "as the doctor's list shows it"
    );
}

/// A last event of the booking, and the day goes on.
fn is_gone_for_the_doctor(scene: &Scene, seen: &[StreamEvent], id: &str) {
    let last = seen.last().unwrap();
    assert_eq!(
        (last.name.as_str(), &last.data["date"]),
        ("day", &json!(scene.date(2)))
    );
    let of_it: Vec<&StreamEvent> = seen
        .iter()
        .filter(|event| event.data["booking_id"] == id)
        .collect();
    let [gone] = of_it[..] else {
        panic!("a last event, and nothing behind it: {of_it:?}")
    };
    assert_eq!(
        (gone.name.as_str(), &gone.data["type"]),
        ("booking_gone", &json!("BookingUnassigned"))
    );
    assert!(gone.data["status"].is_null(), "how it goes on is not theirs");
}

#[tokio::test]
async fn own_streams_end_with_the_session_and_the_account_and_count_among_ten() {
    let scene = Scene::set().await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(own(&scene.patient, None).await);
    }
    let refused = EventStream::refused(&scene.patient.client, OWN, None).await;
    assert_ne!(refused.header("retry-after"), "");
    refused.expect_problem(429, "too_many_streams");
    scene
        .patient
        .client
        .post("/auth/logout", json!({}))
        .await
        .expect(200);
    for mut stream in open {
        stream.ends().await;
    }
    let mut doctors = own(&scene.doctor, None).await;
    let path = format!("/admin/accounts/{}/deactivate", scene.doctor.id);
    scene
        .admin
        .client
        .post(&path, json!({"reason": "left"}))
        .await
        .expect(200);
    doctors.ends().await;
    // Roles that have no bookings of their own.
    let analyst = scene.platform.made_by(&scene.admin, "analyst").await;
    for who in [&scene.admin, &analyst] {
        EventStream::refused(&who.client, OWN, None)
            .await
            .expect_problem(403, "forbidden");
    }
    scene.platform.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_the_question_is_named() {
    let scene = Scene::set().await;
    for (query, pointer) in [
        ("?last_event_id=soon", "/query/last_event_id"),
        ("?since=1", "/query/since"),
    ] {
        let refused = EventStream::refused(&scene.patient.client, &format!("{OWN}{query}"), None).await;
        assert_eq!(refused.pointers(), [pointer]);
        refused.expect_problem(422, "invalid");
    }
    let header = [("Last-Event-ID", "soon")];
    let answer = scene
        .patient
        .client
        .try_send_to(Method::GET, OWN, None, &header)
        .await
        .unwrap();
    assert_eq!(answer.pointers(), ["/headers/Last-Event-ID"]);
    let nobody = EventStream::refused(&scene.platform.anonymous(), OWN, None).await;
    nobody.expect_problem(401, "token_missing");
    let wrong = scene
        .patient
        .client
        .post(
            "/auth/stream-tickets",
            json!({"booking_id": "mine", "stream": "me"}),
        )
        .await;
    assert_eq!(wrong.pointers(), ["/booking_id", "/stream"]);
    wrong.expect_problem(422, "invalid");
    scene.finish().await;
}
