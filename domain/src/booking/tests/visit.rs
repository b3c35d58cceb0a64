//! The steps of a visit: what the rules make of each in each state, as the table at the head of the module says it.

use super::*;
use crate::booking::commands::ReportVisit;
use crate::booking::decide::visit::VisitReport;

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
            "estimate",
            estimate(before_start(60), before_start(30)).into(),
            "not_found no no no DoctorArrivalEstimated no no no no no no no",
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

fn estimate(at: Timestamp, arrives_at: Timestamp) -> ReportVisit {
    ReportVisit {
        report: VisitReport::EstimateArrival { arrives_at },
        ..depart(at)
    }
}

fn estimated(facts: &[BookingEvent]) -> Option<Timestamp> {
    fold(facts).agreement().unwrap().steps.estimated_arrival
}

#[test]
fn a_newer_estimate_replaces_the_older_one_and_the_same_changes_nothing() {
    let facts = history(CallType::Urgent, "en_route");
    assert_eq!(estimated(&facts), None);
    let facts = after(facts, estimate(before_start(60), before_start(30)));
    assert_eq!(estimated(&facts), Some(before_start(30)));
    let again = estimate(before_start(59), before_start(30));
    assert_eq!(decide(&fold(&facts), again), Ok(vec![]));
    // Also once its time has come: it was told before.
    let late = estimate(before_start(20), before_start(30));
    assert_eq!(decide(&fold(&facts), late), Ok(vec![]));
    let facts = after(facts, estimate(before_start(58), before_start(10)));
    assert_eq!(estimated(&facts), Some(before_start(10)));
}

#[test]
fn an_arrival_is_estimated_ahead_and_at_most_four_hours_ahead() {
    let tick = SignedDuration::from_nanos(1);
    let at = before_start(60);
    let booking = fold(&history(CallType::Scheduled, "en_route"));
    let met = |arrives_at| outcome(&booking, estimate(at, arrives_at).into());
    let last = at + SignedDuration::from_hours(4);
    assert_eq!(met(at), "in_the_past");
    assert_eq!(met(at + tick), "DoctorArrivalEstimated");
    assert_eq!(met(last), "DoctorArrivalEstimated");
    assert_eq!(met(last + tick), "too_early");
}

#[test]
fn an_estimate_is_forgotten_once_the_doctor_is_there_or_does_not_come() {
    let facts = history(CallType::Scheduled, "en_route");
    let facts = after(facts, estimate(before_start(60), before_start(30)));
    let (by, at) = (person(Role::Admin), before_start(40));
    let ends: [BookingCommand; 4] = [
        arrive(at).into(),
        begin(before_start(20)).into(),
        Unassign { by, at }.into(),
        cancel(Role::Doctor, at).into(),
    ];
    for end in ends {
        assert_eq!(estimated(&after(facts.clone(), end.clone())), None, "{end:?}");
    }
}
