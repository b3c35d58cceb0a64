//! What is due is taken, the rest is free or goes back; far visits are charged early.

use super::seeing::{held, seen, then};
use super::*;
use crate::payment::anomaly::Resolution;
use crate::payment::commands::Stage;

#[test]
fn settling_a_hold_takes_what_is_due_and_frees_the_rest() {
    let settled = |due| {
        let facts = history(PaymentMethod::Wallet, "authorised");
        decide(&fold(&facts), settle(due))
    };
    assert_eq!(settled(rub(600)), Ok(vec![captured(rub(600), rub(1400))]));
    assert_eq!(settled(rub(2000)), Ok(vec![captured(rub(2000), rub(0))]));
    assert_eq!(
        settled(rub(2500)),
        Ok(vec![captured(rub(2000), rub(0))]),
        "there is no more to take"
    );
    assert_eq!(
        settled(rub(0)),
        Ok(vec![PaymentEvent::Cancelled {
            released: rub(2000),
            at: at()
        }])
    );
    assert_eq!(settled(rub(-1)), Err(PaymentRefusal::AmountOutOfRange));
}

#[test]
fn settling_taken_money_gives_back_all_but_what_is_due() {
    let back = |number, amount| PaymentEvent::Refunded {
        number,
        amount,
        reason: RefundReason::Settlement,
        by: Actor::Process,
        at: at(),
    };
    let mut facts = history(PaymentMethod::Wallet, "completed");
    let decided = decide(&fold(&facts), settle(rub(600))).unwrap();
    assert_eq!(decided, [back(1, rub(1400))]);
    facts.extend(decided);
    assert_eq!(
        decide(&fold(&facts), settle(rub(600))),
        Ok(vec![]),
        "the same command twice is one command"
    );
    let partly = fold(&history(PaymentMethod::Wallet, "partially_refunded"));
    assert_eq!(decide(&partly, settle(rub(600))), Ok(vec![back(2, rub(900))]));
    assert_eq!(
        decide(&partly, settle(rub(1800))),
        Ok(vec![]),
        "never less than nothing"
    );
}

#[test]
fn money_that_nobody_carries_is_not_moved() {
    let refused = Err(PaymentRefusal::MethodUnavailable);
    let held = fold(&history(PaymentMethod::Yookassa, "authorised"));
    assert_eq!(decide(&held, settle(rub(600))), refused);
    let taken = fold(&history(PaymentMethod::Sbp, "completed"));
    assert_eq!(decide(&taken, settle(rub(600))), refused);
    assert_eq!(decide(&taken, refund(rub(600))), refused);
    assert_eq!(
        decide(&taken, settle(rub(2000))),
        Ok(vec![]),
        "nothing has to move"
    );
    let pending = fold(&history(PaymentMethod::Sbp, "pending"));
    assert_eq!(
        decide(&pending, settle(rub(0))),
        Ok(vec![]),
        "it may still succeed and is met as late money"
    );
}

#[test]
fn no_more_is_refunded_than_was_taken() {
    let partly = history(PaymentMethod::Wallet, "partially_refunded");
    let given = || TestFramework::<Payment>::with(()).given(partly.clone());
    given()
        .when(refund(Money::kopecks(150_001)).into())
        .then_expect_error(PaymentRefusal::ExceedsCaptured);
    given()
        .when(refund(rub(0)).into())
        .then_expect_error(PaymentRefusal::AmountOutOfRange);
    given()
        .when(refund(rub(1500)).into())
        .then_expect_events(vec![PaymentEvent::Refunded {
            number: 2,
            amount: rub(1500),
            reason: RefundReason::Complaint,
            by: person(Role::Admin),
            at: at(),
        }]);
    let all = [partly.clone(), vec![refunded(2, rub(1500))]].concat();
    assert_eq!(fold(&all).status().as_str(), "refunded");
}

#[test]
fn a_far_visit_is_charged_at_booking() {
    let days = |days: i64| Some(at() + SignedDuration::from_hours(24 * days));
    let tick = SignedDuration::from_nanos(1);
    assert!(!charged_at_booking(PaymentMethod::Yookassa, days(6), at()));
    assert!(charged_at_booking(
        PaymentMethod::Yookassa,
        days(6).map(|end| end + tick),
        at()
    ));
    assert!(!charged_at_booking(PaymentMethod::Yookassa, None, at()));
    assert!(charged_at_booking(PaymentMethod::Sbp, None, at()));
    assert!(!charged_at_booking(PaymentMethod::Wallet, days(60), at()));
}

#[test]
fn a_move_beyond_the_hold_captures_first() {
    let hold = |expires_at| PaymentEvent::Authorised {
        amount: rub(2000),
        expires_at,
        at: at(),
    };
    let ends_at = at() + SignedDuration::from_hours(24);
    let held = |expires_at| fold(&[started(PaymentMethod::Yookassa), hold(expires_at)]);
    assert!(!captured_before_move(&held(None), ends_at));
    assert!(!captured_before_move(&held(Some(ends_at)), ends_at));
    assert!(captured_before_move(&held(Some(at())), ends_at));
    for state in STATES.into_iter().filter(|state| *state != "authorised") {
        assert!(!captured_before_move(
            &fold(&history(PaymentMethod::Yookassa, state)),
            ends_at
        ));
    }
}

#[test]
fn a_hold_that_ended_by_itself_is_no_loss_once_nothing_is_due_of_it() {
    let lost = then(&held(), seen(Stage::Cancelled, 0));
    let open = |facts: &[PaymentEvent]| fold(facts).attempt().unwrap().anomalies[0].resolution;
    assert_eq!(open(&lost), None, "the booking may still be served");
    assert_eq!(open(&then(&lost, settle(rub(600)))), None, "the fee is lost");
    let settled = then(&lost, settle(rub(0)));
    assert_eq!(open(&settled), Some(Resolution::Accepted));
    assert_eq!(decide(&fold(&settled), settle(rub(0))), Ok(vec![]));
}
