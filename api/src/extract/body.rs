//! Bodies, field by field: every fault is collected with its place instead of stopping at the first. And the one spelling of a
//! body that its digest is taken of.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::extract::read::Parsed;
use crate::problem::field_error::{FieldError, FieldProblem};
use crate::problem::{Code, Problem};

/// A request that can be read from the fields of a JSON object.
pub trait FromBody: Sized {
    /// Reads every field, recording every fault; `None` only if there is at least one.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// A body without fields, for actions that say everything in their path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptyBody;

impl FromBody for EmptyBody {
    fn read(_: &mut Fields<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// Reads a request from the bytes of a body, with `others` (faults outside the body) among its faults.
///
/// # Errors
/// `malformed_json`, or `invalid` with every fault at once.
pub fn read<'a, B: FromBody>(bytes: &'a [u8], others: Vec<FieldError>) -> Result<(B, Fields<'a>), Problem> {
    let mut fields = Fields::parse(bytes)?;
    let request = B::read(&mut fields);
    let mut faults = fields.take_faults();
    faults.extend(others);
    match request {
        Some(request) if faults.is_empty() => Ok((request, fields)),
        Some(_) | None => Err(Problem::invalid(faults)),
    }
}

/// The most members an object of a request may have.
pub const MEMBERS_MAX: usize = 64;
/// How deep a body may nest before it is refused; ours need three levels.
pub const DEPTH_MAX: usize = 16;

/// An object as it came: names and unread values, duplicates included.
pub struct Pairs<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// A JSON object being read.
pub struct Fields<'a> {
    base: String,
    pairs: Pairs<'a>,
    known: Vec<&'static str>,
    faults: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// Reads the root object of a body; no bytes at all count as an empty object.
    ///
    /// # Errors
    /// `malformed_json` when it is not JSON, `invalid` when it is JSON but no object.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Problem> {
        if bytes.is_empty() {
            return Ok(Self::new(String::new(), Pairs(Vec::new())));
        }
        match serde_json::from_slice(bytes) {
            Ok(pairs) => Ok(Self::new(String::new(), pairs)),
            Err(error) if error.is_data() => Err(Problem::invalid(vec![not_an_object().at("")])),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let problem = Problem::new(
                    Code::MalformedJson,
                    format!("not JSON at line {line} column {column}"),
                );
                Err(problem.in_russian(format!("не JSON: строка {line}, столбец {column}")))
            }
        }
    }

    fn new(base: String, pairs: Pairs<'a>) -> Self {
        let mut fields = Self {
            base,
            pairs,
            known: Vec::new(),
            faults: Vec::new(),
        };
        if fields.pairs.0.len() > MEMBERS_MAX {
            let base = fields.base.clone();
            fields.fault_at(
                base,
                FieldProblem::new("too_many", format!("has more than {MEMBERS_MAX} members")),
            );
        }
        fields
    }

    /// The object as it came.
    pub const fn pairs(&self) -> &Pairs<'a> {
        &self.pairs
    }

    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a RawValue) -> Parsed<T>,
    ) -> Option<T> {
        let value = self.optional(name, read)?;
        if value.is_none() {
            self.fault(name, FieldProblem::new("required", "is required"));
        }
        value
    }

    /// A field that may be absent or null: `Some(None)` then; `None` when it is there but wrong.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a RawValue) -> Parsed<T>,
    ) -> Option<Option<T>> {
        self.known.push(name);
        let Some(raw) = self.pairs.0.iter().find(|pair| pair.0 == name).map(|pair| pair.1) else {
            return Some(None);
        };
        if raw.get() == "null" {
            return Some(None);
        }
        match read(raw) {
            Ok(value) => Some(Some(value)),
            Err(wrong) => {
                self.fault(name, wrong);
                None
            }
        }
    }

    /// Whether a field stands there and is null.
    pub fn is_null(&self, name: &str) -> bool {
        let mut pairs = self.pairs.0.iter();
        pairs.any(|(known, raw)| known == name && raw.get() == "null")
    }

    /// One object, read by `read`.
    pub fn object<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let raw = self.required(name, Ok)?;
        self.object_at(format!("{}/{name}", self.base), raw, read)
    }

    /// A list of objects, each read by `read`; between one and `most` of them.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.required(name, |raw| {
            let items: Vec<&RawValue> = serde_json::from_str(raw.get())
                .map_err(|_| FieldProblem::new("not_a_list", "must be a list of objects"))?;
            if items.is_empty() {
                return Err(FieldProblem::new("empty", "must not be empty"));
            }
            if items.len() > most {
                return Err(FieldProblem::new(
                    "too_many",
                    format!("has at most {most} entries"),
                ));
            }
            Ok(items)
        })?;
        let mut read_items = Vec::with_capacity(items.len());
        let mut whole = true;
        for (index, raw) in items.into_iter().enumerate() {
            let base = format!("{}/{name}/{index}", self.base);
            match self.object_at(base, raw, &read) {
                Some(item) => read_items.push(item),
                None => whole = false,
            }
        }
        whole.then_some(read_items)
    }

    fn object_at<T>(
        &mut self,
        base: String,
        raw: &RawValue,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let Ok(pairs) = serde_json::from_str(raw.get()) else {
            self.fault_at(base, not_an_object());
            return None;
        };
        let mut fields = Fields::new(base, pairs);
        let item = read(&mut fields);
        let faults = fields.take_faults();
        let whole = faults.is_empty();
        self.faults.extend(faults);
        item.filter(|_| whole)
    }

    /// Records a fault of one field, for rules that look at several.
    pub fn fault(&mut self, name: &str, wrong: FieldProblem) {
        let pointer = format!("{}/{}", self.base, escaped(name));
        self.fault_at(pointer, wrong);
    }

    /// Records a fault at a pointer below this object, for rules that look at several objects.
    pub fn fault_below(&mut self, pointer: &str, wrong: FieldProblem) {
        self.fault_at(format!("{}{pointer}", self.base), wrong);
    }

    fn fault_at(&mut self, pointer: String, wrong: FieldProblem) {
        self.faults.push(wrong.at(pointer));
    }

    /// Every fault, the unknown and repeated names among them.
    pub fn take_faults(&mut self) -> Vec<FieldError> {
        let mut seen = BTreeSet::new();
        let mut odd = Vec::new();
        for (name, _) in self.pairs.0.iter().take(MEMBERS_MAX) {
            if !seen.insert(name.as_ref()) {
                odd.push((
                    escaped(name),
                    FieldProblem::new("repeated", "stands here more than once"),
                ));
            } else if !self.known.contains(&name.as_ref()) {
                odd.push((
                    escaped(name),
                    FieldProblem::new("unknown_field", "is not a field of this request"),
                ));
            }
        }
        for (name, wrong) in odd {
            let pointer = format!("{}/{name}", self.base);
            self.fault_at(pointer, wrong);
        }
        std::mem::take(&mut self.faults)
    }
}

fn not_an_object() -> FieldProblem {
    FieldProblem::new("not_an_object", "must be a JSON object")
}

/// A name as a JSON pointer token (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    members.push((name, value));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Members).map(Pairs)
    }
}

/// A member's name, borrowed where it holds no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The body nests deeper than [`DEPTH_MAX`], or holds text that is not Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body nests too deep or holds broken text")]
pub struct NotCanonical;

/// The pairs of a body's root object with sorted keys, no blanks and one spelling of each text. Numbers keep their
/// text: no float ever touches an amount.
///
/// # Errors
/// [`NotCanonical`].
pub fn canonical_object(pairs: &Pairs<'_>) -> Result<Vec<u8>, NotCanonical> {
    let mut canonical = Vec::with_capacity(256);
    write_object(pairs, 0, &mut canonical)?;
    Ok(canonical)
}

fn write_object(pairs: &Pairs<'_>, depth: usize, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let mut order: Vec<usize> = (0..pairs.0.len()).collect();
    order.sort_by(|left, right| {
        pairs
            .0
            .get(*left)
            .map(|pair| &pair.0)
            .cmp(&pairs.0.get(*right).map(|pair| &pair.0))
    });
    out.push(b'{');
    for (place, (name, value)) in order
        .into_iter()
        .filter_map(|index| pairs.0.get(index))
        .enumerate()
    {
        if place > 0 {
            out.push(b',');
        }
        write_text(name, out)?;
        out.push(b':');
        write_value(value.get(), depth + 1, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_value(raw: &str, depth: usize, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    if depth > DEPTH_MAX {
        return Err(NotCanonical);
    }
    match raw.as_bytes().first() {
        Some(b'{') => write_object(&parse(raw)?, depth, out),
        Some(b'[') => {
            let items: Vec<&RawValue> = parse(raw)?;
            out.push(b'[');
            for (place, item) in items.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_value(item.get(), depth + 1, out)?;
            }
            out.push(b']');
            Ok(())
        }
        // Without an escape there is only one spelling already.
        Some(b'"') if raw.contains('\\') => write_text(&parse::<String>(raw)?, out),
        _ => {
            out.extend_from_slice(raw.as_bytes());
            Ok(())
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    serde_json::to_writer(out, text).map_err(|_| NotCanonical)
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a str) -> Result<T, NotCanonical> {
    serde_json::from_str(raw).map_err(|_| NotCanonical)
}
