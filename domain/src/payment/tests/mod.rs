//! Given these facts of a payment, when this is asked, then that happens.

mod asking;
pub(in crate::payment) mod depositing;
mod refunding;
mod return_urls;
mod seeing;
mod settling;
mod turns;

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use jiff::{SignedDuration, Timestamp};

use crate::money::Money;
use crate::payment::charging::{captured_before_move, charged_at_booking};
use crate::payment::commands::{
    RecordAuthorised, RecordFailed, RecordUnknown, Refund, Settle, StartForBooking,
};
use crate::payment::decide::decide;
use crate::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
use crate::payment::provider::{CaptureMode, Provider, Route};
use crate::payment::refusal::PaymentRefusal;
use crate::payment::{Payment, PaymentCommand};
use crate::people::{Actor, Role};
use crate::reactions::{GiveUpReason, RecordReactionGivenUp, RecordReactionRefused};
use crate::tests::fixtures::{id, moment, patient_id, person, rub};

const HELD: Route = Route {
    provider: Provider::Yookassa,
    taking: CaptureMode::Held,
    receipts: true,
};

const AT_ONCE: Route = Route {
    provider: Provider::Tbank,
    taking: CaptureMode::AtOnce,
    receipts: true,
};

fn at() -> Timestamp {
    moment("2026-12-01T09:00:00Z")
}

pub(in crate::payment) fn started(method: PaymentMethod) -> PaymentEvent {
    PaymentEvent::Started {
        payment_id: id(20),
        booking_id: id(5),
        patient_id: patient_id(),
        method,
        amount: rub(2000),
        at: at(),
    }
}

fn start(method: PaymentMethod) -> StartForBooking {
    StartForBooking {
        payment_id: id(20),
        booking_id: id(5),
        patient_id: patient_id(),
        method,
        amount: rub(2000),
        route: match method {
            PaymentMethod::Wallet => None,
            PaymentMethod::Yookassa => Some(HELD),
            PaymentMethod::Sbp => Some(AT_ONCE),
        },
        return_url: None,
        at: at(),
    }
}

/// What starts a payment from the wallet.
pub(in crate::payment) fn start_by_wallet() -> StartForBooking {
    start(PaymentMethod::Wallet)
}

pub(in crate::payment) fn fold(facts: &[PaymentEvent]) -> Payment {
    let mut payment = Payment::default();
    for fact in facts {
        payment.apply(fact.clone());
    }
    payment
}

fn authorised() -> PaymentEvent {
    PaymentEvent::Authorised {
        amount: rub(2000),
        expires_at: None,
        at: at(),
    }
}

fn captured(amount: Money, released: Money) -> PaymentEvent {
    PaymentEvent::Captured {
        amount,
        released,
        at: at(),
    }
}

fn refunded(number: u32, amount: Money) -> PaymentEvent {
    let by = person(Role::Admin);
    PaymentEvent::Refunded {
        number,
        amount,
        reason: RefundReason::Goodwill,
        by,
        at: at(),
    }
}

fn history(method: PaymentMethod, state: &str) -> Vec<PaymentEvent> {
    let begun = started(method);
    let taken = captured(rub(2000), rub(0));
    match state {
        "absent" => vec![],
        "pending" => vec![begun],
        "authorised" => vec![begun, authorised()],
        "completed" => vec![begun, authorised(), taken],
        "partially_refunded" => vec![begun, authorised(), taken, refunded(1, rub(500))],
        "refunded" => vec![begun, authorised(), taken, refunded(1, rub(2000))],
        "failed" => vec![
            begun,
            PaymentEvent::Failed {
                code: "declined".to_owned(),
                at: at(),
            },
        ],
        "cancelled" => {
            vec![
                begun,
                authorised(),
                PaymentEvent::Cancelled {
                    released: rub(2000),
                    at: at(),
                },
            ]
        }
        other => panic!("no state {other}"),
    }
}

const STATES: [&str; 8] = [
    "absent",
    "pending",
    "authorised",
    "completed",
    "failed",
    "cancelled",
    "partially_refunded",
    "refunded",
];

fn outcome(payment: &Payment, command: PaymentCommand) -> String {
    match decide(payment, command) {
        Ok(facts) if facts.is_empty() => "-".to_owned(),
        Ok(facts) => facts
            .iter()
            .map(PaymentEvent::type_name)
            .collect::<Vec<_>>()
            .join("+"),
        Err(PaymentRefusal::NotNow { .. }) => "no".to_owned(),
        Err(refusal) => refusal.code().to_owned(),
    }
}

fn settle(due: Money) -> Settle {
    Settle {
        due,
        reason: RefundReason::Settlement,
        by: Actor::Process,
        at: at(),
    }
}

fn refund(amount: Money) -> Refund {
    Refund {
        amount,
        reason: RefundReason::Complaint,
        by: person(Role::Admin),
        again: false,
        at: at(),
    }
}

/// In the order of [`STATES`]: the facts, `-` for none, or the code of the refusal.
fn rule_book() -> Vec<(&'static str, PaymentCommand, &'static str)> {
    let full = rub(2000);
    let hold = RecordAuthorised {
        amount: full,
        expires_at: None,
        at: at(),
    }
    .into();
    let failed = RecordFailed {
        code: "declined".to_owned(),
        at: at(),
    }
    .into();
    vec![
        (
            "unknown",
            RecordUnknown { at: at() }.into(),
            "not_found PaymentOutcomeUnknown PaymentOutcomeUnknown - - - - -",
        ),
        (
            "hold",
            hold,
            "not_found PaymentAuthorised - - PaymentAuthorised - - -",
        ),
        ("failed", failed, "not_found PaymentFailed no no - - no no"),
        (
            "settle for the price",
            settle(full).into(),
            "not_found - PaymentCaptured - - - - -",
        ),
        (
            "settle for nothing",
            settle(rub(0)).into(),
            "not_found PaymentCancelled PaymentCancelled PaymentRefunded - - PaymentRefunded -",
        ),
        (
            "refund",
            refund(rub(1)).into(),
            "not_found no no PaymentRefunded no no PaymentRefunded no",
        ),
    ]
}

#[test]
fn every_command_meets_its_rule_in_every_state() {
    for (name, command, expected) in rule_book() {
        let expected: Vec<&str> = expected.split(' ').collect();
        assert_eq!(expected.len(), STATES.len(), "{name}");
        for (state, expected) in STATES.into_iter().zip(expected) {
            let payment = fold(&history(PaymentMethod::Wallet, state));
            assert_eq!(
                outcome(&payment, command.clone()),
                expected,
                "{name} when {state}"
            );
        }
    }
}

#[test]
fn every_state_has_its_word_and_its_money() {
    for state in STATES {
        let payment = fold(&history(PaymentMethod::Wallet, state));
        assert_eq!(payment.status().as_str(), state);
        assert_eq!(
            payment.secures(),
            matches!(state, "authorised" | "completed"),
            "{state}"
        );
        assert_eq!(
            payment.is_final(),
            matches!(state, "failed" | "cancelled" | "refunded"),
            "{state}"
        );
        assert_eq!(payment.terms().is_some(), state != "absent");
        assert!(!payment.checking());
        assert_eq!(
            payment.held(),
            if state == "authorised" { rub(2000) } else { rub(0) },
            "{state}"
        );
    }
    let partly = fold(&history(PaymentMethod::Wallet, "partially_refunded"));
    assert_eq!((partly.captured(), partly.refunded()), (rub(2000), rub(500)));
}

#[test]
fn a_payment_starts_once_by_a_method_the_platform_can_carry_out() {
    let fresh = || TestFramework::<Payment>::with(()).given_no_previous_events();
    fresh()
        .when(start(PaymentMethod::Wallet).into())
        .then_expect_events(vec![started(PaymentMethod::Wallet)]);
    for method in [PaymentMethod::Yookassa, PaymentMethod::Sbp] {
        let unrouted = StartForBooking {
            route: None,
            ..start(method)
        };
        fresh()
            .when(unrouted.into())
            .then_expect_error(PaymentRefusal::MethodUnavailable);
        let route = start(method).route.unwrap();
        let routed = PaymentEvent::Routed { route, at: at() };
        fresh()
            .when(start(method).into())
            .then_expect_events(vec![started(method), routed]);
    }
    let routed_wallet = StartForBooking {
        route: Some(HELD),
        ..start(PaymentMethod::Wallet)
    };
    fresh()
        .when(routed_wallet.into())
        .then_expect_error(PaymentRefusal::MethodUnavailable);
    let nothing = StartForBooking {
        amount: rub(0),
        ..start(PaymentMethod::Wallet)
    };
    fresh()
        .when(nothing.into())
        .then_expect_error(PaymentRefusal::AmountOutOfRange);
    let begun = || TestFramework::<Payment>::with(()).given(vec![started(PaymentMethod::Wallet)]);
    begun()
        .when(start(PaymentMethod::Wallet).into())
        .then_expect_events(vec![]);
    let other = StartForBooking {
        amount: rub(1),
        ..start(PaymentMethod::Wallet)
    };
    begun()
        .when(other.into())
        .then_expect_error(PaymentRefusal::NotNow { status: "pending" });
}

#[test]
fn a_fruitless_reaction_is_told_once() {
    let refused = RecordReactionRefused {
        intent_id: id(40),
        code: "not_now".to_owned(),
        at: at(),
    };
    let by = person(Role::Admin);
    let given_up = RecordReactionGivenUp {
        intent_id: id(40),
        reason: GiveUpReason::DoneByHand,
        by,
        at: at(),
    };
    assert_eq!(
        decide(&Payment::Absent, refused.clone()),
        Err(PaymentRefusal::NoSuchPayment)
    );
    assert_eq!(
        decide(&Payment::Absent, given_up.clone()),
        Err(PaymentRefusal::NoSuchPayment)
    );
    let mut facts = history(PaymentMethod::Wallet, "authorised");
    for command in [PaymentCommand::from(refused), PaymentCommand::from(given_up)] {
        let decided = decide(&fold(&facts), command.clone()).unwrap();
        assert_eq!(decided.len(), 1);
        facts.extend(decided);
        assert_eq!(decide(&fold(&facts), command), Ok(vec![]));
    }
}

#[test]
fn facts_without_a_payment_leave_it_absent() {
    for fact in history(PaymentMethod::Wallet, "partially_refunded")
        .into_iter()
        .skip(1)
    {
        assert_eq!(fold(&[fact]), Payment::Absent);
    }
    assert_eq!(
        fold(&[PaymentEvent::OutcomeUnknown { at: at() }]),
        Payment::Absent
    );
}

#[test]
fn a_payment_survives_being_written_down() {
    for state in STATES {
        let payment = fold(&history(PaymentMethod::Wallet, state));
        let text = serde_json::to_string(&payment).unwrap();
        assert_eq!(serde_json::from_str::<Payment>(&text).unwrap(), payment);
    }
}

#[test]
fn a_hold_that_was_let_go_does_not_come_a_second_time() {
    let hold = RecordAuthorised {
        amount: rub(2000),
        expires_at: None,
        at: at(),
    };
    let mut payment = Payment::default();
    let commands: [PaymentCommand; 3] = [
        start(PaymentMethod::Wallet).into(),
        hold.clone().into(),
        settle(rub(0)).into(),
    ];
    for command in commands {
        for fact in decide(&payment, command).unwrap() {
            payment.apply(fact);
        }
    }
    assert!(matches!(payment, Payment::Cancelled(_)));
    assert_eq!(decide(&payment, hold).unwrap(), []);
}
