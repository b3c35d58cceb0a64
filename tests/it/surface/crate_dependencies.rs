//! Who may know whom: the edges between crates, as cargo sees them, against the ones that are allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What each crate may depend on of the workspace. `tests` and `bench` judge from outside; `server` puts the crates together.
const MAY_DEPEND_ON: [(&str, &[&str]); 26] = [
    ("domain", &[]),
    // What took how long; it knows nobody.
    ("traces", &[]),
    // How often whom may do what; it knows nobody.
    ("rate-limits", &[]),
    ("event-store", &["traces"]),
    // What it proves must be provable without us.
    ("notary", &[]),
    ("audit", &["event-store", "notary"]),
    // What was copied is verified, and what was restored is granted its rights.
    ("backup", &["audit", "migrations", "notary"]),
    ("migrations", &[]),
    // Columns as the database has them: it knows no read model.
    ("exports", &[]),
    // Queries of the analysts' views, with filters in the words of the domain; files by the rules of exports.
    ("reports", &["domain", "exports"]),
    // What the log says, put into the queues of endpoints; who carries it is an adapter.
    ("webhooks", &["domain", "event-store"]),
    ("dev-stack", &["migrations"]),
    ("identity", &["domain"]),
    ("commands", &["domain", "event-store", "identity", "traces"]),
    // A witness is asked by an adapter, as a provider is, and a collector is sent spans by one.
    (
        "integrations",
        &[
            "audit",
            "commands",
            "domain",
            "event-store",
            "identity",
            "notary",
            "traces",
            "webhooks",
        ],
    ),
    ("projections", &["domain", "event-store"]),
    // Both sides of the books: read from the read models, written through use cases.
    (
        "reconciliation",
        &["commands", "domain", "event-store", "projections"],
    ),
    // Facts and instructions told together: sentences for both, read where both are stored.
    (
        "history",
        &["commands", "domain", "event-store", "identity", "projections"],
    ),
    (
        "api",
        &[
            "audit",
            "commands",
            "domain",
            "event-store",
            "exports",
            "history",
            "identity",
            "notary",
            "projections",
            "rate-limits",
            "reconciliation",
            "reports",
            "traces",
            "webhooks",
        ],
    ),
    (
        "server",
        &[
            "api",
            "audit",
            "backup",
            "commands",
            "dev-stack",
            "domain",
            "event-store",
            "exports",
            "history",
            "identity",
            "integrations",
            "migrations",
            "notary",
            "projections",
            // The default provider of `tot dev`, and of nothing else.
            "provider-sandbox",
            "rate-limits",
            "reconciliation",
            "reports",
            "traces",
            "webhooks",
        ],
    ),
    ("provider-sandbox", &[]),
    ("tests", &["dev-stack"]),
    (
        "bench",
        &["dev-stack", "domain", "event-store", "notary", "projections"],
    ),
    ("stock-peer", &[]),
    // Whatever strangers send is read here by those who read it.
    (
        "fuzz",
        &[
            "api",
            "commands",
            "dev-stack",
            "domain",
            "event-store",
            "identity",
            "integrations",
            "projections",
        ],
    ),
    ("libfuzzer", &["fuzz"]),
];

/// What a crate's own tests may use beside: real servers with the real tables, and providers to rehearse with.
const TESTS_MAY_DEPEND_ON: [&str; 3] = ["dev-stack", "migrations", "provider-sandbox"];

/// The crates that may hold a foreign library directly.
const HOLDERS: [(&str, &[&str]); 24] = [
    (
        "sqlx",
        &[
            "event-store",
            "audit",
            "backup",
            "exports",
            "reports",
            "webhooks",
            "projections",
            "identity",
            "migrations",
            "server",
            "dev-stack",
            "tests",
            "bench",
            "stock-peer",
        ],
    ),
    ("postgres-es", &["event-store", "stock-peer"]),
    ("redis", &["rate-limits"]),
    ("axum", &["api", "provider-sandbox", "stock-peer"]),
    ("hyper", &["api"]),
    ("tower", &["api", "fuzz"]),
    ("tower-http", &["api"]),
    (
        "reqwest",
        &["integrations", "provider-sandbox", "server", "tests"],
    ),
    ("async-nats", &["event-store", "tests"]),
    // Whoever ends TLS or begins it with a configuration of its own.
    ("rustls", &["api", "integrations", "rate-limits", "tests"]),
    ("tokio-rustls", &["api", "rate-limits", "tests"]),
    ("x509-cert", &["api"]),
    ("rcgen", &["dev-stack"]),
    ("jsonwebtoken", &["identity"]),
    ("argon2", &["identity"]),
    ("webauthn-rs", &["identity"]),
    ("ed25519-dalek", &["notary"]),
    ("parquet", &["exports"]),
    // Tests read what a collector is sent.
    ("opentelemetry-proto", &["traces", "tests"]),
    ("prost", &["traces", "tests"]),
    ("csv", &["exports"]),
    // Mail leaves by an adapter, and is read where it is rehearsed.
    ("lettre", &["integrations"]),
    ("mail-parser", &["provider-sandbox"]),
    ("clap", &["server", "dev-stack", "provider-sandbox", "bench"]),
];

/// What would let a decision reach for the world.
const NOT_IN_DOMAIN: [&str; 8] = [
    "tokio",
    "sqlx",
    "reqwest",
    "axum",
    "async-nats",
    "rand",
    "tracing",
    "jiff-sqlx",
];

#[test]
fn crates_know_only_whom_they_may() {
    let crates = crates();
    let allowed = BTreeMap::from(MAY_DEPEND_ON);
    let names: BTreeSet<&str> = crates.iter().map(|krate| krate.name.as_str()).collect();
    assert_eq!(
        names,
        allowed.keys().copied().collect(),
        "every crate has its row in MAY_DEPEND_ON"
    );
    for krate in &crates {
        for edge in krate.edges.iter().filter(|edge| names.contains(edge.to.as_str())) {
            let known = allowed[krate.name.as_str()].contains(&edge.to.as_str());
            let for_tests = edge.kind == "dev" && TESTS_MAY_DEPEND_ON.contains(&edge.to.as_str());
            assert!(
                known || for_tests,
                "{} may not know {} ({})",
                krate.name,
                edge.to,
                edge.kind
            );
        }
    }
}

#[test]
fn sql_http_and_nats_stay_in_their_crates() {
    let holders = BTreeMap::from(HOLDERS);
    for krate in crates() {
        for edge in &krate.edges {
            if let Some(allowed) = holders.get(edge.to.as_str()) {
                assert!(
                    allowed.contains(&krate.name.as_str()),
                    "{} may not hold {}",
                    krate.name,
                    edge.to
                );
            }
        }
    }
}

#[test]
fn decisions_cannot_reach_for_the_world() {
    let crates = crates();
    let domain = crates.iter().find(|krate| krate.name == "domain").unwrap();
    for edge in domain.edges.iter().filter(|edge| edge.kind != "dev") {
        assert!(
            !NOT_IN_DOMAIN.contains(&edge.to.as_str()),
            "domain may not depend on {}",
            edge.to
        );
    }
}

#[test]
fn crates_are_named_after_their_folders_and_share_versions_and_lints() {
    for krate in crates() {
        let manifest = Path::new(&krate.manifest);
        let folder = manifest.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert!(
            krate.name == folder || krate.name == format!("{folder}-peer"),
            "{} lives in {folder}",
            krate.name
        );
        assert_eq!(
            (krate.version.as_str(), krate.publish),
            ("0.0.0", false),
            "{}",
            krate.name
        );
        let text = std::fs::read_to_string(manifest).unwrap();
        assert!(
            !text.contains("version = \""),
            "{}: versions are written in the workspace",
            krate.name
        );
        assert!(text.contains("[lints"), "{} has lints", krate.name);
    }
}

struct CrateInfo {
    name: String,
    version: String,
    publish: bool,
    manifest: String,
    edges: Vec<Edge>,
}

struct Edge {
    to: String,
    kind: String,
}

/// The workspace's crates with their direct dependencies.
fn crates() -> Vec<CrateInfo> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("normal").to_owned();
    let krate = |package: &Value| CrateInfo {
        name: text(&package["name"]),
        version: text(&package["version"]),
        publish: package["publish"]
            .as_array()
            .is_none_or(|registries| !registries.is_empty()),
        manifest: text(&package["manifest_path"]),
        edges: package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| Edge {
                to: text(&edge["name"]),
                kind: text(&edge["kind"]),
            })
            .collect(),
    };
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(krate)
        .collect()
}
