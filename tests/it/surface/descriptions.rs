//! What is served for each audience, read as one description.

use kit::client::Client;
use serde_json::{Map, Value};

/// Where the descriptions are served, for patients' apps, doctors, clinics, whoever has an account, admins, operators, analysts and payment
/// providers.
pub const AUDIENCES: [&str; 8] = [
    "openapi.json",
    "openapi-doctor.json",
    "openapi-clinic.json",
    "openapi-account.json",
    "openapi-admin.json",
    "openapi-operator.json",
    "openapi-analyst.json",
    "openapi-webhooks.json",
];

/// Every operation that is described to somebody, with all that they refer to.
pub async fn everything(anybody: &Client) -> Value {
    joined(anybody, &AUDIENCES).await
}

/// What is described to these audiences.
pub async fn joined(anybody: &Client, audiences: &[&str]) -> Value {
    let mut all = Value::Null;
    for audience in audiences {
        let answer = anybody.fetch(&format!("/api/v1/{audience}")).await;
        assert_eq!(answer.header("content-type"), "application/json");
        let described = answer.expect(200);
        assert!(described["openapi"].as_str().unwrap().starts_with("3.1."));
        match &mut all {
            Value::Null => all = described,
            all => join(all, &described),
        }
    }
    all
}

/// Adds the paths and components of one description to those of another; what both have is the same.
fn join(all: &mut Value, other: &Value) {
    // One path may have an operation for patients and another for doctors.
    for (path, operations) in members(&other["paths"]) {
        add(&mut all["paths"][path], operations);
    }
    for (kind, components) in members(&other["components"]) {
        add(&mut all["components"][kind], components);
    }
}

fn add(all: &mut Value, more: &Value) {
    if all.is_null() {
        *all = Value::Object(Map::new());
    }
    for (name, part) in members(more) {
        assert!(
            all[name].is_null() || all[name] == *part,
            "{name} is described in two ways"
        );
        all[name] = part.clone();
    }
}

fn members(part: &Value) -> &Map<String, Value> {
    part.as_object().unwrap()
}
