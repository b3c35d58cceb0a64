//! The same for values: what is sent may not be asked for more narrowly, what is answered may not become more than was told.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::Breaking;
use super::shape::{LOWER, Shape, UPPER, component};

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From the client to us.
    Request,
    /// From us to the client.
    Answer,
}

/// Two descriptions, and what was found so far.
pub struct Comparison<'d> {
    pub old: &'d Value,
    pub new: &'d Value,
    pub found: BTreeSet<Breaking>,
    /// Pairs of components that were compared, or are being compared.
    seen: BTreeSet<(Direction, String, String)>,
}

impl<'d> Comparison<'d> {
    pub const fn new(old: &'d Value, new: &'d Value) -> Self {
        Self {
            old,
            new,
            found: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    pub fn find(&mut self, place: &str, what: &'static str) {
        let place = place.to_owned();
        self.found.insert(Breaking { place, what });
    }

    /// Compares two schemas. What is found inside a component is found at the component.
    pub fn schema(&mut self, direction: Direction, place: &str, old: &'d Value, new: &'d Value) {
        let mut place = place;
        let (before, after) = (Shape::of(self.old, old), Shape::of(self.new, new));
        self.nullable(direction, place, &before, &after);
        if let (Some(before), Some(after)) = (component(old), component(new)) {
            if !self.seen.insert((direction, before.to_owned(), after.to_owned())) {
                return;
            }
            place = before;
        }
        match direction {
            Direction::Request => self.request(place, &before, &after),
            Direction::Answer => self.answer(place, &before, &after),
        }
        self.variants(direction, place, (old, &before), (new, &after));
        for (name, property) in &before.properties {
            if let Some(after) = after.properties.get(name) {
                self.schema(direction, &before.place_of(name, place), property, after);
            }
        }
        if let (Some(before), Some(after)) = (before.items, after.items) {
            self.schema(direction, &format!("{place}[]"), before, after);
        }
        if let (Some(before), Some(after)) = (before.additional, after.additional)
            && before.is_object()
            && after.is_object()
        {
            self.schema(direction, &format!("{place}{{}}"), before, after);
        }
    }

    fn nullable(&mut self, direction: Direction, place: &str, old: &Shape<'_>, new: &Shape<'_>) {
        match direction {
            Direction::Request if old.is_nullable && !new.is_nullable && new.types.is_some() => {
                self.find(place, "no longer takes null");
            }
            Direction::Answer if new.is_nullable && !old.is_nullable && old.types.is_some() => {
                self.find(place, "may be null now");
            }
            Direction::Request | Direction::Answer => {}
        }
    }

    fn request(&mut self, place: &str, old: &Shape<'_>, new: &Shape<'_>) {
        if !fits(&old.types, &new.types) {
            self.find(place, "takes another type");
        }
        match (&old.words, &new.words) {
            (Some(old), Some(new)) => {
                for word in old.difference(new) {
                    self.find(
                        &format!("{place}={}", word.trim_matches('"')),
                        "is no longer taken",
                    );
                }
            }
            (None, Some(_)) => self.find(place, "takes fewer words"),
            (_, None) => {}
        }
        for name in old
            .properties
            .keys()
            .filter(|name| !new.properties.contains_key(*name))
        {
            self.find(&old.place_of(name, place), "is no longer taken");
        }
        for name in new.required.difference(&old.required) {
            self.find(&new.place_of(name, place), "is required now");
        }
        if is_closed(new) && !is_closed(old) {
            self.find(place, "takes no other fields any more");
        }
        if is_tighter(old, new) {
            self.find(place, "takes less than before");
        }
    }

    fn answer(&mut self, place: &str, old: &Shape<'_>, new: &Shape<'_>) {
        if !fits(&new.types, &old.types) {
            self.find(place, "has another type");
        }
        match (&old.words, &new.words) {
            (Some(old_words), Some(new_words)) => {
                for word in old_words.difference(new_words) {
                    self.find(
                        &format!("{place}={}", word.trim_matches('"')),
                        "is no longer answered",
                    );
                }
                if !old.is_open && !new_words.is_subset(old_words) {
                    self.find(place, "has words that were not told");
                }
            }
            (Some(_), None) if !old.is_open => self.find(place, "has words that were not told"),
            (Some(_) | None, None | Some(_)) => {}
        }
        for name in old
            .properties
            .keys()
            .filter(|name| !new.properties.contains_key(*name))
        {
            self.find(&old.place_of(name, place), "is no longer answered");
        }
        let missing = old.required.difference(&new.required);
        for name in missing.filter(|name| new.properties.contains_key(*name)) {
            self.find(&old.place_of(name, place), "may be missing now");
        }
        if old
            .bounds
            .get("format")
            .is_some_and(|format| new.bounds.get("format") != Some(format))
        {
            self.find(place, "has another format");
        }
    }

    /// Each form that was taken must still be, and each that is answered must have been told.
    fn variants(
        &mut self,
        direction: Direction,
        place: &str,
        (old, before): (&'d Value, &Shape<'d>),
        (new, after): (&'d Value, &Shape<'d>),
    ) {
        if before.variants.is_empty() && after.variants.is_empty() {
            return;
        }
        let forms = |schema: &'d Value, shape: &Shape<'d>| match shape.variants.as_slice() {
            [] => vec![schema],
            several => several.to_vec(),
        };
        let (old_forms, new_forms) = (forms(old, before), forms(new, after));
        let is_kept = |before: &'d Value, after: &'d Value| {
            let mut trial = Comparison::new(self.old, self.new);
            trial.schema(direction, place, before, after);
            trial.found.is_empty()
        };
        let all_fit = match direction {
            Direction::Request => old_forms
                .iter()
                .all(|old| new_forms.iter().any(|new| is_kept(old, new))),
            Direction::Answer => new_forms
                .iter()
                .all(|new| old_forms.iter().any(|old| is_kept(old, new))),
        };
        if !all_fit {
            let what = match direction {
                Direction::Request => "takes fewer forms",
                Direction::Answer => "has forms that were not told",
            };
            self.find(place, what);
        }
    }
}

/// Whether whatever is of the types `these` is of the types `those`; an integer is a number.
fn fits(these: &Option<BTreeSet<&str>>, those: &Option<BTreeSet<&str>>) -> bool {
    let Some(those) = those else { return true };
    let Some(these) = these else { return false };
    these
        .iter()
        .all(|kind| those.contains(kind) || (*kind == "integer" && those.contains("number")))
}

fn is_closed(shape: &Shape<'_>) -> bool {
    shape
        .additional
        .is_some_and(|additional| *additional == Value::Bool(false))
}

fn is_tighter(old: &Shape<'_>, new: &Shape<'_>) -> bool {
    let number = |shape: &Shape<'_>, key: &str| shape.bounds.get(key).and_then(|bound| bound.as_f64());
    let raised = LOWER
        .into_iter()
        .any(|key| match (number(old, key), number(new, key)) {
            (Some(old), Some(new)) => new > old,
            (None, Some(_)) => true,
            (_, None) => false,
        });
    let lowered = UPPER
        .into_iter()
        .any(|key| match (number(old, key), number(new, key)) {
            (Some(old), Some(new)) => new < old,
            (None, Some(_)) => true,
            (_, None) => false,
        });
    // Two patterns cannot be compared; a format tells what was always read.
    let pattern = new
        .bounds
        .get("pattern")
        .is_some_and(|pattern| old.bounds.get("pattern") != Some(pattern));
    raised || lowered || pattern
}
