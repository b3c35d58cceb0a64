//! What was typed, as far as the trail may keep it: the command, and its arguments without what might be a secret or a person's.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::rules;

/// In the place of a value that is not told.
const UNTOLD: &str = "…";
/// How many digits telephone numbers have (E.164 has 15 at most; a date has 8, an id 32).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 10..=15;

/// A command as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedCommand {
    /// With the names of the commands above it: `tot projections rebuild`.
    pub command: String,
    /// What was given with it.
    pub target: String,
}

impl TypedCommand {
    /// Reads it off what clap made of the command line; `root` is the built command.
    pub fn of(root: &Command, matches: &ArgMatches) -> Self {
        let (mut name, mut command, mut matches) = ("tot".to_owned(), root, matches);
        while let Some((word, below)) = matches.subcommand() {
            let Some(found) = command.find_subcommand(word) else {
                break;
            };
            name = format!("{name} {word}");
            (command, matches) = (found, below);
        }
        let told = rules::shown_arguments(&name);
        let given: Vec<String> = command
            .get_arguments()
            .filter(|argument| !argument.is_global_set())
            .flat_map(|argument| words(argument, matches, told.contains(&argument.get_id().as_str())))
            .collect();
        Self {
            target: given.join(" "),
            command: name,
        }
    }
}

/// The argument as it was given on the command line; nothing when it was not.
fn words(argument: &Arg, matches: &ArgMatches, is_told: bool) -> Vec<String> {
    let id = argument.get_id().as_str();
    if matches.value_source(id) != Some(ValueSource::CommandLine) {
        return Vec::new();
    }
    let option = argument.get_long().map(|long| format!("--{long}"));
    if !argument.get_action().takes_values() {
        return option.into_iter().collect();
    }
    let values = matches.get_raw(id).into_iter().flatten();
    values
        .map(|value| {
            let value = value.to_string_lossy();
            let shown = if is_told { shown(&value) } else { UNTOLD.to_owned() };
            match &option {
                Some(option) => format!("{option} {shown}"),
                None => shown,
            }
        })
        .collect()
}

/// A value that is told, unless somebody typed an address or a number of a person in its place.
fn shown(value: &str) -> String {
    // The first character may be the `@` of a position.
    let is_address = value.chars().skip(1).any(|letter| letter == '@');
    if is_address || is_phone(value) {
        return UNTOLD.to_owned();
    }
    let is_plain = |letter: char| !letter.is_whitespace() && !letter.is_control();
    if !value.is_empty() && value.chars().all(is_plain) {
        value.to_owned()
    } else {
        // Quoted, and without a character that would move a terminal's cursor.
        format!("{value:?}")
    }
}

fn is_phone(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let only = |letter: char| letter.is_ascii_digit() || "+-() ".contains(letter);
    PHONE_DIGITS.contains(&digits) && value.chars().all(only)
}
