//! The comparison itself, judged: each way of breaking a promise is found where it is, and what breaks nobody is not.

use serde_json::{Value, json};

use super::compare::breaking;
use crate::tests::description::description;

/// A small description with one of everything.
fn small() -> Value {
    serde_json::from_str(include_str!("small.json")).unwrap()
}

const GET: &str = "/paths/~1visits/get";
const POST: &str = "/paths/~1visits/post";
const VISIT: &str = "/components/schemas/Visit";
const BODY: &str = "/components/schemas/VisitBody";

/// The description with the value at a pointer replaced, or taken out.
fn with(at: &str, value: Option<Value>) -> Value {
    let mut changed = small();
    let (parent, name) = at.rsplit_once('/').unwrap();
    let name = &name.replace("~1", "/");
    let parent = changed
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("nothing at {at}"));
    match (parent, value) {
        (Value::Object(fields), Some(value)) => drop(fields.insert(name.to_owned(), value)),
        (Value::Object(fields), None) => drop(fields.remove(name.as_str()).unwrap()),
        (Value::Array(items), Some(value)) => items.insert(name.parse().unwrap(), value),
        (Value::Array(items), None) => drop(items.remove(name.parse().unwrap())),
        (other, _) => panic!("{other} has no parts"),
    }
    changed
}

fn found(at: &str, value: Option<Value>) -> Vec<String> {
    let found = breaking(&small(), &with(at, value));
    found.iter().map(ToString::to_string).collect()
}

/// Where the small description is changed, what to, and what is found.
type Case = (String, Option<Value>, &'static str);

#[test]
fn every_way_of_breaking_a_promise_is_found() {
    let cases = [
        of_operations(),
        of_parameters(),
        of_answered_fields(),
        of_bodies(),
    ];
    for (at, value, told) in cases.into_iter().flatten() {
        let found = found(&at, value);
        assert!(
            found.iter().any(|breaking| breaking == told),
            "{at}: {found:?}, not {told}"
        );
    }
}

/// Operations that are gone or closed, answers that are gone.
fn of_operations() -> Vec<Case> {
    vec![
        (GET.to_owned(), None, "`GET /visits` is gone"),
        ("/paths/~1visits".to_owned(), None, "`POST /visits` is gone"),
        (
            format!("{GET}/security"),
            Some(json!([{"bearer": []}])),
            "`GET /visits` needs a token now",
        ),
        (
            format!("{GET}/responses/200"),
            None,
            "`GET /visits 200` is no longer answered",
        ),
        (
            format!("{GET}/responses/200/headers/Tot-As-Of"),
            None,
            "`GET /visits 200 Tot-As-Of` is no longer answered",
        ),
        (
            format!("{GET}/responses/200/content/text~1csv"),
            None,
            "`GET /visits 200 text/csv` is no longer answered",
        ),
        (
            format!("{POST}/responses/200/content/application~1json/schema/allOf/1"),
            None,
            "`POST /visits 200 application/json.position` is no longer answered",
        ),
    ]
}

/// Parameters.
fn of_parameters() -> Vec<Case> {
    vec![
        (
            format!("{GET}/parameters/1"),
            None,
            "`GET /visits ?limit` is no longer taken",
        ),
        (
            format!("{GET}/parameters/2"),
            None,
            "`GET /visits Read-After` is no longer taken",
        ),
        (
            format!("{GET}/parameters/0/required"),
            Some(json!(true)),
            "`GET /visits ?status` is required now",
        ),
        (
            format!("{GET}/parameters/0"),
            Some(json!({"name": "day", "in": "query", "required": true, "schema": {"type": "string"}})),
            "`GET /visits ?day` is required now",
        ),
        (
            format!("{GET}/parameters/0/schema/enum/1"),
            None,
            "`GET /visits ?status=done` is no longer taken",
        ),
        (
            format!("{GET}/parameters/1/schema/maximum"),
            Some(json!(100)),
            "`GET /visits ?limit` takes less than before",
        ),
        (
            format!("{GET}/parameters/1/schema/minimum"),
            Some(json!(2)),
            "`GET /visits ?limit` takes less than before",
        ),
        (
            format!("{GET}/parameters/1/schema/type"),
            Some(json!("boolean")),
            "`GET /visits ?limit` takes another type",
        ),
        (
            "/components/parameters/ReadAfter/schema/pattern".to_owned(),
            Some(json!("^1")),
            "`GET /visits Read-After` takes less than before",
        ),
    ]
}

/// Fields of answers.
fn of_answered_fields() -> Vec<Case> {
    vec![
        (
            format!("{VISIT}/properties/kind"),
            None,
            "`Visit.kind` is no longer answered",
        ),
        (
            format!("{VISIT}/required/1"),
            None,
            "`Visit.status` may be missing now",
        ),
        (
            format!("{VISIT}/properties/status/enum/0"),
            None,
            "`Visit.status=open` is no longer answered",
        ),
        (
            format!("{VISIT}/properties/kind/enum/0"),
            Some(json!("phone")),
            "`Visit.kind` has words that were not told",
        ),
        (
            format!("{VISIT}/properties/kind/enum"),
            None,
            "`Visit.kind` has words that were not told",
        ),
        (
            format!("{VISIT}/properties/id/type"),
            Some(json!("integer")),
            "`Visit.id` has another type",
        ),
        (
            format!("{VISIT}/properties/id/type"),
            Some(json!(["string", "null"])),
            "`Visit.id` may be null now",
        ),
        (
            format!("{VISIT}/properties/id/format"),
            None,
            "`Visit.id` has another format",
        ),
        (
            format!("{VISIT}/properties/id/format"),
            Some(json!("date")),
            "`Visit.id` has another format",
        ),
        (
            format!("{VISIT}/properties/parts/items/type"),
            Some(json!("string")),
            "`Visit.parts[]` has another type",
        ),
        (
            format!("{VISIT}/properties/fee/oneOf/0"),
            Some(json!({"type": "string"})),
            "`Visit.fee` has forms that were not told",
        ),
        (
            "/components/schemas/Sum/properties/amount/type".to_owned(),
            Some(json!("number")),
            "`Sum.amount` has another type",
        ),
    ]
}

/// Bodies of requests.
fn of_bodies() -> Vec<Case> {
    vec![
        (
            format!("{BODY}/properties/notes"),
            None,
            "`VisitBody.notes` is no longer taken",
        ),
        (
            format!("{BODY}/required/1"),
            Some(json!("amount")),
            "`VisitBody.amount` is required now",
        ),
        (
            format!("{BODY}/properties/notes/type"),
            Some(json!("string")),
            "`VisitBody.notes` no longer takes null",
        ),
        (
            format!("{BODY}/properties/notes/enum"),
            Some(json!(["a"])),
            "`VisitBody.notes` takes fewer words",
        ),
        (
            format!("{BODY}/properties/address/maxLength"),
            Some(json!(100)),
            "`VisitBody.address` takes less than before",
        ),
        (
            format!("{BODY}/properties/notes/maxLength"),
            Some(json!(100)),
            "`VisitBody.notes` takes less than before",
        ),
        (
            format!("{BODY}/properties/amount/oneOf/1"),
            None,
            "`VisitBody.amount` takes fewer forms",
        ),
        (
            format!("{POST}/requestBody/required"),
            Some(json!(true)),
            "`POST /visits` needs a body now",
        ),
        (
            format!("{POST}/requestBody/content"),
            Some(json!({"text/plain": {}})),
            "`POST /visits application/json` is no longer taken",
        ),
    ]
}

#[test]
fn what_breaks_nobody_is_not_found() {
    let cases = [
        (
            "/paths/~1people".to_owned(),
            Some(json!({"get": {"responses": {}}})),
        ),
        (format!("{POST}/security"), Some(json!([]))),
        (
            format!("{GET}/parameters/0"),
            Some(json!({"name": "day", "in": "query", "schema": {"type": "string"}})),
        ),
        (format!("{GET}/parameters/0/schema/enum/0"), Some(json!("late"))),
        (format!("{GET}/parameters/1/schema/maximum"), Some(json!(500))),
        (format!("{GET}/parameters/1/schema/minimum"), None),
        (format!("{GET}/parameters/1/schema/type"), Some(json!("number"))),
        (format!("{GET}/responses/404"), None),
        (format!("{GET}/responses/409"), Some(json!({}))),
        (format!("{GET}/responses/200/headers/ETag"), Some(json!({}))),
        (
            format!("{GET}/responses/200/content/application~1xml"),
            Some(json!({})),
        ),
        (
            format!("{VISIT}/properties/doctor"),
            Some(json!({"type": "string"})),
        ),
        (format!("{VISIT}/required/0"), Some(json!("kind"))),
        (format!("{VISIT}/properties/status/enum/0"), Some(json!("late"))),
        (
            format!("{VISIT}/properties/parts/items/type"),
            Some(json!("integer")),
        ),
        (format!("{VISIT}/properties/fee/oneOf/1"), None),
        (format!("{VISIT}/properties/id/maxLength"), Some(json!(36))),
        (format!("{VISIT}/description"), Some(json!("a visit"))),
        (
            format!("{BODY}/properties/phone"),
            Some(json!({"type": "string"})),
        ),
        (format!("{BODY}/required"), Some(json!([]))),
        (format!("{BODY}/properties/address/maxLength"), None),
        (
            format!("{BODY}/properties/amount/oneOf/2"),
            Some(json!({"type": "integer"})),
        ),
        (format!("{BODY}/properties/notes/format"), Some(json!("date"))),
    ];
    for (at, value) in cases {
        let found = found(&at, value);
        assert!(found.is_empty(), "{at}: {found:?}");
    }
    assert!(breaking(&small(), &small()).is_empty());
}

/// The same in the description as it is: with any of its operations gone, or any field of an answer, there is something to tell.
#[test]
fn nothing_of_the_description_can_go_unnoticed() {
    let whole = description();
    let mut gone = whole.clone();
    let paths = gone["paths"].as_object_mut().unwrap();
    let path = "/api/v1/bookings/{id}/cancel";
    paths.remove(path).unwrap();
    let found: Vec<String> = breaking(&whole, &gone).iter().map(ToString::to_string).collect();
    assert_eq!(found, [format!("`POST {path}` is gone")]);

    let schemas = whole["components"]["schemas"].as_object().unwrap();
    for (schema, field) in [
        ("BookingView", "status"),
        ("PaymentView", "id"),
        ("SessionView", "access_token"),
    ] {
        assert!(
            schemas[schema]["properties"].get(field).is_some(),
            "{schema}.{field}"
        );
        let mut gone = whole.clone();
        gone["components"]["schemas"][schema]["properties"]
            .as_object_mut()
            .unwrap()
            .remove(field);
        let found = breaking(&whole, &gone);
        let told = format!("`{schema}.{field}` is no longer answered");
        assert!(
            found.iter().any(|breaking| breaking.to_string() == told),
            "{found:?}"
        );
    }
}
