//! The steps of a visit: what the rules make of each in each state, as the table at the head of the module says it.

use super::*;

/// Each step, and in the order of [`STATES`]: the facts, `-` for none, or the code of the refusal.
pub(super) fn rules_of_the_visit() -> Vec<(&'static str, BookingCommand, &'static str)> {
    let by = person(Role::Doctor);
    let at = moment("2026-12-01T09:05:00Z");
    let assign = Assign {
        appointment: later(),
        by,
        at,
    }
    .into();
    vec![
        (
            "assign",
            assign,
            "not_found no BookingAssigned no no no no no no no no no",
        ),
        (
            "unassign",
            Unassign { by, at }.into(),
            "not_found no - BookingUnassigned BookingUnassigned BookingUnassigned no no no no no no",
        ),
        (
            "depart",
            depart(before_start(60)).into(),
            "not_found no no DoctorDeparted - no no no no no no no",
        ),
        (
            "arrive",
            arrive(before_start(1)).into(),
            "not_found no no no DoctorArrived - no no no no no no",
        ),
        (
            "start",
            begin(start()).into(),
            "not_found no no no DoctorArrived+VisitStarted VisitStarted - no no no no no",
        ),
        (
            "complete",
            complete(before_start(-5)).into(),
            "not_found no no no no no VisitCompleted - no no no no",
        ),
        (
            "no_show",
            no_show(before_start(-15)).into(),
            "not_found no no no no PatientNoShow no no no no - no",
        ),
        (
            "pass the start",
            pass_deadline(start()).into(),
            "not_found - BookingNobodyFound - - - - - - - - -",
        ),
        (
            "pass a day after the end",
            pass_deadline(before_start(-30 - 24 * 60)).into(),
            "not_found - BookingNobodyFound BookingMissed BookingEscalated BookingEscalated BookingEscalated - - - - -",
        ),
    ]
}

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
