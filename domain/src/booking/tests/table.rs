//! The table at the head of the module: what the rules do with each step from each state of a visit.

use super::*;

const HEAD: &str = include_str!("../mod.rs");

/// The steps, as the table's first line names them.
fn steps() -> impl Iterator<Item = &'static str> {
    let named = HEAD.lines().find(|line| line.contains("assign  ")).unwrap();
    named.trim_start_matches("//!").split_whitespace()
}

/// The name of the state, as the code has it.
fn name(booking: &Booking) -> String {
    let shown = format!("{booking:?}");
    shown.split('(').next().unwrap().to_owned()
}

/// Where the step leads, in the signs of the table.
fn leads_to(facts: &[BookingEvent], command: BookingCommand) -> String {
    match decide(&fold(facts), command) {
        Ok(none) if none.is_empty() => "=".to_owned(),
        Ok(more) => name(&fold(&[facts, &more].concat())),
        Err(_) => ".".to_owned(),
    }
}

#[test]
fn the_table_at_the_head_is_what_the_rules_do() {
    for state in [
        "secured",
        "assigned",
        "en_route",
        "arrived",
        "in_progress",
        "completed",
        "no_show",
    ] {
        let facts = history(CallType::Scheduled, state);
        let mut row = format!("//! {:<12}", name(&fold(&facts)));
        for (step, (named, command, _)) in steps().zip(rules_of_the_visit()) {
            assert_eq!(step, named);
            row.push_str(&format!("{:<12}", leads_to(&facts, command)));
        }
        assert!(
            HEAD.lines().any(|line| line == row.trim_end()),
            "not at the head:\n{row}"
        );
    }
    let set = history(CallType::Consultation, "assigned");
    assert_eq!(leads_to(&set, arrive(before_start(1)).into()), "Arrived");
}
