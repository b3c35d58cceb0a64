//! Where spans are sent: nowhere unless a collector is named, and never half.

use super::*;

#[test]
fn spans_are_sent_nowhere_unless_a_collector_is_named() {
    assert!(read(&complete()).unwrap().otlp.is_none());
    let shares = complete()
        .with("TOT_OTLP_SAMPLE_RATIO", "0.5")
        .with("TOT_OTLP_SERVICE_NAME", "tot-staging");
    assert!(read(&shares).unwrap().otlp.is_none());
    let otlp = read(&complete().with("TOT_OTLP_ENDPOINT", "http://collector:4318"));
    let otlp = otlp.unwrap().otlp.unwrap();
    assert_eq!(otlp.endpoint.as_str(), "http://collector:4318/");
    assert_eq!((otlp.service_name.as_str(), otlp.headers.len()), ("tot", 0));
    assert_eq!(otlp.ratio, traces::SampleRatio::ALL);
}

#[test]
fn headers_are_pairs_and_shown_to_nobody() {
    let set = complete()
        .with("TOT_OTLP_ENDPOINT", "https://tempo.example/otlp")
        .with("TOT_OTLP_SERVICE_NAME", "tot-staging")
        .with("TOT_OTLP_SAMPLE_RATIO", "0.05")
        .with(
            "TOT_OTLP_HEADERS",
            "Authorization=Basic%20aHVzaA==, x-scope-orgid=clinic",
        );
    let otlp = read(&set).unwrap().otlp.unwrap();
    let pairs: Vec<(&str, &str)> = otlp
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose_secret()))
        .collect();
    assert_eq!(
        pairs,
        [("authorization", "Basic aHVzaA=="), ("x-scope-orgid", "clinic")]
    );
    assert_eq!(otlp.service_name, "tot-staging");
    assert_eq!(Some(otlp.ratio), traces::SampleRatio::parse("0.05"));
    assert!(!format!("{otlp:?}").contains("aHVzaA"), "{otlp:?}");
}

#[test]
fn headers_without_a_collector_and_values_that_cannot_be_are_named() {
    assert_eq!(
        named(&complete().with("TOT_OTLP_HEADERS", "a=b")),
        ["TOT_OTLP_ENDPOINT"]
    );
    for wrong in [
        "collector:4318",
        "grpc://collector:4317",
        "http://user:hush@collector:4318",
        "http://collector:4318?token=hush",
    ] {
        let faults = read(&complete().with("TOT_OTLP_ENDPOINT", wrong)).unwrap_err();
        let said = faults.to_string();
        assert!(said.contains("TOT_OTLP_ENDPOINT is wrong"), "{said}");
        assert!(!said.contains("hush"), "{said}");
    }
    let collector = complete().with("TOT_OTLP_ENDPOINT", "http://collector:4318");
    for wrong in ["hush", "a b=hush", "=hush", "a=", "a=hush,", "a=%0Ahush", "a=%ff"] {
        assert_eq!(
            named(&collector.clone().with("TOT_OTLP_HEADERS", wrong)),
            ["TOT_OTLP_HEADERS"],
            "{wrong}"
        );
    }
    for (variable, wrong) in [
        ("TOT_OTLP_SAMPLE_RATIO", "1.5"),
        ("TOT_OTLP_SERVICE_NAME", "two\nlines"),
    ] {
        assert_eq!(
            named(&collector.clone().with(variable, wrong)),
            [variable],
            "{wrong}"
        );
    }
}
