//! What clients were promised still holds, or the changes that break it are told: this description against the last landed one.

mod compare;
mod mutations;
mod notes;
mod schema;
mod shape;

use serde_json::Value;

use super::description::{BLESS, description};
use crate::version::API_VERSION;

/// The description that landed last, without its prose.
const LANDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.landed.json");
/// Where broken promises are told.
const CHANGES: &str = include_str!("../../../../docs/CHANGES.md");

fn landed() -> Value {
    serde_json::from_str(&std::fs::read_to_string(LANDED).unwrap()).unwrap()
}

#[test]
fn a_change_that_can_break_a_client_is_told_under_a_new_version() {
    let (landed, present) = (landed(), description());
    let found = compare::breaking(&landed, &present);
    let missing = notes::missing(&found, CHANGES, API_VERSION);
    let notes = missing
        .iter()
        .map(|breaking| format!("- **Breaking**: {breaking}: what to do instead.\n"));
    let notes: String = notes.collect();
    assert!(
        notes.is_empty(),
        "these can break clients; take them back, or tell them in docs/CHANGES.md, below a heading with `{API_VERSION}`:\n\n{notes}"
    );
    assert!(
        found.is_empty() || landed["info"]["version"] != API_VERSION,
        "a contract that breaks another one is not of the same version: raise API_VERSION"
    );
}

/// Set together with the description's own, when a version has landed: see `docs/VERSIONING.md`.
#[test]
fn the_landed_description_can_be_set_to_the_present_one() {
    let mut present = description();
    shape::without_prose(&mut present, false);
    if std::env::var_os(BLESS).is_some_and(|word| word == "landed") {
        let mut text = serde_json::to_string_pretty(&present).unwrap();
        text.push('\n');
        std::fs::write(LANDED, text).unwrap();
    }
    // Prose is no promise: leaving it out changes nothing.
    assert_eq!(
        compare::breaking(&description(), &present),
        compare::breaking(&present, &description())
    );
    assert!(compare::breaking(&description(), &present).is_empty());
}
