//! Long answers travel compressed where the client takes it; events, files that are compressed in themselves and tokens do not.

use kit::client::Client;
use kit::persona::PASSWORD;
use kit::scene::Scene;
use reqwest::{Method, Response};
use serde_json::json;

const ANY: &str = "br, zstd, gzip";

async fn answer_in(client: &Client, path: &str, encodings: &str) -> Response {
    let headers = [("accept-encoding", encodings)];
    let answer = client
        .request(Method::GET, path, None, &headers)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn long_answers_are_compressed_as_the_client_takes_it() {
    let scene = Scene::set().await;
    let anybody = scene.platform.anonymous();
    let whole = answer_in(&anybody, "/api/v1/openapi.json", "identity").await;
    assert_eq!(header(&whole, "content-encoding"), "");
    assert_eq!(header(&whole, "vary"), "accept-encoding");
    let whole = whole.bytes().await.unwrap().len();
    for encoding in ["br", "zstd", "gzip"] {
        let answer = answer_in(&anybody, "/api/v1/openapi.json", encoding).await;
        assert_eq!(header(&answer, "content-encoding"), encoding);
        assert_eq!(header(&answer, "vary"), "accept-encoding", "{encoding}");
        let sent = answer.bytes().await.unwrap().len();
        assert!(sent * 4 < whole, "{encoding}: {sent} of {whole} bytes");
    }
    // What the client refuses is not sent; a browser's usual list gets one of ours.
    let refused = answer_in(&anybody, "/api/v1/openapi.json", "gzip;q=0, deflate").await;
    assert_eq!(header(&refused, "content-encoding"), "");
    let usual = answer_in(&anybody, "/api/docs/apps", "gzip, deflate").await;
    assert_eq!(header(&usual, "content-encoding"), "", "a short page");
    scene.finish().await;
}

#[tokio::test]
async fn short_answers_events_and_tokens_travel_as_they_are() {
    let scene = Scene::set().await;
    let patient = &scene.patient.client;
    let booking = patient.post("/bookings", Scene::urgent()).await.expect(200);
    let path = format!("/api/v1/bookings/{}", booking["id"].as_str().unwrap());
    let answer = answer_in(patient, &path, ANY).await;
    assert_eq!(
        (header(&answer, "content-encoding"), header(&answer, "vary")),
        ("", "")
    );
    let events = answer_in(patient, &format!("{path}/events"), ANY).await;
    assert_eq!(header(&events, "content-type"), "text/event-stream");
    assert_eq!(header(&events, "content-encoding"), "");
    drop(events);

    let body = json!({"email": scene.patient.email, "password": PASSWORD}).to_string();
    let headers = [("accept-encoding", ANY)];
    let login = patient
        .send(Method::POST, "/auth/login", Some(body), &headers)
        .await;
    assert_eq!((login.header("content-encoding"), login.header("vary")), ("", ""));
    login.expect(200);
    scene.finish().await;
}

#[tokio::test]
async fn exports_are_compressed_unless_they_are_already() {
    let scene = Scene::set().await;
    let admin = &scene.admin.client;
    for (format, encoding) in [("csv", "zstd"), ("jsonl", "zstd"), ("parquet", "")] {
        let answer = answer_in(admin, &format!("/api/v1/exports/events?format={format}"), ANY).await;
        assert_eq!(header(&answer, "content-encoding"), encoding, "{format}");
        answer.bytes().await.unwrap();
    }
    scene.finish().await;
}

#[tokio::test]
async fn the_tag_of_a_compressed_answer_is_taken_by_if_match() {
    let scene = Scene::set().await;
    let patient = &scene.patient.client;
    let mut request = Scene::urgent();
    // Long enough to be compressed when it is read.
    request["notes"] = json!("код домофона 42 ".repeat(60));
    request["symptoms"] = json!("температура ".repeat(80));
    let booking = patient.post("/bookings", request).await.expect(200);
    let id = booking["id"].as_str().unwrap();
    let read = answer_in(patient, &format!("/api/v1/bookings/{id}"), "gzip").await;
    let tag = header(&read, "etag").to_owned();
    assert_eq!(
        (header(&read, "content-encoding"), tag.as_str()),
        ("gzip", "\"1-gzip\"")
    );
    let cancel = |tag: String| {
        let body = json!({"expected_fee": "0.00"}).to_string();
        async move {
            let headers = [("if-match", tag.as_str())];
            let path = format!("/bookings/{id}/cancel");
            patient.send(Method::POST, &path, Some(body), &headers).await
        }
    };
    cancel("\"7-gzip\"".to_owned())
        .await
        .expect_problem(412, "version_mismatch");
    cancel("\"1-deflate\"".to_owned())
        .await
        .expect_problem(422, "invalid");
    cancel(tag).await.expect(200);
    scene.finish().await;
}
