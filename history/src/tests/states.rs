//! The state after each fact, and what differs between two.

use super::*;
use crate::chain::Chain;
use crate::state::{Change, changes};

#[test]
fn given_a_stream_from_its_first_fact_on_its_state_is_told_after_each() {
    let chain = Chain::of(booking_id(), paid_visit(), vec![], false);
    let states: Vec<Option<&str>> = chain
        .steps
        .iter()
        .map(|step| step.state.as_ref().and_then(|state| state["state"].as_str()))
        .collect();
    // Of the doctor's day only the fourth fact is here, so what it came to cannot be told.
    let expected = [
        Some("requested"),
        None,
        Some("requested"),
        Some("pending"),
        Some("authorised"),
        Some("secured"),
    ];
    assert_eq!(states, expected);
}

#[test]
fn given_a_stream_of_which_a_fact_is_missing_no_state_is_made_up() {
    let mut facts = paid_visit();
    facts.remove(2);
    let chain = Chain::of(booking_id(), facts, vec![], false);
    assert_eq!(chain.steps.last().unwrap().state, None);
    assert_eq!(chain.booking_state(Some(1)).unwrap()["state"], "requested");
}

#[test]
fn when_money_secures_the_booking_what_changed_is_named() {
    let chain = Chain::of(booking_id(), paid_visit(), vec![], false);
    let secured = chain.steps.last().unwrap();
    let paths: Vec<&str> = secured
        .changes
        .iter()
        .map(|change| change.path.as_str())
        .collect();
    let changed = ["/secured_by", "/state", "/steps/secured_at", "/unserved_since"];
    assert_eq!(paths, changed);
}

#[test]
fn differences_are_added_removed_and_replaced_fields() {
    let before = json!({"a": 1, "b": {"c": [1], "d/e": 2}, "gone": true});
    let after = json!({"a": 1, "b": {"c": [1, 2], "d/e": 3}, "new": null});
    let change = |op, path: &str, from, value| Change {
        op,
        path: path.to_owned(),
        from,
        value,
    };
    assert_eq!(
        changes(&before, &after),
        [
            change("replace", "/b/c", Some(json!([1])), Some(json!([1, 2]))),
            change("replace", "/b/d~1e", Some(json!(2)), Some(json!(3))),
            change("remove", "/gone", Some(json!(true)), None),
            change("add", "/new", None, Some(Value::Null)),
        ]
    );
    assert_eq!(changes(&before, &before), []);
}
