//! Refunds and receipts at a provider: reserved at once, believed by rank, tried again a few times.

use super::asking::intend;
use super::seeing::{names, routed, seen, then};
use super::*;
use crate::payment::anomaly::{Anomaly, AnomalyKind, Source};
use crate::payment::attempt::RefundStage;
use crate::payment::commands::{
    Pursue, RecordReceipt, RecordRefund, RecordRefused, RecordUnexpectedReceipt, Stage,
};
use crate::payment::decide::calls::{Patience, must_wait};
use crate::payment::decide::pursue::SETTLING_REFUNDS_MAX;
use crate::payment::provider::Call;
use crate::payment::receipt::{FiscalProof, RECEIPT_TRIES_MAX, ReceiptPurpose, ReceiptStage};

pub(super) fn taken() -> Vec<PaymentEvent> {
    then(&routed(PaymentMethod::Sbp), seen(Stage::Succeeded, 200_000))
}

fn told(number: u32, stage: RefundStage, amount: Money) -> RecordRefund {
    RecordRefund {
        number,
        provider_id: Some("r1".to_owned()),
        stage,
        amount,
        code: None,
        source: Source::Poll,
        at: at(),
    }
}

/// The same of a bank whose refunds have no ids.
pub(super) fn told_alone(number: u32, stage: RefundStage, amount: Money) -> RecordRefund {
    RecordRefund {
        provider_id: None,
        ..told(number, stage, amount)
    }
}

fn pursue() -> Pursue {
    Pursue { at: at() }
}

#[test]
fn case_17_two_refunds_that_race_never_give_back_more_than_was_taken() {
    let first = then(&taken(), refund(rub(1500)));
    assert_eq!(names(&first).last(), Some(&"PaymentRefundRequested"));
    assert_eq!(
        decide(&fold(&first), refund(rub(501))),
        Err(PaymentRefusal::ExceedsCaptured)
    );
    let second = then(&first, refund(rub(500)));
    assert_eq!(fold(&second).attempt().unwrap().left(), Ok(rub(0)));
    assert_eq!(
        fold(&second).status().as_str(),
        "completed",
        "nothing is back yet"
    );
}

#[test]
fn a_second_refund_of_the_same_amount_within_a_minute_is_meant_only_if_it_says_so() {
    let first = then(&taken(), refund(rub(500)));
    let at_second = |seconds: i64, again: bool| Refund {
        at: at() + SignedDuration::from_secs(seconds),
        again,
        ..refund(rub(500))
    };
    let under_way = Err(PaymentRefusal::RefundUnderWay);
    assert_eq!(decide(&fold(&first), at_second(0, false)), under_way);
    assert_eq!(decide(&fold(&first), at_second(59, false)), under_way);
    assert!(decide(&fold(&first), at_second(59, true)).is_ok(), "it is meant");
    assert!(decide(&fold(&first), at_second(60, false)).is_ok());
    assert!(decide(&fold(&first), refund(rub(501))).is_ok(), "another amount");
    let asked = then(&first, intend(Call::Refund { number: 1 }));
    let done = then(&asked, told_alone(1, RefundStage::Succeeded, rub(500)));
    assert_eq!(decide(&fold(&done), at_second(59, false)), under_way);
    let nothing = then(&asked, told_alone(1, RefundStage::Cancelled, rub(500)));
    assert!(
        decide(&fold(&nothing), at_second(1, false)).is_ok(),
        "nothing came of the first"
    );
}

#[test]
fn a_refund_goes_from_asked_to_done() {
    let asked = then(&taken(), refund(rub(2000)));
    let pending = then(&asked, told(1, RefundStage::Pending, rub(2000)));
    let again = told(1, RefundStage::Pending, rub(2000));
    assert_eq!(decide(&fold(&pending), again), Ok(vec![]));
    let done = then(&pending, told(1, RefundStage::Succeeded, rub(2000)));
    assert_eq!(
        names(&done)[names(&pending).len()..],
        ["PaymentRefunded", "PaymentReceiptDue"]
    );
    assert_eq!(fold(&done).status().as_str(), "refunded");
    assert_eq!(
        decide(&fold(&done), told(1, RefundStage::Pending, rub(2000))),
        Ok(vec![])
    );
    assert_eq!(
        decide(&fold(&done), told(1, RefundStage::Succeeded, rub(2000))),
        Ok(vec![])
    );
    let at_once = decide(&fold(&asked), told(1, RefundStage::Succeeded, rub(2000))).unwrap();
    assert_eq!(
        names(&at_once),
        ["PaymentRefundPending", "PaymentRefunded", "PaymentReceiptDue"]
    );
    assert_eq!(
        decide(&fold(&asked), told(2, RefundStage::Pending, rub(2000))),
        Err(PaymentRefusal::NoSuchPayment)
    );
}

#[test]
fn a_refund_that_came_to_nothing_frees_its_money_and_contradictions_are_tasks() {
    let asked = then(&taken(), refund(rub(1500)));
    let off = then(&asked, told(1, RefundStage::Cancelled, rub(1500)));
    assert_eq!(fold(&off).attempt().unwrap().left(), Ok(rub(2000)));
    let kinds = |facts: Vec<PaymentEvent>| match &facts[..] {
        [PaymentEvent::AnomalyRecorded { anomaly, .. }] => Some(anomaly.kind),
        _other => None,
    };
    let after_all = decide(&fold(&off), told(1, RefundStage::Succeeded, rub(1500))).unwrap();
    assert_eq!(kinds(after_all), Some(AnomalyKind::FinalContradicted));
    let done = then(&asked, told(1, RefundStage::Succeeded, rub(1500)));
    let taken_back = decide(&fold(&done), told(1, RefundStage::Cancelled, rub(1500))).unwrap();
    assert_eq!(kinds(taken_back), Some(AnomalyKind::FinalContradicted));
    let other_sum = decide(&fold(&asked), told(1, RefundStage::Succeeded, rub(1))).unwrap();
    assert_eq!(kinds(other_sum), Some(AnomalyKind::AmountMismatch));
    let other_id = RecordRefund {
        provider_id: Some("r2".to_owned()),
        ..told(1, RefundStage::Succeeded, rub(1500))
    };
    assert_eq!(
        kinds(decide(&fold(&done), other_id).unwrap()),
        Some(AnomalyKind::SecondPayment)
    );
}

#[test]
fn a_refused_refund_is_asked_again_under_a_new_number_a_few_times() {
    let mut facts = then(&taken(), settle(rub(600)));
    let last = names(&facts);
    assert_eq!(
        last[last.len() - 3..],
        [
            "PaymentSettlementSet",
            "PaymentReceiptDue",
            "PaymentRefundRequested"
        ],
        "T-Bank closes with a receipt only what has not gone back yet"
    );
    for number in 1..=u32::try_from(SETTLING_REFUNDS_MAX).unwrap() {
        assert_eq!(
            decide(&fold(&facts), settle(rub(600))),
            Ok(vec![]),
            "the same command is one command"
        );
        assert_eq!(decide(&fold(&facts), pursue()), Ok(vec![]), "one is under way");
        facts = then(&facts, intend(Call::Refund { number }));
        let refused = RecordRefused {
            call: Call::Refund { number },
            attempt: 1,
            code: "insufficient_funds".to_owned(),
            not_now: false,
            at: at(),
        };
        facts = then(&facts, refused);
        assert_eq!(
            fold(&facts).attempt().unwrap().refund(number).unwrap().stage,
            RefundStage::Cancelled
        );
        // News of the payment alone does not ask again at once.
        assert_eq!(decide(&fold(&facts), seen(Stage::Succeeded, 200_000)), Ok(vec![]));
        facts = then(&facts, pursue());
    }
    assert_eq!(names(&facts).last(), Some(&"PaymentAnomalyRecorded"));
    assert_eq!(decide(&fold(&facts), pursue()), Ok(vec![]), "the operator knows");
}

#[test]
fn a_refund_lets_the_closing_receipt_go_first_where_the_bank_asks_for_that_and_not_for_ever() {
    let patience = Patience {
        closing_receipt_timeout: SignedDuration::from_mins(10),
        receipt_notice_timeout: SignedDuration::from_mins(2),
    };
    let (refund, receipt) = (Call::Refund { number: 1 }, Call::Receipt { number: 2 });
    let waits = |facts: &[PaymentEvent], call, minutes| {
        let payment = fold(facts);
        must_wait(
            payment.attempt().unwrap(),
            call,
            at() + SignedDuration::from_mins(minutes),
            patience,
        )
    };
    assert!(!waits(&taken(), refund, 0), "nothing is to be closed");
    let settled = then(&taken(), settle(rub(600)));
    assert!(waits(&settled, refund, 60), "it has not even been asked for");
    assert!(
        !waits(&settled, refund, 24 * 60),
        "and nobody will, once its instruction was given up"
    );
    assert!(
        !waits(&settled, receipt, 0),
        "the receipt itself waits for nobody"
    );
    let asked = then(&settled, intend(receipt));
    assert!(
        waits(&asked, receipt, 1),
        "it may be printed, and is not printed twice"
    );
    assert!(!waits(&asked, receipt, 2), "nothing was heard of it");
    assert!(waits(&asked, refund, 9));
    assert!(
        !waits(&asked, refund, 10),
        "money does not wait for paper for ever"
    );
    let known = |stage| RecordReceipt {
        number: 2,
        provider_id: None,
        stage,
        proof: None,
        copy: None,
        code: None,
        at: at(),
    };
    for stage in [ReceiptStage::Requested, ReceiptStage::Failed] {
        assert!(!waits(&then(&asked, known(stage)), refund, 0), "{stage:?}");
    }
    let mut elsewhere = settled;
    for fact in &mut elsewhere {
        if let PaymentEvent::Routed { route, .. } = fact {
            route.provider = Provider::Yookassa;
        }
    }
    assert!(!waits(&elsewhere, refund, 0), "YooKassa takes it at any time");
    assert!(
        !waits(&then(&elsewhere, intend(receipt)), receipt, 1),
        "and under its key once"
    );
}

#[test]
fn a_receipt_that_nobody_waits_for_is_a_task_and_told_once() {
    let printed = |document: &str| RecordUnexpectedReceipt {
        document: document.to_owned(),
        amount: rub(2000),
        at: at(),
    };
    let known = RecordReceipt {
        number: 1,
        provider_id: Some("9280/1".to_owned()),
        stage: ReceiptStage::Registered,
        proof: None,
        copy: None,
        code: None,
        at: at(),
    };
    let facts = then(&taken(), known);
    assert_eq!(
        decide(&fold(&facts), printed("9280/1")),
        Ok(vec![]),
        "that one is ours"
    );
    let told = then(&facts, printed("9280/2"));
    assert_eq!(names(&told[facts.len()..]), ["PaymentAnomalyRecorded"]);
    assert_eq!(
        fold(&told).attempt().unwrap().anomalies[0].anomaly,
        Anomaly {
            kind: AnomalyKind::ReceiptUnexpected,
            provider_id: Some("9280/2".to_owned()),
            seen: Some(rub(2000)),
            call: None,
        }
    );
    assert_eq!(decide(&fold(&told), printed("9280/2")), Ok(vec![]));
}

#[test]
fn case_20_receipts_follow_money_and_never_hold_it_up() {
    let facts = then(&taken(), settle(rub(2000)));
    let purposes: Vec<_> = fold(&facts)
        .attempt()
        .unwrap()
        .receipts
        .iter()
        .map(|it| it.purpose)
        .collect();
    assert_eq!(purposes, [ReceiptPurpose::Prepayment, ReceiptPurpose::Offset]);
    let record = |number, stage| RecordReceipt {
        number,
        provider_id: Some("rt-1".to_owned()),
        stage,
        proof: Some(FiscalProof {
            document_number: "1".to_owned(),
            storage_number: "2".to_owned(),
            attribute: "3".to_owned(),
            registered_at: Some(at()),
        }),
        copy: None,
        code: None,
        at: at(),
    };
    assert_eq!(
        decide(&fold(&facts), intend(Call::Receipt { number: 1 })),
        Ok(vec![]),
        "it goes with the payment"
    );
    let asked = then(&facts, intend(Call::Receipt { number: 2 }));
    let there = then(&asked, record(2, ReceiptStage::Requested));
    assert_eq!(
        decide(&fold(&there), record(2, ReceiptStage::Requested)),
        Ok(vec![])
    );
    let registered = then(&there, record(2, ReceiptStage::Registered));
    assert_eq!(names(&registered).last(), Some(&"PaymentReceiptRegistered"));
    assert_eq!(
        decide(&fold(&registered), record(2, ReceiptStage::Failed)),
        Ok(vec![])
    );
    assert_eq!(fold(&registered).status().as_str(), "completed");
    let at_once = decide(&fold(&facts), record(1, ReceiptStage::Registered)).unwrap();
    assert_eq!(
        names(&at_once),
        ["PaymentReceiptRequested", "PaymentReceiptRegistered"]
    );
    assert_eq!(decide(&fold(&facts), record(1, ReceiptStage::Due)), Ok(vec![]));
    assert_eq!(
        decide(&fold(&facts), record(3, ReceiptStage::Registered)),
        Err(PaymentRefusal::NoSuchPayment)
    );
}

#[test]
fn case_20_a_receipt_that_failed_is_issued_again_a_few_times() {
    let mut facts = taken();
    for number in 1..=u32::try_from(RECEIPT_TRIES_MAX).unwrap() {
        assert_eq!(decide(&fold(&facts), pursue()), Ok(vec![]));
        let failed = RecordReceipt {
            number,
            provider_id: Some(format!("rt-{number}")),
            stage: ReceiptStage::Failed,
            proof: None,
            copy: None,
            code: None,
            at: at(),
        };
        facts = then(&facts, failed);
        facts = then(&facts, pursue());
    }
    assert_eq!(names(&facts).last(), Some(&"PaymentAnomalyRecorded"));
    let receipts = fold(&facts).attempt().unwrap().receipts.clone();
    assert!(receipts[1].alone);
    let ids: Vec<_> = receipts
        .iter()
        .map(|receipt| receipt.provider_id.clone())
        .collect();
    assert_eq!(
        ids[..2],
        [Some("rt-1".to_owned()), Some("rt-2".to_owned())],
        "no later try takes the paper of an earlier one for its own"
    );
    let silent = StartForBooking {
        route: Some(Route {
            receipts: false,
            ..AT_ONCE
        }),
        ..start(PaymentMethod::Sbp)
    };
    let begun = decide(&Payment::Absent, silent).unwrap();
    let paid = then(&begun, seen(Stage::Succeeded, 200_000));
    let settled = then(&paid, settle(rub(600)));
    assert!(
        !names(&settled).contains(&"PaymentReceiptDue"),
        "some shops have a cash register of their own"
    );
}

#[test]
fn what_earlier_refunds_gave_back_is_known_to_the_next() {
    let facts = then(
        &then(&taken(), refund(rub(500))),
        told(1, RefundStage::Succeeded, rub(500)),
    );
    let facts = then(&facts, refund(rub(700)));
    let payment = fold(&facts);
    let attempt = payment.attempt().unwrap();
    assert_eq!(
        (attempt.refunded_before(1), attempt.refunded_before(2)),
        (rub(0), rub(500))
    );
}
