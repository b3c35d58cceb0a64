//! The headers that set conditions: what each takes, and what it refuses.

use http::HeaderMap;

use crate::extract::head::{etag, idempotency_key, if_match, position};

fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, value.parse().unwrap());
    }
    headers
}

#[test]
fn a_key_of_sixty_four_visible_characters_is_taken_and_one_more_is_not() {
    for (values, key, code) in [
        (vec!["abc-1"], Some("abc-1"), None),
        (vec!["\"abc-1\""], Some("abc-1"), None),
        (vec![&*"k".repeat(64)], Some(&*"k".repeat(64)), None),
        (vec![&*"k".repeat(65)], None, Some("too_long")),
        (vec![""], None, Some("empty")),
        (vec!["\"abc-1"], None, Some("unclosed_quote")),
        (vec!["\""], None, Some("unclosed_quote")),
        (vec!["a b"], None, Some("not_visible_ascii")),
        (vec!["ключ"], None, Some("not_visible_ascii")),
        (vec!["a", "b"], None, Some("repeated")),
        (vec![], None, None),
    ] {
        let mut faults = Vec::new();
        let read = idempotency_key(&headers("idempotency-key", &values), &mut faults);
        assert_eq!(read.as_deref(), key, "{values:?}");
        assert_eq!(faults.first().map(|fault| fault.code), code, "{values:?}");
    }
}

#[test]
fn if_match_takes_what_etag_gave() {
    let mut faults = Vec::new();
    assert_eq!(if_match(&headers("if-match", &[&etag(7)]), &mut faults), Some(7));
    assert_eq!(if_match(&headers("if-match", &["*"]), &mut faults), None);
    assert!(faults.is_empty());
    for odd in ["7", "W/\"7\"", "\"x\"", "\"-1\"", "\"1\", \"2\""] {
        let mut faults = Vec::new();
        assert_eq!(if_match(&headers("if-match", &[odd]), &mut faults), None);
        assert_eq!(faults.len(), 1, "{odd}");
    }
}

#[test]
fn a_position_is_a_whole_number_from_zero() {
    assert_eq!(
        position(&headers("read-after", &["42"]), "read-after", "Read-After").unwrap(),
        Some(42)
    );
    assert_eq!(
        position(&headers("read-after", &[]), "read-after", "Read-After").unwrap(),
        None
    );
    for odd in ["-1", "x", "", "99999999999999999999"] {
        let problem = position(&headers("read-after", &[odd]), "read-after", "Read-After").unwrap_err();
        assert_eq!(
            problem.errors().first().unwrap().pointer,
            "/headers/Read-After",
            "{odd}"
        );
    }
}
