//! One booking's id finds its whole life in the logs, and the trace of a request what came of it.

use std::collections::BTreeSet;

use kit::platform::ROLES;
use reqwest::Method;
use serde_json::{Value, json};

use crate::money::provider_fixture::{FixtureOptions, ProviderFixture, id_of};

/// The trace of whoever pays.
const PAYS: &str = "9a750000000000000000000000000004";

#[tokio::test]
async fn the_whole_life_of_a_booking_is_found_in_the_logs_by_its_id_and_what_came_of_a_request_by_its_trace()
{
    let fixture = ProviderFixture::with(FixtureOptions {
        split: true,
        ..FixtureOptions::default()
    })
    .await;
    let client = &fixture.scene.patient.client;
    let booking = fixture.book(kit::scene::Scene::urgent()).await;
    let method = json!({"booking_id": booking, "payment_method": "yookassa", "allow_overlap": true});
    let parent = format!("00-{PAYS}-9a75000000000004-01");
    let payment = client
        .send(
            Method::POST,
            "/payments",
            Some(method.to_string()),
            &[("traceparent", &parent)],
        )
        .await
        .expect(200);
    fixture.pay_by_card(&payment).await;
    fixture.until_secured(&booking).await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.until(&payment, "completed").await;
    fixture.drain().await;
    let logs = ROLES.map(|role| fixture.scene.platform.log(role));
    let lines: Vec<Value> = logs
        .iter()
        .flat_map(|log| {
            let text = std::fs::read_to_string(log).unwrap();
            text.lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect::<Vec<Value>>()
        })
        .collect();
    fixture.finish().await;

    let of_booking: Vec<&Value> = lines
        .iter()
        .filter(|line| line["booking.id"] == booking.as_str())
        .collect();
    let told = of_booking.iter().copied();
    let requests: BTreeSet<&str> = told
        .clone()
        .filter_map(|line| line["http.route"].as_str())
        .collect();
    for route in [
        "/api/v1/bookings",
        "/api/v1/bookings/{id}",
        "/api/v1/bookings/{id}/assign",
        "/api/v1/bookings/{id}/depart",
        "/api/v1/bookings/{id}/start",
        "/api/v1/bookings/{id}/complete",
        "/api/v1/payments",
        "/api/v1/payments/{id}",
    ] {
        assert!(requests.contains(route), "{route} is not in {requests:?}");
    }
    let carried_out: BTreeSet<&str> = told
        .clone()
        .filter_map(|line| line["intent.kind"].as_str())
        .collect();
    for kind in [
        "call_provider",
        "follow_notice",
        "money_arrived",
        "settle_booking",
        "earn_visit",
    ] {
        assert!(carried_out.contains(kind), "{kind} is not in {carried_out:?}");
    }
    let calls: BTreeSet<&str> = told
        .clone()
        .filter_map(|line| line["operation"].as_str())
        .collect();
    for operation in ["create", "capture"] {
        assert!(calls.contains(operation), "{operation} is not in {calls:?}");
    }
    for line in told {
        assert!(line["trace.id"].is_string(), "no trace: {line}");
    }
    // A payment is named together with its booking, wherever it is named in a line about its work.
    let alone = lines
        .iter()
        .find(|line| line["payment.id"] == id_of(&payment) && line["booking.id"] != booking.as_str());
    assert!(alone.is_none(), "{alone:?}");

    let of_trace: Vec<&Value> = lines.iter().filter(|line| line["trace.id"] == PAYS).collect();
    let said = |name: &str, value: &str| of_trace.iter().any(|line| line[name] == value);
    assert!(said("http.route", "/api/v1/payments"), "{of_trace:#?}");
    assert!(said("intent.kind", "call_provider"), "{of_trace:#?}");
    assert!(said("operation", "create"), "{of_trace:#?}");
}
