//! Spans of four processes join into trees: from HTTP through command and append to NATS, read models, intents and provider.

use std::collections::{BTreeMap, BTreeSet};

use kit::collector::{Collector, SeenSpan};
use kit::markers::carried;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::money::provider_fixture::{FixtureOptions, ProviderFixture, id_of};

/// The traces of whoever books and pays, and the spans of theirs in which they do.
const BOOKS: (&str, &str) = ("b00c0000000000000000000000000001", "b00c000000000001");
const PAYS: (&str, &str) = ("9a750000000000000000000000000002", "9a75000000000002");
/// The trace of somebody who does not want to be recorded.
const UNSAMPLED: &str = "0ff00000000000000000000000000003";

/// What no span may say; what is personal in requests, and what somebody typed where it does not belong.
const MARKERS: [&str; 6] = [
    "Zqstreet 99",
    "zqsymptom",
    "zqnotes",
    "zqquerystring",
    "zqpath",
    "55.771177",
];

#[tokio::test]
async fn spans_of_a_booking_join_into_trees_over_all_processes_and_say_nothing_personal() {
    let collector = Collector::start().await;
    let fixture = ProviderFixture::with(FixtureOptions {
        variables: vec![
            ("TOT_OTLP_ENDPOINT", collector.url()),
            ("TOT_OTLP_HEADERS", "x-api-key=hush%2C%20hush".to_owned()),
            ("TOT_OTLP_SERVICE_NAME", "tot-test".to_owned()),
        ],
        private: true,
        split: true,
        ..FixtureOptions::default()
    })
    .await;
    let (booking, payment) = lived(&fixture).await;
    let carried = carried(fixture.scene.platform.nats_url()).await;
    let email = fixture.scene.patient.email.clone();
    // The processes send what is left before they end.
    fixture.finish().await;

    let spans = collector.spans();
    let publish = booked(&spans, &booking);
    let header = format!("00-{}-{}-01", BOOKS.0, publish.id);
    assert!(carried.contains(&header), "no message says {header}");
    paid(&spans, &booking, id_of(&payment));
    noticed(&spans, &booking);
    let within = |span: &&SeenSpan| span.trace_id == UNSAMPLED && span.kind == SpanKind::Server;
    assert_eq!(
        spans.iter().filter(within).count(),
        0,
        "nobody wanted it recorded"
    );
    nobody_is_an_orphan(&spans);

    let roles: BTreeSet<&str> = spans
        .iter()
        .map(|span| span.resource["tot.roles"].as_str())
        .collect();
    assert_eq!(roles, BTreeSet::from(["api", "intents", "relay", "workers"]));
    assert!(
        spans
            .iter()
            .all(|span| span.resource["service.name"] == "tot-test")
    );
    assert!(
        spans
            .iter()
            .all(|span| span.times.0 <= span.times.1 && span.times.0 > 0)
    );
    for (head, body) in collector.requests() {
        assert!(head.contains("x-api-key: hush, hush\r\n"), "{head}");
        let text = String::from_utf8_lossy(&body);
        for marker in MARKERS.iter().copied().chain([email.as_str()]) {
            assert!(!text.contains(marker), "{marker} was sent to the collector");
        }
    }
}

/// Books, pays by card and is visited, with markers wherever one may type; answers booking and payment.
async fn lived(fixture: &ProviderFixture) -> (String, Value) {
    let client = &fixture.scene.patient.client;
    let send = async |(trace, span): (&str, &str), flags: &str, path: &str, body: Value| {
        let parent = format!("00-{trace}-{span}-{flags}");
        client
            .send(
                Method::POST,
                path,
                Some(body.to_string()),
                &[("traceparent", &parent)],
            )
            .await
            .expect(200)
    };
    let request = json!({
        "call_type": "urgent", "amount": "1500.00", "address": "Zqstreet 99", "symptoms": "zqsymptom", "notes": "zqnotes",
        "latitude": 55.771177, "longitude": "37.661166",
    });
    let booking = send(BOOKS, "01", "/bookings", request.clone()).await;
    let booking = booking["id"].as_str().unwrap().to_owned();
    send((UNSAMPLED, BOOKS.1), "00", "/bookings", request).await;
    let method = json!({"booking_id": booking, "payment_method": "yookassa", "allow_overlap": true});
    let payment = send(PAYS, "01", "/payments", method).await;
    client
        .get("/bookings?status=zqquerystring")
        .await
        .expect_problem(422, "invalid");
    client.get("/bookings/zqpath").await;
    client.get("/nowhere/zqpath").await;
    fixture.pay_by_card(&payment).await;
    fixture.until_secured(&booking).await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.until(&payment, "completed").await;
    fixture.drain().await;
    (booking, payment)
}

/// The trace of the request that booked: the caller's, with one way down to every read model.
fn booked(spans: &[SeenSpan], booking: &str) -> SeenSpan {
    let request = one(spans, BOOKS.0, |span| span.kind == SpanKind::Server);
    assert_eq!(request.name, "POST /api/v1/bookings");
    assert_eq!(request.parent, BOOKS.1, "the caller's span goes on");
    assert_eq!(request.says("http.route"), "/api/v1/bookings");
    assert_eq!(request.says("http.request.method"), "POST");
    assert_eq!(request.says("http.response.status_code"), "200");
    assert_eq!(request.says("booking.id"), booking);
    let command = below(spans, request, "command");
    assert_eq!(command.says("tot.outcome"), "committed");
    assert_eq!(command.says("tot.actor.role"), "patient");
    let append = below(spans, command, "append");
    assert_eq!(append.says("tot.events"), "BookingRequested");
    assert_eq!(append.says("booking.id"), booking);
    let publish = below(spans, append, "publish");
    assert_eq!(publish.kind, SpanKind::Producer);
    assert_eq!(publish.says("tot.partition_key"), booking);
    assert_eq!(publish.resource["tot.roles"], "relay");
    let applied: Vec<&SeenSpan> = of(spans, BOOKS.0)
        .filter(|span| span.parent == append.id && span.name.starts_with("apply "))
        .collect();
    let consumers: BTreeSet<&str> = applied.iter().map(|span| span.says("tot.consumer")).collect();
    assert!(
        consumers.len() > 5 && consumers.contains("processes"),
        "{consumers:?}"
    );
    assert_eq!(
        consumers.len(),
        applied.len(),
        "each takes the fact in once: {applied:#?}"
    );
    for span in applied {
        assert_eq!(span.kind, SpanKind::Consumer, "{span:?}");
        assert_eq!(span.resource["tot.roles"], "workers");
    }
    publish.clone()
}

/// The trace of the request that paid: the intent it led to, carried out by another process, and the provider.
fn paid(spans: &[SeenSpan], booking: &str, payment: &str) {
    let request = one(spans, PAYS.0, |span| span.kind == SpanKind::Server);
    assert_eq!(request.says("payment.id"), payment);
    let command = below(spans, request, "command");
    let append = below(spans, command, "append");
    assert!(append.says("tot.events").contains("PaymentStarted"), "{append:?}");
    let intent = one(spans, PAYS.0, |span| span.says("intent.kind") == "call_provider");
    assert_eq!((&intent.parent, intent.kind), (&append.id, SpanKind::Consumer));
    assert_eq!(intent.says("tot.outcome"), "done");
    assert_eq!(
        (intent.says("booking.id"), intent.says("payment.id")),
        (booking, payment)
    );
    assert_eq!(intent.resource["tot.roles"], "intents");
    let call = below(spans, intent, "provider call");
    assert_eq!(call.kind, SpanKind::Client);
    assert_eq!(
        (call.says("tot.provider"), call.says("tot.operation")),
        ("yookassa", "create")
    );
    assert_eq!(call.says("http.response.status_code"), "200");
    // What the intent records is a command of its own, and what comes of that is found below it.
    let recorded: Vec<&SeenSpan> = of(spans, PAYS.0)
        .filter(|span| span.parent == intent.id && span.says("tot.outcome") == "committed")
        .collect();
    assert!(!recorded.is_empty());
    for command in recorded {
        let append = below(spans, command, "append");
        below(spans, append, "apply processes");
        below(spans, append, "publish");
    }
}

/// A notice begins a trace of its own, from the provider's request to the booking that it secures.
fn noticed(spans: &[SeenSpan], booking: &str) {
    let secured = spans
        .iter()
        .find(|span| span.says("intent.kind") == "money_arrived" && span.says("booking.id") == booking)
        .unwrap_or_else(|| panic!("nobody was told that money arrived"));
    let trace = &secured.trace_id;
    let kept = one(spans, trace, |span| span.name == "keep notice");
    let request = one(spans, trace, |span| span.kind == SpanKind::Server);
    assert_eq!(request.says("http.route"), "/api/v1/webhooks/yookassa");
    assert_eq!(kept.parent, request.id);
    assert_eq!(secured.parent, kept.id);
    let followed = of(spans, trace)
        .filter(|span| span.parent == kept.id)
        .find(|span| span.says("intent.kind") == "follow_notice");
    let followed = followed.unwrap_or_else(|| panic!("nobody followed the notice"));
    assert_eq!(
        followed.says("booking.id"),
        booking,
        "known as soon as the payment is read"
    );
}

/// In every trace that began with a request all parents are there, but for those of callers.
fn nobody_is_an_orphan(spans: &[SeenSpan]) {
    let mut traces: BTreeMap<&str, Vec<&SeenSpan>> = BTreeMap::new();
    for span in spans {
        traces.entry(&span.trace_id).or_default().push(span);
    }
    for (trace, spans) in traces {
        if !spans.iter().any(|span| span.kind == SpanKind::Server) {
            continue; // It began on the command line, which sends no spans.
        }
        let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
        assert_eq!(
            ids.len(),
            spans.len(),
            "two spans of {trace} have one id: {spans:#?}"
        );
        for span in &spans {
            let is_callers = span.kind == SpanKind::Server;
            let is_there = ids.contains(span.parent.as_str());
            assert!(is_callers || is_there, "{span:?} has no parent in {spans:#?}");
        }
    }
}

fn of<'a>(spans: &'a [SeenSpan], trace: &str) -> impl Iterator<Item = &'a SeenSpan> {
    spans.iter().filter(move |span| span.trace_id == trace)
}

/// The one span of a trace that fits.
fn one<'a>(spans: &'a [SeenSpan], trace: &str, fits: impl Fn(&SeenSpan) -> bool) -> &'a SeenSpan {
    let found: Vec<&SeenSpan> = of(spans, trace).filter(|span| fits(span)).collect();
    let [one] = found.as_slice() else {
        let all: Vec<&SeenSpan> = of(spans, trace).collect();
        panic!("{} spans of {trace} fit: {found:#?}\nof {all:#?}", found.len());
    };
    one
}

/// The one span of this name below another.
fn below<'a>(spans: &'a [SeenSpan], parent: &SeenSpan, name: &str) -> &'a SeenSpan {
    one(spans, &parent.trace_id, |span| {
        span.parent == parent.id && span.name == name
    })
}
