//! How a payout ends that the gateway did not pay: refused, never created, given up.

use super::*;

#[test]
fn a_refusal_ends_the_payout_unless_the_platforms_keys_were_to_blame() {
    let mut payout = intended_payout();
    assert_eq!(
        tell(&mut payout, refused(2, false)),
        Ok(vec![]),
        "another's refusal"
    );
    assert_eq!(
        tell(&mut payout, refused(1, false)),
        Ok(vec!["PayoutCallRefused", "PayoutCancelled"])
    );
    let mut payout = requested();
    for attempt in 1..=CALL_ATTEMPTS_MAX {
        assert_eq!(tell(&mut payout, intend(at())), Ok(vec!["PayoutCallIntended"]));
        let made = payout.order().unwrap().open_call().unwrap();
        assert_eq!((made.attempt, made.key), (attempt, key(id(1), attempt)));
        tell(&mut payout, refused(attempt, true)).unwrap();
    }
    assert_eq!(payout.status(), PayoutStatus::Cancelled, "not for ever");
    let mut there = intended_payout();
    tell(&mut there, seen(PayoutStage::Pending, rub(1_000))).unwrap();
    assert_eq!(
        decide(&there, refused(1, false)),
        Ok(vec![]),
        "it is there all the same"
    );
}

#[test]
fn an_unknown_outcome_is_told_once_and_ended_by_knowing() {
    let mut payout = intended_payout();
    let command = RecordUnknown { at: at() };
    assert_eq!(
        tell(&mut payout, command.clone()),
        Ok(vec!["PayoutOutcomeUnknown"])
    );
    assert_eq!(tell(&mut payout, command), Ok(vec![]));
    assert!(payout.order().unwrap().unknown);
    tell(&mut payout, seen(PayoutStage::Pending, rub(1_000))).unwrap();
    assert!(!payout.order().unwrap().unknown);
}

#[test]
fn what_was_never_created_comes_back_only_when_nothing_can_be_sent_any_more() {
    let mut payout = intended_payout();
    let not_now = Err(PayoutRefusal::NotNow { status: "pending" });
    assert_eq!(decide(&payout, RecordNotCreated { at: hours(22) }), not_now);
    assert_eq!(
        decide(&requested(), RecordNotCreated { at: hours(30) }),
        not_now,
        "it was never sent"
    );
    tell(&mut payout, RecordNotCreated { at: hours(23) }).unwrap();
    assert_eq!(payout.order().unwrap().code.as_deref(), Some(NOT_CREATED));
    // Should the gateway show it after all, its money has left twice: a person must look.
    tell(&mut payout, seen(PayoutStage::Pending, rub(1_000))).unwrap();
    assert_eq!(anomalies(&payout), [AnomalyKind::FinalContradicted]);
}

#[test]
fn only_what_was_never_sent_can_be_abandoned() {
    let command = Abandon {
        code: "no_payout_destination".to_owned(),
        at: at(),
    };
    let not_now = Err(PayoutRefusal::NotNow { status: "pending" });
    assert_eq!(decide(&intended_payout(), command.clone()), not_now);
    let mut payout = requested();
    assert_eq!(tell(&mut payout, command.clone()), Ok(vec!["PayoutCancelled"]));
    assert_eq!(tell(&mut payout, command), Ok(vec![]));
}
