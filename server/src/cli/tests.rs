//! The command line as a whole, found by walking clap's tree: what is documented is there, and what is there is documented.

use std::any::TypeId;
use std::collections::BTreeMap;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use domain::ids::{AccountId, AppId, AppSecretId, BookingId, ClinicId, IntentId, PayoutId, SessionId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::Cli;

const PAGE: &str = include_str!("../../../docs/how-to/use-the-command-line.md");

#[test]
fn clap_finds_no_fault_with_the_command_line() {
    Cli::command().debug_assert();
}

#[test]
fn the_page_tells_what_every_command_prints_with_json() {
    let told: Vec<&str> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(command, _)| command)
        .collect();
    let mut there: Vec<String> = leaves().into_keys().collect();
    there.sort();
    assert_eq!(told, there, "docs/how-to/use-the-command-line.md");
}

#[test]
fn every_command_and_every_argument_is_explained() {
    for (name, command) in leaves() {
        assert!(command.get_about().is_some(), "{name}");
        for argument in command.get_arguments() {
            let explained = argument
                .get_help()
                .is_some_and(|help| !help.to_string().is_empty());
            assert!(explained, "{name}: {}", argument.get_id());
        }
    }
}

/// Whatever a wrong value is refused with, it says what a right one looks like: the words of a parser of UUIDs or of times help nobody.
#[test]
fn every_id_and_every_instant_is_refused_with_an_example() {
    let ids: [TypeId; 9] = [
        TypeId::of::<AppId>(),
        TypeId::of::<AppSecretId>(),
        TypeId::of::<Uuid>(),
        TypeId::of::<AccountId>(),
        TypeId::of::<BookingId>(),
        TypeId::of::<ClinicId>(),
        TypeId::of::<IntentId>(),
        TypeId::of::<PayoutId>(),
        TypeId::of::<SessionId>(),
    ];
    let times = [TypeId::of::<Timestamp>(), TypeId::of::<Date>()];
    let (mut of_ids, mut of_times) = (0, 0);
    for (name, command) in acting() {
        for argument in command.get_arguments() {
            let kind = argument.get_value_parser().type_id();
            let (seen, example) = if ids.iter().any(|id| kind == *id) {
                (&mut of_ids, "must be a whole id such as 019a8f0e-")
            } else if times.iter().any(|time| kind == *time) {
                (&mut of_times, "must be a date such as 2026-12-01")
            } else {
                continue;
            };
            let typed = argument.get_long().map(|long| format!("--{long}=0199f2c0-…"));
            let typed = ["tot".to_owned(), typed.unwrap_or_else(|| "0199f2c0-…".to_owned())];
            let said = command
                .clone()
                .try_get_matches_from(typed)
                .unwrap_err()
                .to_string();
            assert!(said.contains(example), "{name} {}: {said}", argument.get_id());
            *seen += 1;
        }
    }
    assert!(of_ids > 20 && of_times > 6, "{of_ids} ids, {of_times} times");
}

#[test]
fn every_shell_completes_every_command() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "tot", &mut script);
        let script = String::from_utf8(script).unwrap();
        for name in leaves().keys() {
            let word = name.rsplit(' ').next().unwrap();
            assert!(script.contains(word), "{shell}: {name}");
        }
    }
}

/// Every command that does something, by what one types.
fn leaves() -> BTreeMap<String, Command> {
    let mut found = BTreeMap::new();
    let mut root = Cli::command();
    root.build();
    walk(root, "tot", &mut found);
    found.retain(|_, command| below(command).next().is_none());
    found
}

/// The same, and those above them that do something by themselves, such as `tot replay --policy`.
pub fn acting() -> BTreeMap<String, Command> {
    let mut found = BTreeMap::new();
    let mut root = Cli::command();
    root.build();
    walk(root, "tot", &mut found);
    found.retain(|_, command| !command.is_subcommand_required_set());
    found
}

fn walk(command: Command, name: &str, found: &mut BTreeMap<String, Command>) {
    for below in below(&command) {
        walk(below.clone(), &format!("{name} {}", below.get_name()), found);
    }
    found.insert(name.to_owned(), command);
}

fn below(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
}
