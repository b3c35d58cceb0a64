//! Tickets for live streams: what a browser, which sends no header, opens them with.

use kit::client::Client;
use kit::event_stream::EventStream;
use kit::persona::Persona;
use kit::scene::Scene;
use serde_json::{Value, json};

async fn ticket(who: &Persona, body: Value) -> String {
    let answer = who.client.post("/auth/stream-tickets", body).await.expect(200);
    let (url, ticket) = (
        answer["url"].as_str().unwrap(),
        answer["ticket"].as_str().unwrap(),
    );
    assert!(url.ends_with(&format!("?ticket={ticket}")), "{url}");
    url.to_owned()
}

async fn opens_nothing(browser: &Client, url: &str) {
    let refused = EventStream::refused(browser, url, None).await;
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    refused.expect_problem(401, "invalid_ticket");
}

#[tokio::test]
async fn a_ticket_opens_its_stream_once_in_any_process_and_ends_with_the_session() {
    let mut scene = Scene::set().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    scene.platform.set("TOT_LISTEN", &port.to_string());
    let second = scene.platform.spawn(kit::platform::ALL).await;
    let (browser, elsewhere) = (
        scene.platform.anonymous(),
        Client::anonymous(&format!("http://{port}")),
    );

    let url = ticket(&scene.patient, json!({})).await;
    let mut stream = EventStream::open(&elsewhere, &url, None).await;
    assert_eq!(stream.next().await.name, "snapshot");
    for process in [&elsewhere, &browser] {
        opens_nothing(process, &url).await;
    }
    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let told = stream.next().await;
    assert_eq!(told.data["booking_id"], booking["id"]);
    // As a browser's page goes on that has a new ticket: where the last one ended.
    scene
        .cancel(booking["id"].as_str().unwrap(), "0.00")
        .await
        .expect(200);
    let url = ticket(&scene.patient, json!({})).await;
    let mut resumed = EventStream::open(&browser, &format!("{url}&last_event_id={}", told.id), None).await;
    assert_eq!(resumed.until_fact("BookingCancelled").await[0].name, "booking");

    let unused = ticket(&scene.patient, json!({})).await;
    scene
        .patient
        .client
        .post("/auth/logout", json!({}))
        .await
        .expect(200);
    stream.ends().await;
    resumed.ends().await;
    opens_nothing(&browser, &unused).await;
    drop((stream, resumed));
    second.stop().await;
    let log = std::fs::read_to_string(scene.platform.log(kit::platform::ALL)).unwrap();
    assert!(
        !log.is_empty() && !log.contains("totk_"),
        "a ticket stands in the log"
    );
    scene.finish().await;
}

#[tokio::test]
async fn a_ticket_is_for_one_stream_and_for_a_minute_and_opens_nothing_that_its_holder_may_not_see() {
    let scene = Scene::set().await;
    let browser = scene.platform.anonymous();
    let stranger = scene.platform.patient().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    let of_booking = json!({"booking_id": id});

    let url = ticket(&scene.patient, of_booking.clone()).await;
    let mut stream = EventStream::open(&browser, &url, Some(0)).await;
    stream.until_fact("BookingSecured").await;
    let foreign = ticket(&stranger, of_booking.clone()).await;
    let refused = EventStream::refused(&browser, &foreign, None).await;
    refused.expect_problem(404, "not_found");
    let url = ticket(&scene.admin, json!({})).await;
    EventStream::open(&browser, &url, Some(0)).await.next().await;

    // Shown at another stream it is used up, too.
    let url = ticket(&scene.patient, of_booking.clone()).await;
    let (_, query) = url.split_once('?').unwrap();
    opens_nothing(&browser, &format!("/api/v1/me/events?{query}")).await;
    opens_nothing(&browser, &url).await;
    opens_nothing(&browser, "/api/v1/me/events?ticket=totk_never-issued").await;
    let late = ticket(&scene.patient, json!({})).await;
    scene.platform.advance(61).await;
    opens_nothing(&browser, &late).await;

    let url = ticket(&scene.patient, json!({})).await;
    let both = EventStream::refused(&scene.patient.client, &url, None).await;
    assert_eq!(both.pointers(), ["/query/ticket"]);
    both.expect_problem(422, "invalid");
    let analyst = scene.platform.made_by(&scene.admin, "analyst").await;
    let refused = analyst.client.post("/auth/stream-tickets", json!({})).await;
    refused.expect_problem(403, "forbidden");
    drop(stream);
    scene.finish().await;
}
