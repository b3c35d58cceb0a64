//! Bodies and questions: each field against each rule, all faults at once, each at its pointer.

mod digest;
mod ends;
mod head;
mod money;
mod payouts;
mod people;
mod questions;
mod shape;
mod visits;

use serde_json::{Value, json};

use crate::extract::body::{self, FromBody};
use crate::problem::{Code, Problem};

const ID: &str = "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69";

/// The faults of a body as pointers with codes, in the order of pointers.
fn faults<B: FromBody>(body: &str) -> Vec<String> {
    match body::read::<B>(body.as_bytes(), Vec::new()) {
        Ok(_) => Vec::new(),
        Err(problem) => listed(&problem),
    }
}

fn listed(problem: &Problem) -> Vec<String> {
    assert_eq!(problem.code(), Code::Invalid, "{problem:?}");
    let mut faults: Vec<String> = problem
        .errors()
        .iter()
        .map(|fault| format!("{} {}", fault.pointer, fault.code))
        .collect();
    faults.sort();
    faults
}

/// A body that is fine, changed in one field at a time; each change must be that field's fault and no other.
struct Case {
    good: Value,
    /// Field, value (`None` takes the field away), the code it must be refused with.
    bad: Vec<(&'static str, Option<Value>, &'static str)>,
    /// Field and another value that is fine.
    fine: Vec<(&'static str, Option<Value>)>,
}

fn with(good: &Value, field: &str, value: Option<&Value>) -> String {
    let mut changed = good.as_object().unwrap().clone();
    match value {
        Some(value) => changed.insert(field.to_owned(), value.clone()),
        None => changed.remove(field),
    };
    Value::Object(changed).to_string()
}

fn check<B: FromBody>(case: Case) {
    assert_eq!(
        faults::<B>(&case.good.to_string()),
        Vec::<String>::new(),
        "the good body is refused"
    );
    for (field, value, code) in &case.bad {
        let body = with(&case.good, field, value.as_ref());
        assert_eq!(faults::<B>(&body), vec![format!("/{field} {code}")], "{body}");
    }
    for (field, value) in &case.fine {
        let body = with(&case.good, field, value.as_ref());
        assert_eq!(faults::<B>(&body), Vec::<String>::new(), "{body}");
    }
    let body = with(&case.good, "colour", Some(&json!("red")));
    assert_eq!(faults::<B>(&body), ["/colour unknown_field"]);
}

fn some(value: Value) -> Option<Value> {
    Some(value)
}

/// The ways an amount can be wrong.
fn wrong_amounts(field: &'static str) -> Vec<(&'static str, Option<Value>, &'static str)> {
    vec![
        (field, None, "required"),
        (field, some(Value::Null), "required"),
        (field, some(json!(0)), "not_positive"),
        (field, some(json!("0.00")), "not_positive"),
        (field, some(json!(-5)), "not_positive"),
        (field, some(json!("1500.001")), "too_precise"),
        (field, some(json!(1500.001)), "too_precise"),
        (field, some(json!("10000000.01")), "too_large"),
        (field, some(json!("99999999999999999999")), "too_large"),
        (field, some(json!(1e20)), "not_decimal"),
        (field, some(json!("1 500")), "not_decimal"),
        (field, some(json!("NaN")), "not_decimal"),
        (field, some(json!("")), "not_decimal"),
        (field, some(json!(true)), "not_decimal"),
        (field, some(json!({"amount": 1})), "not_decimal"),
    ]
}
