//! Reads a JSON object field by field and collects every fault with its place, instead of stopping at the first.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::extract::read::Parsed;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::problem::fault::{FieldFault, FieldProblem};

/// The most members an object of a request may have.
pub const MEMBERS_MAX: usize = 64;

/// An object as it came: names and unread values, duplicates included.
pub struct Pairs<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// A JSON object being read.
pub struct Fields<'a> {
    base: String,
    pairs: Pairs<'a>,
    known: Vec<&'static str>,
    faults: Vec<FieldFault>,
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
            Err(fault) if fault.is_data() => Err(Problem::invalid(vec![not_an_object().at("")])),
            Err(fault) => Err(Problem::new(
                Code::MalformedJson,
                format!("not JSON at line {} column {}", fault.line(), fault.column()),
            )),
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
    pub fn take_faults(&mut self) -> Vec<FieldFault> {
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
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }

        deserializer.deserialize_str(Text).map(Name)
    }
}
