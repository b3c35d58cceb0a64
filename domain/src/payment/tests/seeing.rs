//! What a provider has becomes fact by rank, for the sum that was asked, and contradictions become tasks.

use super::*;
use crate::payment::anomaly::{Anomaly, AnomalyKind, Resolution, Source};
use crate::payment::commands::{
    CaptureEarly, GiveUp, OfferLink, RecordNotCreated, RecordSnapshot, ResolveAnomaly, Stage,
};
use crate::tests::fixtures::sealed;

pub(super) fn seen(stage: Stage, kopecks: i64) -> RecordSnapshot {
    RecordSnapshot {
        provider_id: "2c1f".to_owned(),
        stage,
        amount: rub(2000),
        captured: (stage == Stage::Succeeded).then_some(Money::kopecks(kopecks)),
        refunded: None,
        income: None,
        expires_at: Some(at() + SignedDuration::from_hours(24 * 7)),
        code: (stage == Stage::Cancelled).then(|| "insufficient_funds".to_owned()),
        source: Source::Poll,
        asked_when_over: true,
        at: at(),
    }
}

pub(super) fn routed(method: PaymentMethod) -> Vec<PaymentEvent> {
    decide(&Payment::Absent, start(method)).unwrap()
}

/// The facts so far and what this command adds to them.
pub(super) fn then(facts: &[PaymentEvent], command: impl Into<PaymentCommand>) -> Vec<PaymentEvent> {
    let more = decide(&fold(facts), command).unwrap();
    [facts, &more].concat()
}

pub(super) fn names(facts: &[PaymentEvent]) -> Vec<&'static str> {
    facts.iter().map(PaymentEvent::type_name).collect()
}

pub(super) fn held() -> Vec<PaymentEvent> {
    then(&routed(PaymentMethod::Yookassa), seen(Stage::Held, 0))
}

fn what(kind: AnomalyKind, facts: &[PaymentEvent]) -> bool {
    let recorded = |fact: &PaymentEvent| matches!(fact, PaymentEvent::AnomalyRecorded { anomaly: Anomaly { kind: is, .. }, .. } if *is == kind);
    facts.len() == 1 && facts.iter().all(recorded)
}

#[test]
fn case_08_news_rise_in_rank_and_never_fall() {
    let mut facts = routed(PaymentMethod::Yookassa);
    facts = then(&facts, seen(Stage::Pending, 0));
    assert_eq!(
        fold(&facts).attempt().unwrap().provider_id.as_deref(),
        Some("2c1f")
    );
    facts = then(&facts, seen(Stage::Held, 0));
    assert_eq!(fold(&facts).status().as_str(), "authorised");
    for stage in [Stage::Pending, Stage::Held] {
        assert_eq!(decide(&fold(&facts), seen(stage, 0)), Ok(vec![]));
    }
    facts = then(&facts, seen(Stage::Succeeded, 200_000));
    assert_eq!(fold(&facts).status().as_str(), "completed");
    for stage in [Stage::Pending, Stage::Held, Stage::Succeeded] {
        assert_eq!(decide(&fold(&facts), seen(stage, 200_000)), Ok(vec![]));
    }
    let expected = [
        "PaymentStarted",
        "PaymentRouted",
        "PaymentPending",
        "PaymentAuthorised",
        "PaymentCaptured",
        "PaymentReceiptDue",
    ];
    assert_eq!(names(&facts), expected);
}

#[test]
fn whichever_news_comes_first_brings_the_number_along() {
    for (stage, told) in [
        (Stage::Held, "PaymentAuthorised"),
        (Stage::Succeeded, "PaymentCaptured"),
        (Stage::Cancelled, "PaymentFailed"),
    ] {
        let news = decide(&fold(&routed(PaymentMethod::Yookassa)), seen(stage, 200_000)).unwrap();
        assert_eq!(names(&news[..2]), ["PaymentPending", told]);
    }
}

#[test]
fn case_12_only_the_sum_that_was_asked_for_counts_as_paid() {
    for method in [PaymentMethod::Yookassa, PaymentMethod::Sbp] {
        for kopecks in [199_999, 200_001] {
            let facts = decide(&fold(&routed(method)), seen(Stage::Succeeded, kopecks)).unwrap();
            assert!(what(AnomalyKind::AmountMismatch, &facts), "{facts:?}");
        }
    }
    for stage in [Stage::Pending, Stage::Held] {
        let other = RecordSnapshot {
            amount: rub(1),
            ..seen(stage, 0)
        };
        let facts = decide(&fold(&routed(PaymentMethod::Yookassa)), other).unwrap();
        assert!(what(AnomalyKind::AmountMismatch, &facts));
    }
    // Less than all is right only where less was asked for, whether or not the provider rewrites the amount.
    let part = seen(Stage::Succeeded, 60_000);
    assert!(what(
        AnomalyKind::AmountMismatch,
        &decide(&fold(&held()), part.clone()).unwrap()
    ));
    let asked = then(&held(), settle(rub(600)));
    for amount in [rub(2000), rub(600)] {
        let taken = decide(
            &fold(&asked),
            RecordSnapshot {
                amount,
                ..part.clone()
            },
        )
        .unwrap();
        assert_eq!(taken[0], captured(rub(600), rub(1400)));
    }
    let silent = RecordSnapshot {
        captured: None,
        ..part
    };
    assert_eq!(
        decide(&fold(&asked), silent).unwrap()[0],
        captured(rub(600), rub(1400))
    );
    let more = decide(&fold(&asked), seen(Stage::Succeeded, 200_001)).unwrap();
    assert!(what(AnomalyKind::AmountMismatch, &more));
}

/// A provider that shows the hold for ever after a part of it was taken: what reaches the platform tells how much it was.
#[test]
fn case_16_a_part_taken_of_a_hold_that_is_still_shown_is_that_part() {
    let whole_shown = |income: Option<i64>| RecordSnapshot {
        income: income.map(Money::kopecks),
        ..seen(Stage::Succeeded, 200_000)
    };
    let asked = then(&held(), settle(rub(600)));
    for income in [None, Some(0), Some(57_900), Some(60_000)] {
        let facts = then(&asked, whole_shown(income));
        assert_eq!(facts[asked.len()], captured(rub(600), rub(1400)), "{income:?}");
        assert_eq!(decide(&fold(&facts), whole_shown(income)), Ok(vec![]));
        let learnt = then(&facts, whole_shown(Some(57_900)));
        assert!(
            fold(&learnt).attempt().unwrap().income.is_some(),
            "told later, it is learnt later"
        );
        let contradicted = decide(&fold(&facts), whole_shown(Some(60_001))).unwrap();
        assert!(what(AnomalyKind::FinalContradicted, &contradicted), "{income:?}");
    }
    let all_taken = decide(&fold(&asked), whole_shown(Some(60_001))).unwrap();
    assert_eq!(all_taken[0], captured(rub(2000), rub(0)));
    assert!(
        names(&all_taken).contains(&"PaymentRefundRequested"),
        "what was not due goes back: {all_taken:?}"
    );
}

#[test]
fn case_29_late_success_is_money_all_the_same_unless_the_provider_had_said_it_is_over() {
    let pending = then(&routed(PaymentMethod::Yookassa), seen(Stage::Pending, 0));
    let given_up = then(&pending, GiveUp { at: at() });
    assert_eq!(fold(&given_up).status().as_str(), "cancelled");
    assert_eq!(decide(&fold(&given_up), GiveUp { at: at() }), Ok(vec![]));
    assert_eq!(decide(&fold(&given_up), seen(Stage::Pending, 0)), Ok(vec![]));
    for stage in [Stage::Held, Stage::Succeeded] {
        assert!(fold(&then(&given_up, seen(stage, 200_000))).secures());
    }
    let over = then(&pending, seen(Stage::Cancelled, 0));
    assert_eq!(fold(&over).status().as_str(), "failed");
    for stage in [Stage::Held, Stage::Succeeded] {
        let facts = decide(&fold(&over), seen(stage, 200_000)).unwrap();
        assert!(what(AnomalyKind::FinalContradicted, &facts));
    }
    // An answer that was under way when the end became known tells of a hold that was, and no more than that.
    let overtaken = |stage| RecordSnapshot {
        asked_when_over: false,
        ..seen(stage, 200_000)
    };
    assert_eq!(decide(&fold(&over), overtaken(Stage::Held)), Ok(vec![]));
    let facts = decide(&fold(&over), overtaken(Stage::Succeeded)).unwrap();
    assert!(
        what(AnomalyKind::FinalContradicted, &facts),
        "two ends are never old news"
    );
    assert!(fold(&then(&given_up, overtaken(Stage::Held))).secures());
    let taken = then(&routed(PaymentMethod::Sbp), seen(Stage::Succeeded, 200_000));
    let contradicted = decide(&fold(&taken), seen(Stage::Cancelled, 0)).unwrap();
    assert!(what(AnomalyKind::FinalContradicted, &contradicted));
    let less = decide(&fold(&taken), seen(Stage::Succeeded, 100)).unwrap();
    assert!(what(AnomalyKind::FinalContradicted, &less));
}

#[test]
fn what_is_unknown_is_not_given_up_and_what_is_settled_cannot_be() {
    let facts = routed(PaymentMethod::Yookassa);
    let refused = Err(PaymentRefusal::NotNow { status: "pending" });
    assert_eq!(
        decide(&fold(&facts), GiveUp { at: at() }),
        refused,
        "not known there yet"
    );
    let pending = then(&facts, seen(Stage::Pending, 0));
    let unknown = then(&pending, RecordUnknown { at: at() });
    assert!(fold(&unknown).checking());
    assert_eq!(decide(&fold(&unknown), RecordUnknown { at: at() }), Ok(vec![]));
    assert_eq!(decide(&fold(&unknown), GiveUp { at: at() }), refused);
    assert!(!fold(&then(&unknown, seen(Stage::Held, 0))).checking());
    assert!(decide(&fold(&held()), GiveUp { at: at() }).is_err());
}

#[test]
fn a_second_payment_of_the_provider_is_believed_in_nothing() {
    let other = |stage| RecordSnapshot {
        provider_id: "other".to_owned(),
        ..seen(stage, 200_000)
    };
    for stage in [Stage::Pending, Stage::Cancelled] {
        assert_eq!(
            decide(&fold(&held()), other(stage)),
            Ok(vec![]),
            "a doubled request without money"
        );
    }
    for stage in [Stage::Held, Stage::Succeeded] {
        assert!(what(
            AnomalyKind::SecondPayment,
            &decide(&fold(&held()), other(stage)).unwrap()
        ));
    }
}

#[test]
fn money_sent_back_behind_our_backs_is_noticed() {
    let taken = then(&routed(PaymentMethod::Sbp), seen(Stage::Succeeded, 200_000));
    let with_refunds = |kopecks| RecordSnapshot {
        refunded: Some(Money::kopecks(kopecks)),
        ..seen(Stage::Succeeded, 200_000)
    };
    assert_eq!(decide(&fold(&taken), with_refunds(0)), Ok(vec![]));
    assert!(what(
        AnomalyKind::ForeignRefund,
        &decide(&fold(&taken), with_refunds(1)).unwrap()
    ));
    let ours = then(&taken, refund(rub(500)));
    assert_eq!(decide(&fold(&ours), with_refunds(50_000)), Ok(vec![]));
}

#[test]
fn a_hold_that_ends_unasked_is_lost_money_to_look_at() {
    let lost = decide(&fold(&held()), seen(Stage::Cancelled, 0)).unwrap();
    assert_eq!(names(&lost), ["PaymentCancelled", "PaymentAnomalyRecorded"]);
    let asked = then(&held(), settle(rub(0)));
    assert_eq!(
        names(&asked)[4..],
        ["PaymentSettlementSet", "PaymentCancelRequested"]
    );
    let ended = decide(&fold(&asked), seen(Stage::Cancelled, 0)).unwrap();
    assert_eq!(names(&ended), ["PaymentCancelled"]);
}

#[test]
fn an_anomaly_is_told_once_and_settled_once() {
    let wrong = seen(Stage::Succeeded, 1);
    let facts = then(&routed(PaymentMethod::Sbp), wrong.clone());
    assert!(!fold(&facts).secures());
    assert_eq!(decide(&fold(&facts), wrong.clone()), Ok(vec![]));
    let resolve = |number| ResolveAnomaly {
        number,
        resolution: Resolution::SettledByHand,
        by: person(Role::Admin),
        at: at(),
    };
    assert_eq!(
        decide(&fold(&facts), resolve(2)),
        Err(PaymentRefusal::NoSuchPayment)
    );
    let settled = then(&facts, resolve(1));
    assert_eq!(names(&settled).last(), Some(&"PaymentAnomalyResolved"));
    assert_eq!(decide(&fold(&settled), resolve(1)), Ok(vec![]));
    assert_eq!(
        decide(&fold(&settled), wrong),
        Ok(vec![]),
        "what was settled is not raised again"
    );
    assert_eq!(Resolution::parse("written_off"), Some(Resolution::WrittenOff));
}

#[test]
fn what_reaches_the_platform_is_told_once_and_only_of_taken_money() {
    let with_income = |stage, kopecks| RecordSnapshot {
        income: Some(Money::kopecks(kopecks)),
        ..seen(stage, 200_000)
    };
    let facts = then(
        &routed(PaymentMethod::Sbp),
        with_income(Stage::Succeeded, 194_000),
    );
    assert!(names(&facts).contains(&"PaymentIncomeKnown"));
    assert_eq!(
        fold(&facts).attempt().unwrap().income,
        Some(Money::kopecks(194_000))
    );
    assert_eq!(
        decide(&fold(&facts), with_income(Stage::Succeeded, 1)),
        Ok(vec![])
    );
    for kopecks in [-1, 200_001] {
        let facts = then(
            &routed(PaymentMethod::Sbp),
            with_income(Stage::Succeeded, kopecks),
        );
        assert!(!names(&facts).contains(&"PaymentIncomeKnown"));
    }
    assert!(
        !names(&then(
            &routed(PaymentMethod::Yookassa),
            with_income(Stage::Held, 1)
        ))
        .contains(&"PaymentIncomeKnown")
    );
}

#[test]
fn a_hold_that_is_too_short_is_taken_early_and_settled_from_there() {
    let early = then(&held(), CaptureEarly { at: at() });
    assert_eq!(names(&early).last(), Some(&"PaymentCaptureRequested"));
    assert_eq!(decide(&fold(&early), CaptureEarly { at: at() }), Ok(vec![]));
    let wallet = fold(&history(PaymentMethod::Wallet, "authorised"));
    assert_eq!(
        decide(&wallet, CaptureEarly { at: at() }),
        Ok(vec![]),
        "a wallet's hold never ends"
    );
    // Cancelled with a fee while the capture is under way: the rest goes back once it is taken.
    let settled = then(&early, settle(rub(600)));
    assert_eq!(names(&settled).last(), Some(&"PaymentSettlementSet"));
    let taken = decide(&fold(&settled), seen(Stage::Succeeded, 200_000)).unwrap();
    assert_eq!(
        names(&taken),
        ["PaymentCaptured", "PaymentReceiptDue", "PaymentRefundRequested"]
    );
    let all = [settled, taken].concat();
    assert_eq!(fold(&all).attempt().unwrap().left(), Ok(rub(600)));
}

#[test]
fn a_link_is_offered_once_while_it_is_of_use() {
    let link = OfferLink {
        link: sealed(70),
        at: at(),
    };
    assert_eq!(
        decide(&Payment::Absent, link.clone()),
        Err(PaymentRefusal::NoSuchPayment)
    );
    let offered = then(&routed(PaymentMethod::Yookassa), link.clone());
    assert_eq!(fold(&offered).attempt().unwrap().link, Some(sealed(70)));
    assert_eq!(decide(&fold(&offered), link.clone()), Ok(vec![]));
    assert_eq!(decide(&fold(&held()), link), Ok(vec![]));
}

#[test]
fn snapshots_are_only_of_payments_that_a_provider_carries() {
    let wallet = fold(&history(PaymentMethod::Wallet, "authorised"));
    let refused = Err(PaymentRefusal::MethodUnavailable);
    assert_eq!(decide(&wallet, seen(Stage::Held, 0)), refused);
    assert_eq!(
        decide(&Payment::Absent, seen(Stage::Held, 0)),
        Err(PaymentRefusal::NoSuchPayment)
    );
    assert_eq!(
        decide(&Payment::Absent, RecordNotCreated { at: at() }),
        Err(PaymentRefusal::NoSuchPayment)
    );
}
