//! Visits in other calendars: by a link of one's own, one event for each visit whatever happens to it, and nothing that a stranger should
//! not read.

use kit::client::{ApiResponse, Client};
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

/// The path of the address that a new link has.
async fn subscribed(client: &Client, language: &str) -> String {
    let made = client
        .post("/me/calendar", json!({"language": language}))
        .await
        .expect(200);
    let url = made["url"].as_str().unwrap();
    assert!(url.ends_with("/visits.ics"), "{url}");
    url[url.find("/api/v1/").unwrap()..].to_owned()
}

/// The calendar as somebody reads it who has the link and nothing else.
async fn read(scene: &Scene, path: &str) -> ApiResponse {
    scene.platform.drain().await;
    let answer = scene.platform.anonymous().fetch(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    for line in answer.text.split_terminator("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line:?}");
    }
    answer
}

/// The properties of each event, in order.
fn events(calendar: &str) -> Vec<Value> {
    let unfolded = calendar.replace("\r\n ", "");
    let mut events = Vec::new();
    let mut event = serde_json::Map::new();
    for line in unfolded.split_terminator("\r\n") {
        match line {
            "BEGIN:VEVENT" => event = serde_json::Map::new(),
            "END:VEVENT" => events.push(Value::Object(std::mem::take(&mut event))),
            property => {
                let (name, value) = property.split_once(':').unwrap();
                event.insert(name.to_owned(), json!(value));
            }
        }
    }
    events
}

/// The only event of a calendar.
async fn event(scene: &Scene, path: &str) -> Value {
    let calendar = read(scene, path).await.text;
    let [event]: [Value; 1] = events(&calendar)
        .try_into()
        .unwrap_or_else(|_| panic!("{calendar}"));
    event
}

fn sequence(event: &Value) -> i64 {
    event["SEQUENCE"].as_str().unwrap().parse().unwrap()
}

fn utc(at: jiff::Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[tokio::test]
async fn a_visit_is_one_event_whatever_happens_to_it() {
    let scene = Scene::set().await;
    let (mine, theirs) = (
        subscribed(&scene.patient.client, "ru").await,
        subscribed(&scene.doctor.client, "en").await,
    );
    assert_eq!(events(&read(&scene, &mine).await.text), Vec::<Value>::new());

    // An unpaid hold is no visit yet.
    let unpaid = scene
        .patient
        .client
        .post("/bookings", scene.scheduled(scene.slot(1, 0)))
        .await;
    unpaid.expect(200);
    let (first, second) = (scene.slot(2, 0), scene.slot(3, 60));
    let id = scene.booked_and_paid(scene.scheduled(first)).await;
    let booked = event(&scene, &mine).await;
    assert_eq!(booked["UID"], id);
    assert_eq!(booked["STATUS"], "CONFIRMED");
    assert_eq!(booked["SUMMARY"], "Визит врача");
    assert_eq!(booked["DTSTART"], utc(first));

    let moved = json!({"starts_at": second.to_string()});
    let path = format!("/bookings/{id}/reschedule");
    scene.patient.client.post(&path, moved).await.expect(200);
    let moved = event(&scene, &mine).await;
    assert_eq!(
        (&moved["UID"], &moved["STATUS"]),
        (&booked["UID"], &booked["STATUS"])
    );
    assert_eq!(moved["DTSTART"], utc(second));
    assert!(sequence(&moved) > sequence(&booked), "{moved} after {booked}");
    assert!(
        moved["LAST-MODIFIED"].as_str() >= booked["LAST-MODIFIED"].as_str(),
        "{moved}"
    );
    let of_doctor = event(&scene, &theirs).await;
    assert_eq!(of_doctor["SUMMARY"], "Visit");
    for shared in ["UID", "SEQUENCE", "DTSTART", "DTEND", "STATUS", "DTSTAMP"] {
        assert_eq!(of_doctor[shared], moved[shared], "{shared}");
    }

    scene.cancel(&id, "0.00").await.expect(200);
    let cancelled = event(&scene, &mine).await;
    assert_eq!(
        (&cancelled["UID"], &cancelled["STATUS"]),
        (&moved["UID"], &json!("CANCELLED"))
    );
    assert_eq!(cancelled["SUMMARY"], "Отменено: Визит врача");
    assert!(
        sequence(&cancelled) > sequence(&moved),
        "{cancelled} after {moved}"
    );
    assert_eq!(event(&scene, &theirs).await["STATUS"], "CANCELLED");

    // For a while.
    let scene = scene.later(31 * 24 * 3_600).await;
    assert_eq!(events(&read(&scene, &mine).await.text), Vec::<Value>::new());
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_taken_off_has_no_visit_and_the_patient_waits_for_another() {
    let scene = Scene::set().await;
    let (mine, theirs) = (
        subscribed(&scene.patient.client, "en").await,
        subscribed(&scene.doctor.client, "en").await,
    );
    let start = scene.slot(2, 0);
    let id = scene.booked_and_paid(scene.scheduled(start)).await;
    let before = event(&scene, &mine).await;
    scene.act(&scene.admin.client, &id, "unassign").await.expect(200);
    let waiting = event(&scene, &mine).await;
    assert_eq!(
        (&waiting["UID"], &waiting["STATUS"]),
        (&before["UID"], &json!("TENTATIVE"))
    );
    assert_eq!(waiting["DTSTART"], utc(start), "the time that was agreed to");
    assert!(sequence(&waiting) > sequence(&before), "{waiting} after {before}");
    assert_eq!(events(&read(&scene, &theirs).await.text), Vec::<Value>::new());
    scene.finish().await;
}

#[tokio::test]
async fn a_calendar_says_nothing_of_people_places_or_health() {
    let scene = Scene::set().await;
    scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    for who in [&scene.patient, &scene.doctor] {
        let path = subscribed(&who.client, "ru").await;
        let calendar = read(&scene, &path).await.text.replace("\r\n ", "");
        assert!(calendar.contains("BEGIN:VEVENT"), "{calendar}");
        for told in [
            "Анна",
            "Каренина",
            "Иван",
            "Пирогов",
            "Ленина",
            "кашель",
            "терапевт",
            "@",
            "LOCATION",
        ] {
            assert!(!calendar.contains(told), "{told}: {calendar}");
        }
    }
    scene.finish().await;
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let scene = Scene::set().await;
    let path = subscribed(&scene.patient.client, "ru").await;
    let first = read(&scene, &path).await;
    let (tag, since) = (
        first.header("etag").to_owned(),
        first.header("last-modified").to_owned(),
    );
    let again = async |header: (&str, &str)| {
        scene.platform.drain().await;
        let anybody = scene.platform.anonymous();
        anybody
            .try_send_to(Method::GET, &path, None, &[header])
            .await
            .unwrap()
    };
    for header in [
        ("If-None-Match", tag.as_str()),
        ("If-Modified-Since", since.as_str()),
    ] {
        let answer = again(header).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text.as_str()),
            (304, ""),
            "{header:?}"
        );
        assert_eq!(answer.header("etag"), tag);
    }
    scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    for header in [
        ("If-None-Match", tag.as_str()),
        ("If-Modified-Since", since.as_str()),
    ] {
        let answer = again(header).await;
        assert_eq!(answer.status, 200, "{header:?}");
        assert_ne!(answer.header("etag"), tag);
    }
    scene.finish().await;
}

#[tokio::test]
async fn a_link_is_its_owners_to_renew_and_revoke_and_ends_with_the_account() {
    let scene = Scene::set().await;
    let client = &scene.patient.client;
    client.get("/me/calendar").await.expect_problem(404, "not_found");
    let first = subscribed(client, "en").await;
    let shown = client.get("/me/calendar").await.expect(200);
    assert_eq!(
        (&shown["language"], &shown["read_at"]),
        (&json!("en"), &Value::Null)
    );
    read(&scene, &first).await;
    let shown = client.get("/me/calendar").await.expect(200);
    assert!(shown["read_at"].is_string(), "{shown}");
    let token = first.split('/').nth(4).unwrap();
    assert!(!shown.to_string().contains(token), "{shown}");

    let second = subscribed(client, "ru").await;
    let anybody = scene.platform.anonymous();
    anybody.fetch(&first).await.expect_problem(404, "not_found");
    assert!(
        read(&scene, &second)
            .await
            .text
            .contains("X-WR-CALNAME:ТОТ: визиты врача")
    );
    let wrong = client.post("/me/calendar", json!({"language": "fr"})).await;
    assert_eq!(wrong.pointers(), ["/language"]);
    for _ in 0..2 {
        client.post("/me/calendar/revoke", json!({})).await.expect(200);
        anybody.fetch(&second).await.expect_problem(404, "not_found");
    }

    let third = subscribed(client, "ru").await;
    let account = format!("/admin/accounts/{}", scene.patient.id);
    let admin = &scene.admin.client;
    admin
        .post(&format!("{account}/deactivate"), json!({"reason": "left"}))
        .await
        .expect(200);
    anybody.fetch(&third).await.expect_problem(404, "not_found");
    admin
        .post(&format!("{account}/reactivate"), json!({}))
        .await
        .expect(200);
    anybody.fetch(&third).await.expect_problem(404, "not_found");
    scene.finish().await;
}
