//! What is described and what is read are the same: what a schema accepts its reader accepts, and the other way round.

mod bodies;
mod headers;
mod queries;

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::string::string_regex;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::language::Language;
use crate::problem::Problem;

/// How many texts are made up for each shape.
const TEXTS: u32 = 96;
/// What is written into a good text to see whether it still is one.
const SLIPS: [char; 20] = [
    ' ', '\n', '\t', '\0', '\u{7f}', '\u{85}', '\u{a0}', '\u{200b}', '\u{202e}', '\u{feff}', 'я', '0', '9',
    '-', '+', '.', '"', '@', '/', 'z',
];
/// Faults of several fields together, which no schema of one can tell.
const OF_SEVERAL: [&str; 6] = [
    "not_after",
    "not_ordered",
    "repeated",
    "required",
    "too_broad",
    "too_far",
];

/// One place of a request and what is described of it.
struct Place<'a> {
    /// Such as `RequestBody/address`.
    name: String,
    /// Its schema, without references.
    schema: &'a Value,
    /// Whether its reader takes the value.
    takes: &'a dyn Fn(&Value) -> bool,
    /// Of the values that the schema accepts, which the reader may refuse; and the other way round.
    apart: Apart,
}

/// Where a description says less than its reader knows, or more.
#[derive(Clone, Copy, Default)]
struct Apart {
    /// The schema accepts it, and the reader need not: what no pattern can tell.
    beyond_patterns: Option<fn(&str) -> bool>,
    /// The reader takes it, and the schema need not: what is forgiven.
    forgiven: Option<fn(&str) -> bool>,
}

/// Whether nothing is wrong at this pointer, or around it.
fn is_fine_at(answer: &Result<(), Problem>, pointer: &str) -> bool {
    let Err(problem) = answer else { return true };
    assert!(
        !problem.errors().is_empty(),
        "{}",
        problem.detail(Language::English)
    );
    !problem.errors().iter().any(|fault| {
        let at = fault.pointer.as_str();
        let around = pointer == at || pointer.starts_with(&format!("{at}/"));
        around && !OF_SEVERAL.contains(&fault.code)
    })
}

impl Place<'_> {
    /// Tries whatever its schema tells of.
    fn try_all(&self) {
        let options = self.schema["oneOf"].as_array();
        for schema in options.map_or(vec![self.schema], |options| options.iter().collect()) {
            match schema["type"].as_str().or(schema["type"][0].as_str()).unwrap() {
                "string" if schema["enum"].is_array() => self.try_words(schema),
                "string" => {
                    self.try_texts(schema, &jsonschema::validator_for(self.schema).unwrap());
                }
                "integer" | "number" => self.try_numbers(schema),
                "boolean" => {
                    self.agree(&json!(true), true);
                    self.agree(&json!("yes"), false);
                }
                "array" | "object" => {}
                other => panic!("{}: {other}", self.name),
            }
        }
    }

    fn agree(&self, value: &Value, accepted: bool) {
        assert_eq!(
            (self.takes)(value),
            accepted,
            "{}: {value} (the schema's word stands right)",
            self.name
        );
    }

    fn try_words(&self, schema: &Value) {
        for word in schema["enum"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|word| word.is_string())
        {
            self.agree(word, true);
        }
        self.agree(&json!("no such word"), false);
    }

    /// Both bounds, and what lies beyond them.
    fn try_numbers(&self, schema: &Value) {
        let bound = |name: &str| schema[name].as_i64();
        if let Some(least) = bound("minimum") {
            self.agree(&json!(least), true);
            self.agree(&json!(least - 1), false);
        }
        if let Some(above) = bound("exclusiveMinimum") {
            self.agree(&json!(above), false);
            self.agree(&json!(above + 1), true);
        }
        if let Some(most) = bound("maximum") {
            self.agree(&json!(most), true);
            if let Some(more) = most.checked_add(1) {
                self.agree(&json!(more), false);
            }
        }
    }

    fn try_texts(&self, schema: &Value, validator: &Validator) {
        match schema["format"].as_str() {
            Some("uuid") => {
                return self.try_samples("019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69", "019a8f0e-6f0a-7c3e");
            }
            Some("date") => return self.try_samples("2026-12-02", "2026-13-02"),
            Some("date-time") => return self.try_samples("2026-12-02T09:30:00Z", "2026-12-02"),
            Some("uri") => return self.try_samples("https://app.example/paid?visit=7", "paid"),
            Some("email" | "password") | None => {}
            Some(other) => panic!("{}: {other}", self.name),
        }
        self.try_lengths(schema, validator);
        let mut runner = TestRunner::new_with_rng(
            Config::default(),
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let pattern = schema["pattern"].as_str().map_or(".{0,300}", |pattern| {
            pattern.strip_prefix('^').unwrap().strip_suffix('$').unwrap()
        });
        let texts = string_regex(&shortened(pattern)).unwrap();
        let slips = (any::<prop::sample::Index>(), select(SLIPS.to_vec()), 0..3_u8);
        let mut accepted = 0;
        // Some are too long all the same.
        for tried in 0..20 * TEXTS {
            if tried >= TEXTS && accepted >= TEXTS / 4 {
                break;
            }
            let text = texts.new_tree(&mut runner).unwrap().current();
            accepted += u32::from(self.compare(&text, validator));
            let (at, slip, how) = slips.new_tree(&mut runner).unwrap().current();
            self.compare(
                &slipped(&text, at.index(text.chars().count() + 1), slip, how),
                validator,
            );
        }
        assert!(
            accepted >= TEXTS / 4,
            "{}: only {accepted} good texts were made up",
            self.name
        );
    }

    fn try_samples(&self, good: &str, bad: &str) {
        self.agree(&json!(good), true);
        self.agree(&json!(bad), false);
    }

    /// Texts as short and as long as they may be, and those beyond, where any character does.
    fn try_lengths(&self, schema: &Value, validator: &Validator) {
        let least = schema["minLength"].as_u64().unwrap_or(0);
        if let Some(most) = schema["maxLength"].as_u64() {
            for length in [least.saturating_sub(1), least, most, most + 1] {
                self.compare(&"я".repeat(usize::try_from(length).unwrap()), validator);
            }
        }
    }

    /// Whether the schema accepts the text; that the reader says the same is asserted.
    fn compare(&self, text: &str, validator: &Validator) -> bool {
        let described = validator.is_valid(&json!(text));
        let taken = (self.takes)(&json!(text));
        if described && !taken {
            let beyond = self
                .apart
                .beyond_patterns
                .is_some_and(|is_beyond| is_beyond(text));
            // Tags are refused everywhere, and stand beyond what every judge reads in a pattern.
            let holds_tags = text
                .chars()
                .any(|letter| ('\u{E0000}'..='\u{E0FFF}').contains(&letter));
            assert!(
                beyond || holds_tags,
                "{}: {text:?} is described as good, and refused",
                self.name
            );
        }
        // Blanks around a text are forgiven; ECMAScript counts the mark of byte orders among them, and Rust does not.
        let bare = text.trim();
        let is_marked = bare.trim_matches('\u{feff}') != bare;
        let kept = described || is_marked || validator.is_valid(&json!(bare));
        if taken && !kept {
            let forgiven = self.apart.forgiven.is_some_and(|is_forgiven| is_forgiven(text));
            assert!(forgiven, "{}: {text:?} is taken, and not described", self.name);
        }
        described
    }
}

/// The pattern with few repetitions, so that what is made of it is not too long.
fn shortened(pattern: &str) -> String {
    let few = [
        ("]*", "]{0,3}"),
        ("]+", "]{1,8}"),
        (")*", "){0,2}"),
        (")+", "){1,3}"),
    ];
    few.into_iter().fold(pattern.to_owned(), |pattern, (many, few)| {
        pattern.replace(many, few)
    })
}

/// The text with one character more, one less, or another one.
fn slipped(text: &str, at: usize, slip: char, how: u8) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    match how {
        0 => letters.insert(at, slip),
        1 if at < letters.len() => {
            letters.remove(at);
        }
        _ if at < letters.len() => letters[at] = slip,
        _ => letters.push(slip),
    }
    letters.into_iter().collect()
}
