//! Given these facts of a payout, when this is asked, then that happens.

mod ending;

use cqrs_es::Aggregate;
use jiff::{SignedDuration, Timestamp};

use crate::ids::AccountId;
use crate::money::Money;
use crate::payment::anomaly::{AnomalyKind, Resolution, Source};
use crate::payment::commands::{RecordNotCreated, RecordUnknown, ResolveAnomaly};
use crate::payment::provider::{CALL_ATTEMPTS_MAX, RESEND_HOURS_MAX};
use crate::payout::commands::{
    Abandon, IntendPayoutCall, PayoutStage, RecordPayoutRefused, RecordPayoutSnapshot, RecordPayoutStuck,
    RequestPayout,
};
use crate::payout::decide::calls::NOT_CREATED;
use crate::payout::decide::decide;
use crate::payout::events::{PayoutEvent, PayoutPurpose};
use crate::payout::failure::FailureCause;
use crate::payout::order::key;
use crate::payout::refusal::PayoutRefusal;
use crate::payout::status::PayoutStatus;
use crate::payout::{PAYOUT_MAX, PAYOUT_MIN, Payout, PayoutCommand};
use crate::people::{Actor, Role};
use crate::reactions::{RecordReactionGivenUp, RecordReactionRefused};
use crate::tests::fixtures::{id, moment, person, rub, sealed};

pub(super) fn at() -> Timestamp {
    moment("2026-12-01T09:00:00Z")
}

fn hours(hours: i64) -> Timestamp {
    at() + SignedDuration::from_hours(hours)
}

fn owner() -> AccountId {
    id(2)
}

pub(super) fn request(payout: u128, amount: Money) -> RequestPayout {
    RequestPayout {
        payout_id: id(payout),
        owner_id: owner(),
        purpose: PayoutPurpose::DoctorEarnings,
        amount,
        destination: sealed(70),
        by: person(Role::Admin),
        at: at(),
    }
}

pub(super) fn intend(at: Timestamp) -> IntendPayoutCall {
    IntendPayoutCall {
        body_digest: "ab".repeat(32),
        at,
    }
}

pub(super) fn seen(stage: PayoutStage, amount: Money) -> RecordPayoutSnapshot {
    RecordPayoutSnapshot {
        provider_id: "po-1".to_owned(),
        stage,
        amount,
        code: None,
        source: Source::Poll,
        at: at(),
    }
}

fn refused(attempt: u16, again: bool) -> RecordPayoutRefused {
    RecordPayoutRefused {
        attempt,
        code: "forbidden".to_owned(),
        again,
        at: at(),
    }
}

fn after(commands: impl IntoIterator<Item = PayoutCommand>) -> Payout {
    let mut payout = Payout::default();
    for command in commands {
        tell(&mut payout, command).unwrap();
    }
    payout
}

/// Lets the payout decide and live through what it decided; answers the names of the facts.
fn tell(payout: &mut Payout, command: impl Into<PayoutCommand>) -> Result<Vec<&'static str>, PayoutRefusal> {
    let facts = decide(payout, command.into())?;
    let names = facts.iter().map(PayoutEvent::type_name).collect();
    facts.into_iter().for_each(|fact| payout.apply(fact));
    Ok(names)
}

fn requested() -> Payout {
    after([request(1, rub(1_000)).into()])
}

fn intended_payout() -> Payout {
    after([request(1, rub(1_000)).into(), intend(at()).into()])
}

fn anomalies(payout: &Payout) -> Vec<AnomalyKind> {
    let order = payout.order().unwrap();
    order.anomalies.iter().map(|entry| entry.anomaly.kind).collect()
}

#[test]
fn a_payout_is_asked_for_once_and_within_the_gateways_limits() {
    assert_eq!(
        decide(&requested(), request(1, rub(5))),
        Ok(vec![]),
        "it is the one there is"
    );
    let foreign = RequestPayout {
        owner_id: id(3),
        ..request(1, rub(1_000))
    };
    let not_now = Err(PayoutRefusal::NotNow { status: "pending" });
    assert_eq!(decide(&requested(), foreign), not_now);
    for (minor, fits) in [
        (PAYOUT_MIN.minor - 1, false),
        (PAYOUT_MIN.minor, true),
        (PAYOUT_MAX.minor, true),
        (PAYOUT_MAX.minor + 1, false),
    ] {
        let decided = decide(&Payout::Absent, request(1, Money::kopecks(minor)));
        assert_eq!(decided.is_ok(), fits, "{minor}");
    }
}

#[test]
fn nothing_can_be_told_of_a_payout_that_never_was() {
    let commands: [PayoutCommand; 8] = [
        intend(at()).into(),
        refused(1, false).into(),
        RecordUnknown { at: at() }.into(),
        seen(PayoutStage::Pending, rub(1)).into(),
        RecordNotCreated { at: at() }.into(),
        Abandon {
            code: "x".to_owned(),
            at: at(),
        }
        .into(),
        RecordPayoutStuck {
            refused: true,
            at: at(),
        }
        .into(),
        RecordReactionRefused {
            intent_id: id(1),
            code: "x".to_owned(),
            at: at(),
        }
        .into(),
    ];
    for command in commands {
        assert_eq!(decide(&Payout::Absent, command), Err(PayoutRefusal::NoSuchPayout));
    }
    assert_eq!(Payout::Absent.status(), PayoutStatus::Absent);
}

#[test]
fn a_request_is_recorded_once_before_it_is_sent_and_repeated_under_its_key() {
    let payout = intended_payout();
    let made = payout.order().unwrap().open_call().unwrap();
    assert_eq!((made.attempt, made.key), (1, key(id(1), 1)));
    assert!(made.may_be_sent(hours(RESEND_HOURS_MAX) - SignedDuration::from_nanos(1)));
    assert!(!made.may_be_sent(hours(RESEND_HOURS_MAX)));
    assert_eq!(decide(&payout, intend(hours(1))), Ok(vec![]), "it is under way");
    // Written down once: a changed derivation would make every pending payout a second one.
    assert_eq!(key(id(1), 1).to_string(), "77d93b82-08f2-537a-9fb9-12c4a898d918");
}

#[test]
fn what_the_gateway_has_is_believed_by_rank() {
    let mut payout = intended_payout();
    assert_eq!(
        tell(&mut payout, seen(PayoutStage::Pending, rub(1_000))),
        Ok(vec!["PayoutPending"])
    );
    assert_eq!(
        tell(&mut payout, seen(PayoutStage::Pending, rub(1_000))),
        Ok(vec![])
    );
    assert_eq!(decide(&payout, intend(at())), Ok(vec![]), "it is there already");
    assert_eq!(
        tell(&mut payout, seen(PayoutStage::Succeeded, rub(1_000))),
        Ok(vec!["PayoutPaid"])
    );
    for stage in [PayoutStage::Pending, PayoutStage::Succeeded] {
        assert_eq!(tell(&mut payout, seen(stage, rub(1_000))), Ok(vec![]));
    }
    assert_eq!(payout.status(), PayoutStatus::Paid);
    let mut at_once = intended_payout();
    assert_eq!(
        tell(&mut at_once, seen(PayoutStage::Succeeded, rub(1_000))),
        Ok(vec!["PayoutPending", "PayoutPaid"])
    );
}

#[test]
fn a_payout_that_comes_to_nothing_says_why_and_for_how_much() {
    let mut payout = intended_payout();
    let command = RecordPayoutSnapshot {
        code: Some("insufficient_funds".to_owned()),
        ..seen(PayoutStage::Cancelled, rub(1_000))
    };
    let facts = decide(&payout, command.clone()).unwrap();
    assert!(matches!(
        facts.last(),
        Some(PayoutEvent::Cancelled { code, amount, .. }) if code == "insufficient_funds" && *amount == rub(1_000)
    ));
    tell(&mut payout, command.clone()).unwrap();
    assert_eq!(decide(&payout, command), Ok(vec![]));
    assert_eq!(
        payout.order().unwrap().code.as_deref(),
        Some("insufficient_funds")
    );
    assert!(!payout.in_transit());
}

#[test]
fn what_cannot_be_true_is_a_task_for_an_operator_and_believed_in_nothing() {
    let mut other_sum = intended_payout();
    tell(&mut other_sum, seen(PayoutStage::Succeeded, rub(999))).unwrap();
    assert_eq!(
        tell(&mut other_sum, seen(PayoutStage::Succeeded, rub(999))),
        Ok(vec![]),
        "told once"
    );
    assert_eq!(anomalies(&other_sum), [AnomalyKind::AmountMismatch]);
    assert!(other_sum.in_transit());

    let mut paid = intended_payout();
    tell(&mut paid, seen(PayoutStage::Succeeded, rub(1_000))).unwrap();
    tell(&mut paid, seen(PayoutStage::Cancelled, rub(1_000))).unwrap();
    assert_eq!(anomalies(&paid), [AnomalyKind::FinalContradicted]);
    assert_eq!(paid.status(), PayoutStatus::Paid);

    let mut second = intended_payout();
    tell(&mut second, seen(PayoutStage::Pending, rub(1_000))).unwrap();
    let another = |stage| RecordPayoutSnapshot {
        provider_id: "po-2".to_owned(),
        ..seen(stage, rub(1_000))
    };
    assert_eq!(
        tell(&mut second, another(PayoutStage::Cancelled)),
        Ok(vec![]),
        "no harm"
    );
    tell(&mut second, another(PayoutStage::Pending)).unwrap();
    assert_eq!(
        anomalies(&second),
        [AnomalyKind::SecondPayment],
        "it would pay twice"
    );

    let mut cancelled = intended_payout();
    tell(&mut cancelled, seen(PayoutStage::Cancelled, rub(1_000))).unwrap();
    assert_eq!(
        tell(&mut cancelled, seen(PayoutStage::Pending, rub(1_000))),
        Ok(vec![]),
        "an old story"
    );
    tell(&mut cancelled, seen(PayoutStage::Succeeded, rub(1_000))).unwrap();
    assert_eq!(anomalies(&cancelled), [AnomalyKind::FinalContradicted]);
}

#[test]
fn anomalies_are_settled_once_and_reactions_told_once() {
    let mut payout = intended_payout();
    for refused in [true, false] {
        let stuck = RecordPayoutStuck { refused, at: at() };
        assert_eq!(
            tell(&mut payout, stuck.clone()),
            Ok(vec!["PayoutAnomalyRecorded"])
        );
        assert_eq!(tell(&mut payout, stuck), Ok(vec![]));
    }
    assert_eq!(
        anomalies(&payout),
        [AnomalyKind::CallStuck, AnomalyKind::OutcomeStuck]
    );
    let resolve = |number| ResolveAnomaly {
        number,
        resolution: Resolution::SettledByHand,
        by: person(Role::Admin),
        at: at(),
    };
    assert_eq!(tell(&mut payout, resolve(1)), Ok(vec!["PayoutAnomalyResolved"]));
    assert_eq!(tell(&mut payout, resolve(1)), Ok(vec![]));
    assert_eq!(decide(&payout, resolve(3)), Err(PayoutRefusal::NoSuchPayout));
    let refused = RecordReactionRefused {
        intent_id: id(1),
        code: "not_now".to_owned(),
        at: at(),
    };
    assert_eq!(
        tell(&mut payout, refused.clone()),
        Ok(vec!["PayoutReactionRefused"])
    );
    assert_eq!(tell(&mut payout, refused), Ok(vec![]));
    let given_up = RecordReactionGivenUp {
        intent_id: id(1),
        reason: crate::reactions::GiveUpReason::Obsolete,
        by: Actor::Process,
        at: at(),
    };
    assert_eq!(
        tell(&mut payout, given_up.clone()),
        Ok(vec!["PayoutReactionGivenUp"])
    );
    assert_eq!(tell(&mut payout, given_up), Ok(vec![]));
}

#[test]
fn codes_say_whose_matter_it_is() {
    assert_eq!(FailureCause::of("insufficient_funds"), FailureCause::Funds);
    for code in [
        "recipient_not_found",
        "recipient_check_failed",
        "rejected_by_payee",
        "identification_required",
    ] {
        assert_eq!(FailureCause::of(code), FailureCause::Recipient, "{code}");
    }
    for code in ["general_decline", NOT_CREATED, "what_nobody_knows"] {
        assert_eq!(FailureCause::of(code), FailureCause::Other, "{code}");
    }
}

#[test]
fn every_word_of_the_contract_is_read_back_and_every_refusal_has_its_code() {
    for purpose in PayoutPurpose::ALL {
        assert_eq!(PayoutPurpose::parse(purpose.as_str()), Some(purpose));
    }
    for status in PayoutStatus::ALL {
        assert_eq!(PayoutStatus::parse(status.as_str()), Some(status));
    }
    assert_eq!(PayoutStatus::parse(PayoutStatus::Absent.as_str()), None);
    let refusals = [
        PayoutRefusal::NoSuchPayout,
        PayoutRefusal::NotNow { status: "paid" },
        PayoutRefusal::Unavailable,
        PayoutRefusal::NoDestination,
        PayoutRefusal::UnknownBank,
        PayoutRefusal::TooEarly,
        PayoutRefusal::AmountOutOfRange,
    ];
    let codes = [
        "not_found",
        "not_now",
        "payout_unavailable",
        "no_payout_destination",
        "unknown_bank",
        "too_early",
        "amount_out_of_range",
    ];
    assert_eq!(refusals.each_ref().map(PayoutRefusal::code), codes);
}
