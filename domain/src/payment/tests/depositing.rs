//! Money for the patient's own wallet: charged at once, never settled, given back by an admin alone.

use super::{at, fold};
use crate::money::Money;
use crate::payment::anomaly::{AnomalyKind, Source};
use crate::payment::attempt::RefundStage;
use crate::payment::commands::{
    RecordNotCreated, RecordRefund, RecordSnapshot, Refund, Settle, Stage, StartDeposit,
};
use crate::payment::decide::decide;
use crate::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
use crate::payment::provider::{CaptureMode, Provider, Route};
use crate::payment::purpose::{Purpose, payment_of, transfer_of};
use crate::payment::refusal::PaymentRefusal;
use crate::payment::status::PaymentStatus;
use crate::payment::{Payment, PaymentCommand};
use crate::people::{Actor, Role};
use crate::tests::fixtures::{id, patient_id, person, rub};

pub(in crate::payment) fn deposit(method: PaymentMethod, amount: Money) -> StartDeposit {
    StartDeposit {
        payment_id: id(20),
        patient_id: patient_id(),
        method,
        amount,
        provider: Provider::Yookassa,
        receipts: true,
        return_url: None,
        at: at(),
    }
}

fn started_deposit() -> Payment {
    fold(&decide(&Payment::default(), deposit(PaymentMethod::Yookassa, rub(500))).unwrap())
}

fn seen(stage: Stage) -> RecordSnapshot {
    RecordSnapshot {
        provider_id: "2c1f".to_owned(),
        stage,
        amount: rub(500),
        captured: (stage == Stage::Succeeded).then_some(rub(500)),
        refunded: None,
        income: None,
        expires_at: None,
        code: None,
        source: Source::Notice,
        asked_when_over: true,
        at: at(),
    }
}

fn after(payment: &Payment, command: impl Into<PaymentCommand>) -> Payment {
    let mut payment = payment.clone();
    for fact in decide(&payment, command).unwrap() {
        cqrs_es::Aggregate::apply(&mut payment, fact);
    }
    payment
}

#[test]
fn a_deposit_starts_once_and_is_always_charged_at_once() {
    let command = deposit(PaymentMethod::Yookassa, rub(500));
    let facts = decide(&Payment::default(), command.clone()).unwrap();
    let route = Route {
        provider: Provider::Yookassa,
        taking: CaptureMode::AtOnce,
        receipts: true,
    };
    assert!(matches!(facts.as_slice(),
        [PaymentEvent::DepositStarted { .. }, PaymentEvent::Routed { route: there, .. }] if *there == route));
    let payment = fold(&facts);
    assert_eq!(payment.terms().unwrap().purpose, Purpose::Deposit);
    assert_eq!(decide(&payment, command), Ok(vec![]));
    let other = deposit(PaymentMethod::Yookassa, rub(501));
    assert!(matches!(
        decide(&payment, other),
        Err(PaymentRefusal::NotNow { .. })
    ));
}

#[test]
fn a_deposit_is_within_what_its_way_of_paying_carries() {
    let answer = |method, provider, minor| {
        let command = StartDeposit {
            provider,
            ..deposit(method, Money::kopecks(minor))
        };
        match decide(&Payment::default(), command) {
            Ok(_) => "done",
            Err(refusal) => refusal.code(),
        }
    };
    let (card, sbp) = (PaymentMethod::Yookassa, PaymentMethod::Sbp);
    for (method, provider, minor, expected) in [
        (card, Provider::Yookassa, 99, "deposit_limit"),
        (card, Provider::Yookassa, 100, "done"),
        (card, Provider::Yookassa, 1_000_000_000, "done"),
        (card, Provider::Yookassa, 1_000_000_001, "deposit_limit"),
        (sbp, Provider::Yookassa, 100, "done"),
        (sbp, Provider::Yookassa, 70_000_000, "done"),
        (sbp, Provider::Yookassa, 70_000_001, "deposit_limit"),
        (sbp, Provider::Tbank, 999, "deposit_limit"),
        (sbp, Provider::Tbank, 1_000, "done"),
        (
            PaymentMethod::Wallet,
            Provider::Yookassa,
            500,
            "payment_method_unavailable",
        ),
    ] {
        assert_eq!(
            answer(method, provider, minor),
            expected,
            "{method:?} {provider:?} {minor}"
        );
    }
}

#[test]
fn what_is_only_held_is_nobodys_yet_and_what_is_taken_is_a_prepayment_on_its_receipt() {
    let held = after(&started_deposit(), seen(Stage::Held));
    assert_eq!((held.status(), held.held()), (PaymentStatus::Pending, rub(0)));
    let taken = after(&held, seen(Stage::Succeeded));
    assert_eq!(
        (taken.status(), taken.captured()),
        (PaymentStatus::Completed, rub(500))
    );
    assert_eq!(taken.attempt().unwrap().receipts.len(), 1);
    assert_eq!(decide(&taken, seen(Stage::Succeeded)), Ok(vec![]));
}

#[test]
fn no_booking_settles_a_deposit() {
    let settle = Settle {
        due: rub(0),
        reason: RefundReason::LatePayment,
        by: Actor::Process,
        at: at(),
    };
    for payment in [
        started_deposit(),
        after(&started_deposit(), seen(Stage::Succeeded)),
    ] {
        assert!(matches!(
            decide(&payment, settle.clone()),
            Err(PaymentRefusal::NotNow { .. })
        ));
    }
}

#[test]
fn money_that_comes_after_the_platform_gave_up_is_taken_all_the_same() {
    let command = crate::payment::commands::IntendCall {
        call: crate::payment::provider::Call::Create,
        body_digest: "ab".to_owned(),
        at: at(),
    };
    let asked = after(&started_deposit(), command);
    let late = at() + jiff::SignedDuration::from_hours(24);
    let given_up = after(&asked, RecordNotCreated { at: late });
    assert_eq!(given_up.status(), PaymentStatus::Failed);
    assert_eq!(after(&given_up, seen(Stage::Succeeded)).captured(), rub(500));
}

#[test]
fn another_sum_than_was_asked_for_is_believed_in_nothing() {
    let mut command = seen(Stage::Succeeded);
    (command.amount, command.captured) = (rub(600), Some(rub(600)));
    let payment = after(&started_deposit(), command);
    assert_eq!(payment.captured(), rub(0));
    assert_eq!(
        payment.attempt().unwrap().anomalies[0].anomaly.kind,
        AnomalyKind::AmountMismatch
    );
}

#[test]
fn a_refund_that_comes_to_nothing_is_not_asked_for_again() {
    let refund = Refund {
        amount: rub(200),
        reason: RefundReason::Complaint,
        by: person(Role::Admin),
        again: false,
        at: at(),
    };
    let taken = after(&after(&started_deposit(), seen(Stage::Succeeded)), refund);
    assert_eq!(taken.attempt().unwrap().left(), Ok(rub(300)));
    let news = RecordRefund {
        number: 1,
        provider_id: Some("r-1".to_owned()),
        stage: RefundStage::Cancelled,
        amount: rub(200),
        code: None,
        source: Source::Poll,
        at: at(),
    };
    let cancelled = after(&taken, news);
    assert_eq!(cancelled.attempt().unwrap().left(), Ok(rub(500)));
    let pursue = crate::payment::commands::Pursue { at: at() };
    assert_eq!(decide(&cancelled, pursue), Ok(vec![]));
}

#[test]
fn a_deposits_transfer_has_the_number_of_its_payment() {
    assert_eq!(payment_of(transfer_of(id(20))), id(20));
    assert_eq!(
        transfer_of(id(20)).uuid(),
        id::<crate::ids::kind::Payment>(20).uuid()
    );
}
