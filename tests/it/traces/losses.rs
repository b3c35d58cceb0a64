//! A collector that is away, or does not answer, costs spans and nothing else; without one there is nothing to lose.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kit::client::Client;
use kit::collector::Collector;
use kit::platform::{ALL, Platform};
use kit::scene::Scene;
use kit::wait::until;
use serde_json::Value;
use tokio::net::TcpListener;

/// How long an orderly end may take that a collector has no part in.
const END_WITHIN: Duration = Duration::from_secs(20);

/// A port that nobody listens at.
async fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

/// A platform whose spans go to `endpoint`, and where its metrics are.
async fn telling(endpoint: &str) -> (Platform, Client) {
    let mut platform = Platform::prepare().await;
    let metrics = SocketAddr::from(([127, 0, 0, 1], free_port().await));
    platform.set("TOT_METRICS_LISTEN", &metrics.to_string());
    platform.set("TOT_OTLP_ENDPOINT", endpoint);
    platform.serve(ALL).await;
    (platform, Client::anonymous(&format!("http://{metrics}")))
}

/// The value of a metric, its labels written out; 0 while it is not there.
async fn measured(operator: &Client, name: &str) -> u64 {
    let shown = operator.fetch("/metrics").await.text;
    let value = shown
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0, |value| value.parse().unwrap())
}

/// The lines of a log that say this.
fn said(log: &str, words: &str) -> Vec<Value> {
    log.lines()
        .filter(|line| line.contains(words))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn while_the_collector_is_away_bookings_go_on_and_lost_spans_are_counted_and_told_once() {
    const LOST: &str = "tot_spans_dropped_total{reason=\"not_taken\"}";
    let port = free_port().await;
    let (platform, operator) = telling(&format!("http://127.0.0.1:{port}")).await;
    let scene = Scene::on(platform).await;
    scene
        .platform
        .credit(&scene.admin, &scene.patient, "20000.00")
        .await;
    let booking = scene.booked_and_paid(Scene::urgent()).await;
    until("spans to be lost", || async {
        (measured(&operator, LOST).await > 0).then_some(())
    })
    .await;
    // More are lost, and nobody says so again.
    let lost = measured(&operator, LOST).await;
    scene.assign(&booking).await.expect(200);
    until("more spans to be lost", || async {
        (measured(&operator, LOST).await > lost).then_some(())
    })
    .await;
    let log = std::fs::read_to_string(scene.platform.log(ALL)).unwrap();
    let warnings = said(&log, "Spans are lost");
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert_eq!(warnings[0]["level"], "WARN");
    let help = operator.fetch("/metrics").await.text;
    assert!(
        help.contains("# HELP tot_spans_dropped_total Spans that no collector will have"),
        "{help}"
    );

    let collector = Collector::at(port).await;
    scene.assign(&booking).await; // Refused or not, it is a request.
    let span = collector
        .until("spans to be taken again", |span| span.name.contains("/assign"))
        .await;
    assert_eq!(span.says("booking.id"), booking);
    until("the sent spans to be counted", || async {
        (measured(&operator, "tot_spans_sent_total").await > 0).then_some(())
    })
    .await;
    let again = until("it to be said that all is well", || async {
        let log = std::fs::read_to_string(scene.platform.log(ALL)).unwrap();
        Some(said(&log, "takes all spans again").len()).filter(|lines| *lines > 0)
    })
    .await;
    assert_eq!(again, 1);
    scene.finish().await;
}

#[tokio::test]
async fn a_collector_that_never_answers_keeps_no_process_from_ending() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let (platform, _) = telling(&endpoint).await;
    let scene = Scene::on(platform).await;
    scene.platform.drain().await;
    let mut platform = scene.platform;
    let began = Instant::now();
    platform.halt().await;
    assert!(began.elapsed() < END_WITHIN, "it took {:?}", began.elapsed());
    let log = std::fs::read_to_string(platform.log(ALL)).unwrap();
    assert_eq!(said(&log, "did not take the last spans").len(), 1, "{log}");
    drop(silent);
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_and_shows_no_key() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_OTLP_ENDPOINT", "collector:4318");
    platform.set("TOT_OTLP_HEADERS", "Bearer pa55w0rd");
    platform.set("TOT_OTLP_SAMPLE_RATIO", "5%");
    let output = platform.try_tot(&["serve"], "").await;
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    for variable in ["TOT_OTLP_ENDPOINT", "TOT_OTLP_HEADERS", "TOT_OTLP_SAMPLE_RATIO"] {
        assert!(
            told.contains(&format!("{variable} is wrong")),
            "{variable} in {told}"
        );
    }
    assert!(!told.contains("pa55w0rd"), "{told}");
    platform.stop().await;
}
