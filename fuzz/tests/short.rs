//! The short run: what once broke something, every seed, and some thousand mutations, the same each time.

#![expect(clippy::unwrap_used, reason = "a target that is not there is a failed test")]

use std::path::Path;

use fuzz::Target;
use fuzz::mutation::Mutator;

/// Decides which mutations there are; each run of the suite has the same.
const SEED: u64 = 20_261_201;

fn run(name: &str, mutations: usize) {
    let target: &Target = fuzz::target(name).unwrap();
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty());
    for input in kept(name).iter().chain(&seeds) {
        run_one(target, input);
    }
    let mut mutator = Mutator::new(seeds, SEED);
    for _ in 0..mutations {
        run_one(target, &mutator.another());
    }
}

/// Says which input it was that broke the invariant.
fn run_one(target: &Target, input: &[u8]) {
    let broken = std::panic::catch_unwind(|| (target.run)(input)).is_err();
    assert!(!broken, "{} is broken by: {}", target.name, input.escape_ascii());
}

fn kept(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = std::fs::read_dir(folder).into_iter().flatten();
    files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn a_cursor_has_one_spelling_and_one_list() {
    run("cursors", 200_000);
}

#[test]
fn facts_of_any_version_read_as_they_are_written() {
    run("facts", 100_000);
}

#[test]
fn nobody_but_the_bank_signs_its_notices() {
    run("notices", 50_000);
}

#[test]
fn a_changed_token_is_no_token() {
    run("tokens", 20_000);
}

#[test]
fn no_request_is_answered_by_a_fault() {
    run("requests", 20_000);
}

#[test]
fn every_target_is_run_here() {
    let source = include_str!("short.rs");
    for target in &fuzz::TARGETS {
        assert!(
            source.contains(&format!("run(\"{}\"", target.name)),
            "{}",
            target.name
        );
    }
}
