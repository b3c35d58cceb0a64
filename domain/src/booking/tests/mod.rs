//! Given these facts of a booking, when this is asked, then that happens.

mod asking;
mod changing;
mod clock;
mod earning;
mod ending;
mod paying;
mod room;
mod steps;
mod visit;

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use jiff::{SignedDuration, Timestamp};

use self::steps::{accept, arrive, begin, complete, depart, no_show, pass_deadline};
use self::visit::rules_of_the_visit;
use crate::booking::commands::{
    ApplyPayment, Assign, Cancel, Expire, RequestVisit, Reschedule, StartPayment, Unassign,
};
use crate::booking::decide::decide;
use crate::booking::events::{Appointment, BookingEvent, CallType, CancelReason};
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Booking, BookingCommand, quote};
use crate::money::Money;
use crate::people::{Actor, Role};
use crate::policy::cancellation::CancellationTerms;
use crate::reactions::{GiveUpReason, RecordReactionGivenUp, RecordReactionRefused};
use crate::tests::fixtures::{appointment, doctor_id, id, moment, patient_id, person, rub, sealed};

const ASKED: &str = "2026-12-01T09:00:00Z";
const PAY_BY: &str = "2026-12-01T09:15:00Z";

fn start() -> Timestamp {
    moment("2026-12-10T12:00:00Z")
}

fn before_start(minutes: i64) -> Timestamp {
    start() - SignedDuration::from_mins(minutes)
}

fn agreed() -> Appointment {
    appointment("2026-12-10T12:00:00Z", "2026-12-10T12:30:00Z")
}

fn later() -> Appointment {
    appointment("2026-12-11T12:00:00Z", "2026-12-11T12:30:00Z")
}

fn ask(call_type: CallType) -> RequestVisit {
    let urgent = call_type == CallType::Urgent;
    RequestVisit {
        booking_id: id(5),
        patient_id: patient_id(),
        call_type,
        appointment: (!urgent).then(agreed),
        offered: rub(2000),
        offered_version: None,
        price: rub(2000),
        tariff_version: 1,
        terms: CancellationTerms::default_for(call_type),
        pay_by: moment(PAY_BY),
        details: Some(sealed(6)),
        at: moment(ASKED),
    }
}

fn after(mut facts: Vec<BookingEvent>, command: impl Into<BookingCommand>) -> Vec<BookingEvent> {
    let booking = fold(&facts);
    let decided = decide(&booking, informed(&booking, command.into())).unwrap();
    facts.extend(decided);
    facts
}

/// The command as somebody makes it who asked for the fee before cancelling.
pub(in crate::booking) fn informed(booking: &Booking, command: BookingCommand) -> BookingCommand {
    if let BookingCommand::Cancel(cancel) = &command
        && cancel.expected_fee.is_none()
    {
        let expected_fee = quote(booking, cancel.by, cancel.at).ok();
        return Cancel {
            expected_fee,
            ..cancel.clone()
        }
        .into();
    }
    command
}

fn fold(facts: &[BookingEvent]) -> Booking {
    let mut booking = Booking::default();
    for fact in facts {
        booking.apply(fact.clone());
    }
    booking
}

fn paid(number: u128, at: Timestamp) -> ApplyPayment {
    ApplyPayment {
        payment_id: id(number),
        slot_free: None,
        at,
    }
}

/// A booking brought to the named state by the shortest way.
fn history(call_type: CallType, state: &str) -> Vec<BookingEvent> {
    let by = person(Role::Doctor);
    let at = moment(ASKED);
    let requested = || after(vec![], ask(call_type));
    let secured = || {
        let facts = after(requested(), paid(20, at));
        if call_type == CallType::Urgent {
            facts
        } else {
            after(facts, Unassign { by, at })
        }
    };
    let assigned = || {
        if call_type == CallType::Urgent {
            after(
                secured(),
                Assign {
                    appointment: agreed(),
                    by: person(Role::Admin),
                    at,
                },
            )
        } else {
            after(requested(), paid(20, at))
        }
    };
    let en_route = || {
        if call_type == CallType::Consultation {
            panic!("a consultation has no journey")
        }
        after(assigned(), depart(before_start(30)))
    };
    let arrived = || {
        if call_type == CallType::Consultation {
            after(assigned(), arrive(before_start(5)))
        } else {
            after(en_route(), arrive(before_start(5)))
        }
    };
    let in_progress = || after(arrived(), begin(start()));
    match state {
        "absent" => vec![],
        "requested" => requested(),
        "secured" => secured(),
        "assigned" => assigned(),
        "en_route" => en_route(),
        "arrived" => arrived(),
        "in_progress" => in_progress(),
        "completed" => after(in_progress(), complete(before_start(-5))),
        "cancelled" => after(assigned(), cancel(Role::Doctor, at)),
        "expired" => after(
            requested(),
            Expire {
                payment_secures: None,
                at: moment(PAY_BY),
            },
        ),
        "no_show" => after(arrived(), no_show(before_start(-15))),
        "missed" => after(assigned(), pass_deadline(before_start(-30 - 24 * 60))),
        other => panic!("no state {other}"),
    }
}

fn cancel(role: Role, at: Timestamp) -> Cancel {
    Cancel {
        by: person(role),
        reason: CancelReason::PatientRequest,
        note: None,
        expected_fee: None,
        at,
    }
}

fn outcome(booking: &Booking, command: BookingCommand) -> String {
    match decide(booking, informed(booking, command)) {
        Ok(facts) if facts.is_empty() => "-".to_owned(),
        Ok(facts) => facts
            .iter()
            .map(BookingEvent::type_name)
            .collect::<Vec<_>>()
            .join("+"),
        Err(BookingRefusal::NotNow { .. }) => "no".to_owned(),
        Err(refusal) => refusal.code().to_owned(),
    }
}

const STATES: [&str; 12] = [
    "absent",
    "requested",
    "secured",
    "assigned",
    "en_route",
    "arrived",
    "in_progress",
    "completed",
    "cancelled",
    "expired",
    "no_show",
    "missed",
];

/// In the order of [`STATES`]: the facts, `-` for none, or the code of the refusal.
fn rules_of_the_agreement() -> Vec<(&'static str, BookingCommand, &'static str)> {
    let by = person(Role::Doctor);
    let at = moment("2026-12-01T09:05:00Z");
    let overdue = moment("2026-12-01T09:20:00Z");
    let reschedule = Reschedule { to: later(), by, at }.into();
    let pay = StartPayment {
        payment_id: id(30),
        previous_is_final: true,
        at,
    }
    .into();
    let expire = Expire {
        payment_secures: None,
        at: overdue,
    }
    .into();
    vec![
        (
            "reschedule",
            reschedule,
            "not_found BookingRescheduled BookingRescheduled+BookingAssigned BookingRescheduled no no no no no no no no",
        ),
        (
            "accept a change",
            accept(at).into(),
            "not_found no - - - no no no no no no no",
        ),
        (
            "cancel by the patient",
            cancel(Role::Patient, at).into(),
            "not_found BookingCancelled BookingCancelled BookingCancelled BookingCancelled BookingCancelled too_late no - \
             no no no",
        ),
        (
            "cancel by the doctor",
            cancel(Role::Doctor, at).into(),
            "not_found BookingCancelled BookingCancelled BookingCancelled BookingCancelled BookingCancelled BookingCancelled \
             no - no no no",
        ),
        (
            "start payment",
            pay,
            "not_found BookingPaymentStarted payment_under_way payment_under_way payment_under_way \
             payment_under_way payment_under_way no no too_late no no",
        ),
        ("expire", expire, "not_found BookingExpired - - - - - - - - - -"),
        (
            "money",
            paid(30, at).into(),
            "not_found BookingSecured+BookingAssigned LatePaymentRefused LatePaymentRefused LatePaymentRefused \
             LatePaymentRefused LatePaymentRefused LatePaymentRefused LatePaymentRefused LatePaymentRefused \
             LatePaymentRefused LatePaymentRefused",
        ),
    ]
}

#[test]
fn every_command_meets_its_rule_in_every_state() {
    for (name, command, expected) in [rules_of_the_visit(), rules_of_the_agreement()].concat() {
        let expected: Vec<&str> = expected.split(' ').collect();
        assert_eq!(expected.len(), STATES.len(), "{name}");
        for (state, expected) in STATES.into_iter().zip(expected) {
            let booking = fold(&history(CallType::Scheduled, state));
            assert_eq!(
                outcome(&booking, command.clone()),
                expected,
                "{name} when {state}"
            );
        }
    }
}

#[test]
fn every_state_has_its_word_and_says_whether_it_claims_time() {
    let shown = STATES.map(|state| fold(&history(CallType::Urgent, state)));
    let words = shown.each_ref().map(|booking| booking.status().as_str());
    assert_eq!(
        words,
        [
            "absent",
            "pending",
            "pending",
            "assigned",
            "en_route",
            "arrived",
            "in_progress",
            "completed",
            "cancelled",
            "expired",
            "no_show",
            "missed"
        ]
    );
    let claiming = shown.each_ref().map(Booking::claims_time);
    assert_eq!(
        claiming,
        [
            false, true, true, true, true, true, true, false, false, false, false, false
        ]
    );
    assert!(shown[0].agreement().is_none());
    assert_eq!(shown[3].agreement().unwrap().doctor_id(), Some(doctor_id()));
}

#[test]
fn an_assignment_is_not_in_the_past_and_counts_once() {
    let by = person(Role::Admin);
    let secured = history(CallType::Urgent, "secured");
    let late = Assign {
        appointment: agreed(),
        by,
        at: before_start(-1),
    };
    assert_eq!(decide(&fold(&secured), late), Err(BookingRefusal::InThePast));
    let now = Assign {
        appointment: agreed(),
        by,
        at: start(),
    };
    let assigned = fold(&after(secured, now.clone()));
    assert_eq!(decide(&assigned, now), Ok(vec![]));
}

#[test]
fn a_fruitless_reaction_is_told_once() {
    let at = moment(ASKED);
    let refused = RecordReactionRefused {
        intent_id: id(40),
        code: "not_now".to_owned(),
        at,
    };
    let given_up = RecordReactionGivenUp {
        intent_id: id(40),
        reason: GiveUpReason::Obsolete,
        by: person(Role::Admin),
        at,
    };
    assert_eq!(
        decide(&Booking::Absent, refused.clone()),
        Err(BookingRefusal::NoSuchBooking)
    );
    assert_eq!(
        decide(&Booking::Absent, given_up.clone()),
        Err(BookingRefusal::NoSuchBooking)
    );
    let facts = after(history(CallType::Urgent, "completed"), refused.clone());
    let facts = after(facts, given_up.clone());
    let names: Vec<_> = facts.iter().rev().take(2).map(BookingEvent::type_name).collect();
    assert_eq!(names, ["BookingReactionGivenUp", "BookingReactionRefused"]);
    let booking = fold(&facts);
    assert_eq!(decide(&booking, refused), Ok(vec![]));
    assert_eq!(decide(&booking, given_up), Ok(vec![]));
}

#[test]
fn facts_without_a_booking_leave_it_absent() {
    for fact in history(CallType::Scheduled, "no_show").into_iter().skip(1) {
        assert_eq!(fold(&[fact]), Booking::Absent);
    }
    let expired = history(CallType::Scheduled, "expired").pop().unwrap();
    assert_eq!(
        fold(&[
            expired,
            BookingEvent::PaymentStarted {
                payment_id: id(1),
                at: start()
            }
        ]),
        Booking::Absent
    );
}

#[test]
fn a_booking_survives_being_written_down() {
    for state in STATES {
        let booking = fold(&history(CallType::Scheduled, state));
        let text = serde_json::to_string(&booking).unwrap();
        assert_eq!(serde_json::from_str::<Booking>(&text).unwrap(), booking);
    }
}
