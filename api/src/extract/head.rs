//! What stands outside of the body: path, query and the headers that set conditions (`Idempotency-Key`, `If-Match`,
//! `Read-After`, `Last-Event-ID`). What is no id or date in the path names nothing, so it is not found; the query is read
//! parameter by parameter, every fault collected, unknown and repeated ones refused.

use std::borrow::Cow;

use axum::extract::{FromRequestParts, RawPathParams};
use domain::ids::Id;
use event_store::Position;
use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;
use projections::{Cursor, LIMIT_MAX, Limit};
use url::form_urlencoded;

use crate::compression::without_encoding;
use crate::extract::read::{Parsed, date_in, end_in, instant_in};
use crate::problem::field_error::{FieldError, FieldProblem};
use crate::problem::{Code, Problem};

/// The id in the path.
pub struct At<Kind>(pub Id<Kind>);

/// The id in the path, and the id of what belongs to it.
pub struct AtPart<Kind, Part>(pub Id<Kind>, pub Id<Part>);

/// The id in the path, and one of its dates, as in `2026-12-02`.
pub struct AtDate<Kind>(pub Id<Kind>, pub Date);

impl<S: Send + Sync, Kind> FromRequestParts<S> for At<Kind> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        id(&params, 0).map(At)
    }
}

impl<S: Send + Sync, Kind, Part> FromRequestParts<S> for AtPart<Kind, Part> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        Ok(Self(id(&params, 0)?, id(&params, 1)?))
    }
}

impl<S: Send + Sync, Kind> FromRequestParts<S> for AtDate<Kind> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        let date = date_in(path_text(&params, 1)?).map_err(|_| not_found())?;
        Ok(Self(id(&params, 0)?, date))
    }
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Problem> {
    RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| not_found())
}

fn path_text(params: &RawPathParams, place: usize) -> Result<&str, Problem> {
    params
        .iter()
        .nth(place)
        .map(|(_, text)| text)
        .ok_or_else(not_found)
}

fn id<Kind>(params: &RawPathParams, place: usize) -> Result<Id<Kind>, Problem> {
    path_text(params, place)?.parse().map_err(|_| not_found())
}

fn not_found() -> Problem {
    Problem::plain(Code::NotFound)
}

/// The longest value of a parameter, in characters.
pub const VALUE_CHARS_MAX: usize = 512;

/// A question that can be read from query parameters.
pub trait FromQuery: Sized {
    /// Reads every parameter, recording every fault; `None` only if there is at least one.
    fn read(parameters: &mut Parameters<'_>) -> Option<Self>;
}

/// Nothing is asked in the query: whatever stands there is refused, never ignored.
impl FromQuery for () {
    fn read(_: &mut Parameters<'_>) -> Option<Self> {
        Some(())
    }
}

/// The question asked in the query.
pub struct QueryParams<Q>(pub Q);

/// Query parameters being read.
pub struct Parameters<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    known: Vec<&'static str>,
    /// Those that may stand there more than once.
    several: Vec<&'static str>,
    faults: Vec<FieldError>,
}

impl<'a> Parameters<'a> {
    /// The parameters of this query string.
    pub fn parse(query: &'a str) -> Self {
        Self {
            pairs: form_urlencoded::parse(query.as_bytes()).collect(),
            known: Vec::new(),
            several: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// A parameter that may be absent: `Some(None)` then; `None` when it is there but wrong.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Parsed<T>,
    ) -> Option<Option<T>> {
        self.known.push(name);
        let Some((_, value)) = self.pairs.iter().find(|pair| pair.0 == name) else {
            return Some(None);
        };
        let reading = if value.chars().count() > VALUE_CHARS_MAX {
            Err(longer_than_any())
        } else {
            read(value)
        };
        match reading {
            Ok(value) => Some(Some(value)),
            Err(wrong) => {
                self.fault(name, wrong);
                None
            }
        }
    }

    /// A parameter with any number of values, each an occurrence of its own or separated by commas; none when it is absent,
    /// `None` when one of them is wrong. A value named twice is one.
    pub fn several<T: PartialEq>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Parsed<T>,
    ) -> Option<Vec<T>> {
        self.known.push(name);
        self.several.push(name);
        let given: Vec<String> = self
            .pairs
            .iter()
            .filter(|pair| pair.0 == name)
            .map(|pair| pair.1.clone().into_owned())
            .collect();
        if given.iter().map(|text| text.chars().count()).sum::<usize>() > VALUE_CHARS_MAX {
            self.fault(name, longer_than_any());
            return None;
        }
        let mut values = Vec::new();
        for word in given.iter().flat_map(|text| text.split(',')) {
            match read(word) {
                Ok(value) if values.contains(&value) => {}
                Ok(value) => values.push(value),
                Err(wrong) => {
                    self.fault(name, wrong);
                    return None;
                }
            }
        }
        Some(values)
    }

    /// Plain text, without control characters.
    pub fn text(&mut self, name: &'static str) -> Option<Option<String>> {
        self.optional(name, |text| {
            if text.chars().any(char::is_control) {
                return Err(FieldProblem::new(
                    "control_character",
                    "must not hold control characters",
                ));
            }
            Ok(text.to_owned())
        })
    }

    /// The instants `from` and `to`, each of which may be absent; a span that ends before it begins, or with it, holds nothing, and
    /// nobody means it.
    pub fn span(&mut self) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
        let from = self.optional("from", instant_in);
        let to = self.optional("to", end_in);
        if let (Some(Some(from)), Some(Some(to))) = (from, to)
            && to <= from
        {
            self.fault("to", FieldProblem::new("not_after", "must be after from"));
        }
        Some((from?, to?))
    }

    /// How many entries a page may have.
    pub fn limit(&mut self) -> Option<Limit> {
        let limit = self.optional("limit", |text| {
            let limit = text.parse::<u16>().ok().and_then(|rows| Limit::new(rows).ok());
            limit.ok_or_else(|| {
                FieldProblem::new("out_of_range", format!("must be between 1 and {LIMIT_MAX}"))
            })
        })?;
        Some(limit.unwrap_or_default())
    }

    /// Where a page begins, as an earlier page's `next` said.
    pub fn cursor(&mut self) -> Option<Option<Cursor>> {
        self.optional("cursor", |text| {
            Cursor::parse(text).map_err(|refusal| FieldProblem::new("not_a_cursor", refusal.to_string()))
        })
    }

    /// Records a fault of one parameter.
    pub fn fault(&mut self, name: &str, wrong: FieldProblem) {
        self.faults.push(wrong.at(format!("/query/{name}")));
    }

    fn take_faults(&mut self) -> Vec<FieldError> {
        let mut faults = std::mem::take(&mut self.faults);
        for (index, (name, _)) in self.pairs.iter().enumerate() {
            let pointer = || format!("/query/{}", name.chars().take(64).collect::<String>());
            let repeats = self.pairs.iter().take(index).any(|pair| pair.0 == *name);
            if repeats && !self.several.contains(&name.as_ref()) {
                faults.push(FieldProblem::new("repeated", "stands there more than once").at(pointer()));
            } else if !self.known.contains(&name.as_ref()) {
                faults.push(unknown(&self.known).at(pointer()));
            }
        }
        faults
    }
}

fn longer_than_any() -> FieldProblem {
    FieldProblem::new(
        "too_long",
        format!("must have at most {VALUE_CHARS_MAX} characters"),
    )
}

fn unknown(known: &[&str]) -> FieldProblem {
    if known.is_empty() {
        let words = "is not a parameter of this request: it takes none";
        return FieldProblem::new("unknown_parameter", words);
    }
    let known = known.join(", ");
    let words = format!("is not a parameter of this request: there are {known}");
    FieldProblem::new("unknown_parameter", words)
}

/// Reads a question from a query string.
///
/// # Errors
/// `invalid` with every fault at once.
pub fn parse_query<Q: FromQuery>(query: &str) -> Result<Q, Problem> {
    let mut parameters = Parameters::parse(query);
    let question = Q::read(&mut parameters);
    let faults = parameters.take_faults();
    match question {
        Some(question) if faults.is_empty() => Ok(question),
        Some(_) | None => Err(Problem::invalid(faults)),
    }
}

impl<S: Send + Sync, Q: FromQuery + Send> FromRequestParts<S> for QueryParams<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The longest idempotency key.
pub const KEY_CHARS_MAX: usize = 64;

/// The idempotency key: visible ASCII, at most [`KEY_CHARS_MAX`] characters, quotes of a structured field removed.
pub fn idempotency_key(headers: &HeaderMap, faults: &mut Vec<FieldError>) -> Option<String> {
    let text = header_text(headers, "idempotency-key", "Idempotency-Key", faults)?;
    let key = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text);
    let wrong = if key.starts_with('"') && key == text {
        FieldProblem::new("unclosed_quote", "must end with the quote that it begins with")
    } else if key.is_empty() {
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
    let text = header_text(headers, "if-match", "If-Match", faults)?;
    if text == "*" {
        return None;
    }
    let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let version = digits
        .map(without_encoding)
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

pub(super) fn position(headers: &HeaderMap, name: &str, shown: &str) -> Result<Option<Position>, Problem> {
    let mut faults = Vec::new();
    let text = header_text(headers, name, shown, &mut faults);
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
pub fn header_text<'a>(
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
