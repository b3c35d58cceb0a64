//! The headers that set conditions: `Idempotency-Key`, `If-Match`, `Read-After`, `Last-Event-ID`.

use axum::extract::FromRequestParts;
use event_store::Position;
use http::HeaderMap;
use http::request::Parts;

use crate::problem::Problem;
use crate::problem::field_error::{FieldError, FieldProblem};

/// The longest idempotency key.
pub const KEY_CHARS_MAX: usize = 64;

/// The idempotency key: visible ASCII, at most [`KEY_CHARS_MAX`] characters, quotes of a structured field removed.
pub fn idempotency_key(headers: &HeaderMap, faults: &mut Vec<FieldError>) -> Option<String> {
    let text = text_of(headers, "idempotency-key", "Idempotency-Key", faults)?;
    let key = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text);
    let wrong = if key.is_empty() {
        FieldProblem::new("empty", "must not be empty")
    } else if key.len() > KEY_CHARS_MAX {
        FieldProblem::new(
            "too_long",
            format!("must have at most {KEY_CHARS_MAX} characters"),
        )
    } else if key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(key.to_owned());
    } else {
        FieldProblem::new("not_visible_ascii", "must be visible ASCII without blanks")
    };
    faults.push(wrong.at("/headers/Idempotency-Key"));
    None
}

/// The version of `If-Match`: one strong tag, as `ETag` gave it. `*` asks for nothing we would not check anyway.
pub fn if_match(headers: &HeaderMap, faults: &mut Vec<FieldError>) -> Option<i64> {
    let text = text_of(headers, "if-match", "If-Match", faults)?;
    if text == "*" {
        return None;
    }
    let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let version = digits
        .and_then(|digits| digits.parse::<i64>().ok())
        .filter(|version| *version >= 0);
    if version.is_none() {
        let wrong = FieldProblem::new("not_a_version", "must be one ETag of ours, such as \"3\"");
        faults.push(wrong.at("/headers/If-Match"));
    }
    version
}

/// The tag of a version.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The position a read must not be older than, if the caller insists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadAfter(pub Option<Position>);

impl<S: Send + Sync> FromRequestParts<S> for ReadAfter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        position(&parts.headers, "read-after", "Read-After").map(Self)
    }
}

/// The position of the last event a live stream's client has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastEventId(pub Option<Position>);

impl<S: Send + Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        position(&parts.headers, "last-event-id", "Last-Event-ID").map(Self)
    }
}

fn position(headers: &HeaderMap, name: &str, shown: &str) -> Result<Option<Position>, Problem> {
    let mut faults = Vec::new();
    let text = text_of(headers, name, shown, &mut faults);
    let position = text
        .and_then(|text| text.parse::<Position>().ok())
        .filter(|position| *position >= 0);
    if text.is_some() && position.is_none() {
        let wrong = FieldProblem::new("not_a_position", "must be a position, such as 42");
        faults.push(wrong.at(format!("/headers/{shown}")));
    }
    if faults.is_empty() {
        Ok(position)
    } else {
        Err(Problem::invalid(faults))
    }
}

/// The one value of a header that may stand there once.
fn text_of<'a>(
    headers: &'a HeaderMap,
    name: &str,
    shown: &str,
    faults: &mut Vec<FieldError>,
) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    let wrong = if values.next().is_some() {
        FieldProblem::new("repeated", "stands there more than once")
    } else {
        match first.to_str() {
            Ok(text) => return Some(text.trim()),
            Err(_) => FieldProblem::new("not_visible_ascii", "must be visible ASCII"),
        }
    };
    faults.push(wrong.at(format!("/headers/{shown}")));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
