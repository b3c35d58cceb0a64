//! A command was about something that is not there: what it was, and which one.

use std::error::Error;
use std::fmt::Display;

use commands::{CommandError, Refusal};

/// There is no such thing.
#[derive(Debug, thiserror::Error)]
#[error("there is no {what} {id}")]
pub struct Missing {
    what: &'static str,
    id: String,
}

impl Missing {
    /// That the thing with this id is missing.
    pub fn new(what: &'static str, id: impl Display) -> Self {
        Self {
            what,
            id: id.to_string(),
        }
    }
}

/// Names what a command did not find; its other refusals speak for themselves, and are told without saying that they are some.
pub fn named(what: &'static str, id: impl Display) -> impl FnOnce(CommandError) -> Box<dyn Error> {
    move |error| match error.refusal() {
        Some(Refusal::NotFound) => Missing::new(what, id).into(),
        Some(refusal) => refusal.clone().into(),
        None => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_and_any_other_refusal_is_told_once() {
        let said = |error| named("account", 7)(error).to_string();
        assert_eq!(said(Refusal::NotFound.into()), "there is no account 7");
        assert_eq!(said(Refusal::NotYours.into()), "this role may not do this");
        assert_eq!(said(CommandError::Busy), "too many others want the same");
    }
}
