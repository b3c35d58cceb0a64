//! The list of what is recorded against clap's tree, and what is kept of arguments.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::CommandFactory as _;
use identity::CommandLineResult;

use super::rules::{self, Rule};
use super::{TypedCommand, result_of};
use crate::cli::Cli;
use crate::cli::exit::{INCOMPLETE, INTERRUPTED, NOT_SO};
use crate::cli::tests::acting;

/// Arguments that may hold a person, a secret or somebody's own words.
const NEVER_TOLD: [&str; 14] = [
    "email",
    "phone",
    "first_name",
    "last_name",
    "clinic_name",
    "specialization",
    "languages",
    "note",
    "q",
    "query",
    "receipt",
    "password",
    "password_stdin",
    "token",
];

#[test]
fn whoever_adds_a_command_decides_what_the_trail_keeps_of_it() {
    let decided: Vec<&str> = rules::all().map(|(name, _)| name).collect();
    let there: Vec<String> = acting().into_keys().collect();
    assert_eq!(
        decided, there,
        "in server/src/cli/trail/rules.rs: recorded, or not and why; by name"
    );
    for (name, rule) in rules::all() {
        if let Rule::Unrecorded(because) = rule {
            assert!(because.len() > 10, "{name}: {because}");
        }
    }
}

#[test]
fn what_is_told_are_arguments_of_the_command_and_never_a_person_or_a_secret() {
    let commands = acting();
    for (name, _) in rules::all() {
        for told in rules::shown_arguments(name) {
            let has = commands[name]
                .get_arguments()
                .any(|argument| argument.get_id() == told);
            assert!(has, "{name} has no argument {told}");
            assert!(!NEVER_TOLD.contains(told), "{name}: {told}");
        }
    }
}

#[test]
fn arguments_are_kept_as_typed_and_those_of_people_only_named() {
    let cases = BTreeMap::from([
        (
            "tot projections rebuild bookings --force",
            ("tot projections rebuild", "bookings --force"),
        ),
        (
            "tot account edit 019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69 --email anna@example.com --no-phone",
            (
                "tot account edit",
                "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69 --email … --no-phone",
            ),
        ),
        ("tot --json find +79001234567", ("tot find", "…")),
        (
            "tot export events --out events.csv --from-position 42 --json",
            ("tot export", "events --out events.csv --from-position 42"),
        ),
        (
            "tot replay --policy prices.json --from @42",
            ("tot replay", "--policy prices.json --from @42"),
        ),
        // Somebody mistook the argument.
        (
            "tot stream show account anna@example.com",
            ("tot stream show", "account …"),
        ),
        (
            "tot stream show account +79001234567",
            ("tot stream show", "account …"),
        ),
        (
            "tot stream show wallet 019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69_000001 --as-of @7",
            (
                "tot stream show",
                "wallet 019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69_000001 --as-of @7",
            ),
        ),
        ("tot whoami", ("tot whoami", "")),
    ]);
    for (line, (command, target)) in cases {
        assert_eq!(typed(&line.split(' ').collect::<Vec<_>>()), said(command, target));
    }
    let forged = [
        "tot",
        "projections",
        "unpark",
        "bookings",
        "--key",
        "a\u{1b}[2K --force",
    ];
    assert_eq!(
        typed(&forged),
        said("tot projections unpark", "bookings --key \"a\\u{1b}[2K --force\"")
    );
}

#[test]
fn a_result_is_told_by_the_exit_code() {
    let of = |code: u8| result_of::<()>(&Ok(ExitCode::from(code)));
    assert_eq!(of(0), CommandLineResult::Done);
    assert_eq!(of(1), CommandLineResult::Failed);
    assert_eq!(of(NOT_SO), CommandLineResult::NotSo);
    assert_eq!(of(INCOMPLETE), CommandLineResult::Incomplete);
    assert_eq!(of(INTERRUPTED), CommandLineResult::Interrupted);
    assert_eq!(result_of(&Err(())), CommandLineResult::Failed);
}

fn typed(words: &[&str]) -> TypedCommand {
    let mut command = Cli::command();
    let matches = command.try_get_matches_from_mut(words).unwrap();
    TypedCommand::of(&command, &matches)
}

fn said(command: &str, target: &str) -> TypedCommand {
    TypedCommand {
        command: command.to_owned(),
        target: target.to_owned(),
    }
}
