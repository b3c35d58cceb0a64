//! Refunds of one payment go one after another, and none is forgotten.

use super::asking::intend;
use super::refunding::{taken, told_alone};
use super::seeing::{names, then};
use super::*;
use crate::payment::anomaly::{AnomalyKind, Resolution};
use crate::payment::attempt::RefundStage;
use crate::payment::commands::{RecordRefused, RecordStuck, ResolveAnomaly};
use crate::payment::provider::Call;
use crate::people::Actor;

#[test]
fn case_33_refunds_of_one_payment_are_asked_for_one_after_another() {
    let mut facts = taken();
    for amount in [500, 700, 800] {
        facts = then(&facts, refund(rub(amount)));
    }
    let call = |number| Call::Refund { number };
    for (number, amount) in [(1, 500), (2, 700), (3, 800)] {
        for later in number + 1..=3 {
            assert_eq!(
                decide(&fold(&facts), intend(call(later))),
                Ok(vec![]),
                "its turn has not come"
            );
        }
        facts = then(&facts, intend(call(number)));
        facts = then(&facts, told_alone(number, RefundStage::Pending, rub(amount)));
        for later in number + 1..=3 {
            assert_eq!(
                decide(&fold(&facts), intend(call(later))),
                Ok(vec![]),
                "one is under way"
            );
        }
        facts = then(&facts, told_alone(number, RefundStage::Succeeded, rub(amount)));
    }
    assert_eq!(fold(&facts).status().as_str(), "refunded");
}

#[test]
fn case_33_a_refund_refused_for_now_is_asked_again_and_one_refused_for_good_is_a_task() {
    let call = Call::Refund { number: 1 };
    let no = |attempt, not_now| RecordRefused {
        call,
        attempt,
        code: "8".to_owned(),
        not_now,
        at: at(),
    };
    let asked = then(&then(&taken(), refund(rub(1500))), intend(call));
    let waits = then(&asked, no(1, true));
    assert_eq!(names(&waits[asked.len()..]), ["PaymentProviderCallRefused"]);
    assert_eq!(
        fold(&waits).attempt().unwrap().left(),
        Ok(rub(500)),
        "still reserved"
    );
    let again = then(&waits, intend(call));
    let keys: Vec<_> = fold(&again)
        .attempt()
        .unwrap()
        .calls
        .iter()
        .map(|made| made.key)
        .collect();
    assert_ne!(keys[0], keys[1], "a key that was refused says so again");
    let never = then(&again, no(2, false));
    assert_eq!(
        names(&never[again.len()..]),
        [
            "PaymentProviderCallRefused",
            "PaymentRefundCancelled",
            "PaymentAnomalyRecorded"
        ]
    );
    let stands = fold(&never);
    let anomaly = &stands.attempt().unwrap().anomalies[0].anomaly;
    assert_eq!(
        (anomaly.kind, anomaly.call),
        (AnomalyKind::RefundStuck, Some(call))
    );
}

#[test]
fn case_33_a_refund_that_nobody_answers_for_keeps_the_next_one_waiting_until_an_operator_has_dealt_with_it() {
    let call = |number| Call::Refund { number };
    let mut facts = then(&then(&taken(), refund(rub(500))), refund(rub(700)));
    facts = then(&facts, intend(call(1)));
    facts = then(&facts, told_alone(1, RefundStage::Pending, rub(500)));
    let stuck = RecordStuck {
        call: call(1),
        refused: false,
        at: at(),
    };
    facts = then(&facts, stuck);
    assert_eq!(
        decide(&fold(&facts), intend(call(2))),
        Ok(vec![]),
        "nobody has looked"
    );
    let resolve = ResolveAnomaly {
        number: 1,
        resolution: Resolution::SettledByHand,
        by: Actor::Process,
        at: at(),
    };
    facts = then(&facts, resolve);
    let left = fold(&facts).attempt().unwrap().left();
    assert_eq!(left, Ok(rub(800)), "its sum stays reserved: it may still arrive");
    let next = then(&facts, intend(call(2)));
    assert_eq!(names(&next).last(), Some(&"PaymentProviderCallIntended"));
    let late = then(&next, told_alone(1, RefundStage::Succeeded, rub(500)));
    assert_eq!(fold(&late).refunded(), rub(500), "and counts when it does");
}
