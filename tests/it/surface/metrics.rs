//! Every metric is described, and what is described exists.

use std::collections::BTreeSet;

use super::source_layout::sources;

/// Crates that measure something.
const MEASURED: [&str; 11] = [
    "api",
    "audit",
    "commands",
    "event-store",
    "identity",
    "integrations",
    "rate-limits",
    "reconciliation",
    "server",
    "traces",
    "webhooks",
];
const DESCRIPTIONS: &str = "server/src/telemetry/metrics_help.rs";

#[test]
fn every_metric_is_described_and_what_is_described_exists() {
    let (mut measured, described) = (BTreeSet::new(), described());
    for (path, text) in sources() {
        let path = path.to_string_lossy().into_owned();
        let names = text.split('"').filter(|word| is_metric(word)).map(str::to_owned);
        if path.ends_with(DESCRIPTIONS) {
            continue;
        }
        if MEASURED.iter().any(|name| path.contains(&format!("{name}/src/"))) && !path.contains("tests") {
            measured.extend(names);
        }
    }
    assert!(described.len() > 30, "{described:?}");
    assert_eq!(measured, described);
}

/// The metrics that `/metrics` explains.
pub fn described() -> BTreeSet<String> {
    let (_, text) = sources()
        .into_iter()
        .find(|(path, _)| path.ends_with(DESCRIPTIONS))
        .unwrap();
    text.split('"')
        .filter(|word| is_metric(word))
        .map(str::to_owned)
        .collect()
}

/// Names of databases and their roles are shorter.
fn is_metric(word: &str) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    word.starts_with("tot_") && plain && word.matches('_').count() >= 2
}
