//! The digest of a command: one for the same command, another for any other.

use secrecy::SecretString;

use crate::app::Digester;
use crate::extract::body::{NotCanonical, Pairs, canonical_object};

fn canonical(body: &str) -> String {
    let pairs: Pairs<'_> = serde_json::from_str(body).unwrap();
    String::from_utf8(canonical_object(&pairs).unwrap()).unwrap()
}

#[test]
fn the_order_of_keys_blanks_and_escapes_do_not_matter() {
    let one = canonical(r#"{"b": {"y": [1, {"q":2, "p":"\u0061"}], "x": null}, "a": "1500.00"}"#);
    let two = canonical("{\"a\":\"1500.00\",\n\"b\":{\"x\":null,\"y\":[1,{\"p\":\"a\",\"q\":2}]}}");
    assert_eq!(one, two);
    assert_eq!(one, r#"{"a":"1500.00","b":{"x":null,"y":[1,{"p":"a","q":2}]}}"#);
}

#[test]
fn another_value_type_or_number_text_is_another_command() {
    let all = [
        r#"{"a":1}"#,
        r#"{"a":1.0}"#,
        r#"{"a":"1"}"#,
        r#"{"a":null}"#,
        "{}",
        r#"{"b":1}"#,
    ];
    let canonical: std::collections::BTreeSet<String> = all.iter().map(|body| canonical(body)).collect();
    assert_eq!(canonical.len(), all.len());
}

#[test]
fn a_number_never_passes_through_a_float() {
    assert_eq!(
        canonical(r#"{"amount": 9007199254740993.10}"#),
        r#"{"amount":9007199254740993.10}"#
    );
}

#[test]
fn method_path_body_and_secret_all_count() {
    let digester = |secret: &str| Digester::new(&SecretString::from(secret));
    let base = digester("one").of("POST", "/a", b"{}");
    assert_eq!(base.len(), 64);
    assert_eq!(base, digester("one").of("POST", "/a", b"{}"));
    for other in [
        digester("two").of("POST", "/a", b"{}"),
        digester("one").of("PUT", "/a", b"{}"),
        digester("one").of("POST", "/b", b"{}"),
        digester("one").of("POST", "/a", b"{\"a\":1}"),
    ] {
        assert_ne!(base, other);
    }
}

#[test]
fn a_body_that_nests_without_end_is_refused() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let pairs: Pairs<'_> = serde_json::from_str(&deep).unwrap();
    assert_eq!(canonical_object(&pairs), Err(NotCanonical));
}
