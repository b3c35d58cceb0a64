//! One fault of one field: where it is, what kind it is, and a sentence.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::problem::russian::faults;

/// One fault of one field, parameter or header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FieldFault)]
pub struct FieldError {
    /// JSON pointer (RFC 6901): into the body from its root; parameters under `/query`, headers under `/headers`.
    #[schema(example = "/amount")]
    pub pointer: String,
    /// What kind of fault it is.
    #[schema(value_type = String, example = "too_precise")]
    pub code: &'static str,
    /// A sentence for people.
    #[schema(value_type = String, example = "an amount has at most two decimals")]
    pub message: Cow<'static, str>,
}

/// What is wrong with a value, before it is known where the value stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// What kind of fault it is.
    pub code: &'static str,
    /// A sentence for people.
    pub message: Cow<'static, str>,
}

impl FieldError {
    /// The same, its sentence in this language.
    pub fn in_language(&self, language: Language) -> Self {
        let message = match language {
            Language::English => self.message.clone(),
            Language::Russian => faults::of(self.message.clone()),
        };
        Self {
            pointer: self.pointer.clone(),
            code: self.code,
            message,
        }
    }
}

impl FieldProblem {
    /// A fault of this kind, in a sentence.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The fault, at its place.
    pub fn at(self, pointer: impl Into<String>) -> FieldError {
        FieldError {
            pointer: pointer.into(),
            code: self.code,
            message: self.message,
        }
    }
}
