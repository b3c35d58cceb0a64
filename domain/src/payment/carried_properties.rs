//! A provider that answers late, twice, out of order or wrongly, beside commands in any order: money is conserved, nothing
//! is asked twice, no news falls in rank, and what cannot be true is believed in nothing.

use std::collections::BTreeSet;

use cqrs_es::Aggregate;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::money::Money;
use crate::payment::anomaly::Source;
use crate::payment::attempt::RefundStage;
use crate::payment::commands::{
    CaptureEarly, GiveUp, IntendCall, Pursue, RecordReceipt, RecordRefund, RecordRefused, RecordSnapshot,
    RecordUnknown, Refund, Settle, Stage, StartForBooking,
};
use crate::payment::decide::decide;
use crate::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
use crate::payment::properties::Books;
use crate::payment::provider::{Call, CaptureMode, Provider, Route};
use crate::payment::purpose::Purpose;
use crate::payment::receipt::ReceiptStage;
use crate::payment::tests::depositing::deposit;
use crate::payment::{Payment, PaymentCommand};
use crate::people::Actor;
use crate::tests::fixtures::{id, moment, patient_id};

const PRICE: i64 = 200_000;

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        Just(Call::Create),
        Just(Call::Capture),
        Just(Call::Cancel),
        (1u32..4).prop_map(|number| Call::Refund { number }),
        (1u32..4).prop_map(|number| Call::Receipt { number }),
    ]
}

fn snapshot() -> impl Strategy<Value = PaymentCommand> {
    let stage = prop_oneof![
        Just(Stage::Pending),
        Just(Stage::Held),
        Just(Stage::Succeeded),
        Just(Stage::Cancelled)
    ];
    let amount = prop_oneof![8 => Just(PRICE), 1 => 1i64..PRICE, 1 => Just(PRICE + 1)];
    let taken = prop_oneof![2 => Just(None), 4 => Just(Some(PRICE)), 4 => (1i64..PRICE).prop_map(Some)];
    let refunded = prop::option::of(0i64..PRICE);
    let news = (stage, amount, taken, refunded, 0u8..8, any::<bool>());
    news.prop_map(|(stage, amount, taken, refunded, whose, asked_when_over)| {
        RecordSnapshot {
            provider_id: if whose == 0 { "another" } else { "2c1f" }.to_owned(),
            stage,
            amount: Money::kopecks(amount),
            captured: taken.map(Money::kopecks),
            refunded: refunded.map(Money::kopecks),
            income: taken.map(Money::kopecks),
            expires_at: None,
            code: None,
            source: Source::Notice,
            asked_when_over,
            at: moment("2026-12-01T09:00:00Z"),
        }
        .into()
    })
}

fn refund_news() -> impl Strategy<Value = PaymentCommand> {
    let stage = prop_oneof![
        Just(RefundStage::Pending),
        Just(RefundStage::Succeeded),
        Just(RefundStage::Cancelled)
    ];
    let amount = prop_oneof![Just(PRICE), Just(150_000i64), Just(50_000i64), 1i64..PRICE];
    (1u32..4, stage, amount).prop_map(|(number, stage, amount)| {
        RecordRefund {
            number,
            provider_id: None,
            stage,
            amount: Money::kopecks(amount),
            code: None,
            source: Source::Poll,
            at: moment("2026-12-01T09:00:00Z"),
        }
        .into()
    })
}

pub(in crate::payment) fn command() -> impl Strategy<Value = PaymentCommand> {
    let at = moment("2026-12-01T09:00:00Z");
    let by = Actor::Process;
    let sum = prop_oneof![Just(0i64), Just(50_000i64), Just(150_000i64), Just(PRICE)];
    let settle = sum.clone().prop_map(move |due| {
        let (due, reason) = (Money::kopecks(due), RefundReason::Settlement);
        Settle { due, reason, by, at }.into()
    });
    let refund = sum.prop_map(move |amount| {
        let (amount, reason) = (Money::kopecks(amount), RefundReason::Goodwill);
        Refund {
            amount,
            reason,
            by,
            again: true,
            at,
        }
        .into()
    });
    let intend = (call(), 0i64..30).prop_map(move |(call, hours)| {
        let (body_digest, at) = ("ab".to_owned(), at + SignedDuration::from_hours(hours));
        IntendCall {
            call,
            body_digest,
            at,
        }
        .into()
    });
    let refused = (call(), 1u16..3, any::<bool>()).prop_map(move |(call, attempt, not_now)| {
        let code = "invalid_request".to_owned();
        RecordRefused {
            call,
            attempt,
            code,
            not_now,
            at,
        }
        .into()
    });
    let receipt = (1u32..4, any::<bool>()).prop_map(move |(number, registered)| {
        let stage = if registered {
            ReceiptStage::Registered
        } else {
            ReceiptStage::Failed
        };
        receipt(number, stage, at).into()
    });
    prop_oneof![
        6 => snapshot(),
        3 => refund_news(),
        2 => settle,
        2 => refund,
        4 => intend,
        2 => refused,
        1 => receipt,
        1 => Just(RecordUnknown { at }.into()),
        1 => Just(CaptureEarly { at }.into()),
        1 => Just(GiveUp { at }.into()),
        2 => Just(Pursue { at }.into()),
    ]
}

fn receipt(number: u32, stage: ReceiptStage, at: Timestamp) -> RecordReceipt {
    RecordReceipt {
        number,
        provider_id: None,
        stage,
        proof: None,
        copy: None,
        code: None,
        at,
    }
}

pub(in crate::payment) fn start(taking: CaptureMode) -> StartForBooking {
    StartForBooking {
        payment_id: id(20),
        booking_id: id(5),
        patient_id: patient_id(),
        method: PaymentMethod::Yookassa,
        amount: Money::kopecks(PRICE),
        route: Some(Route {
            provider: Provider::Yookassa,
            taking,
            receipts: true,
        }),
        return_url: None,
        at: moment("2026-12-01T09:00:00Z"),
    }
}

fn started_payment(taking: CaptureMode) -> Payment {
    let mut payment = Payment::default();
    let facts = decide(&payment, start(taking)).unwrap();
    facts.into_iter().for_each(|fact| payment.apply(fact));
    payment
}

/// A deposit of the same sum.
fn started_deposit() -> Payment {
    let mut payment = Payment::default();
    let facts = decide(&payment, deposit(PaymentMethod::Yookassa, Money::kopecks(PRICE))).unwrap();
    facts.into_iter().for_each(|fact| payment.apply(fact));
    payment
}

/// How far the money of a payment has come; a refund takes nothing from it.
fn rank(payment: &Payment) -> u8 {
    match payment {
        Payment::Absent => 0,
        // Late money brings an attempt that ended back, so these are no higher than the beginning.
        Payment::Pending(_) | Payment::Failed(_) | Payment::Cancelled(_) => 1,
        Payment::Authorised(_) => 2,
        Payment::Captured(_) | Payment::PartiallyRefunded(_) | Payment::Refunded(_) => 3,
    }
}

fn check(payment: &Payment, books: &Books) -> Result<(), TestCaseError> {
    let attempt = payment.attempt().unwrap();
    let stands = Books {
        held: payment.held().minor,
        taken: payment.captured().minor,
        back: payment.refunded().minor,
    };
    prop_assert_eq!(books, &stands, "facts and state say the same");
    prop_assert!(0 <= books.back && books.back <= books.taken && books.taken <= PRICE);
    prop_assert!(books.held == 0 || books.taken == 0);
    prop_assert!(
        attempt.left().unwrap().minor >= 0,
        "no more is promised back than was taken"
    );
    if payment.is_final() {
        prop_assert_eq!(
            books.held + books.taken - books.back,
            0,
            "what is over holds no money"
        );
    }
    let keys: BTreeSet<_> = attempt.calls.iter().map(|made| made.key).collect();
    prop_assert_eq!(keys.len(), attempt.calls.len(), "no key is used twice");
    for made in &attempt.calls {
        let open = attempt
            .calls
            .iter()
            .filter(|other| other.call == made.call && !other.refused);
        prop_assert!(open.count() <= 1, "one attempt at a time");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn money_is_conserved_and_asked_for_once_whatever_the_provider_says(
        payment in prop_oneof![
            Just(started_payment(CaptureMode::Held)), Just(started_payment(CaptureMode::AtOnce)), Just(started_deposit())],
        commands in prop::collection::vec(command(), 1..60),
    ) {
        let mut payment = payment;
        let mut books = Books::default();
        let is_deposit = payment.terms().unwrap().purpose == Purpose::Deposit;
        for command in commands {
            let before = payment.clone();
            let Ok(facts) = decide(&payment, command.clone()) else { continue };
            for fact in facts.clone() {
                books.enter(&fact);
                payment.apply(fact);
            }
            check(&payment, &books)?;
            prop_assert!(!is_deposit || books.held == 0, "a deposit is never held");
            let hold_ended = matches!(before, Payment::Authorised(_)) && matches!(payment, Payment::Cancelled(_));
            prop_assert!(rank(&payment) >= rank(&before) || hold_ended);
            let disbelieved = facts.iter().any(|fact| matches!(fact, PaymentEvent::AnomalyRecorded { .. }));
            if disbelieved && facts.len() == 1 {
                prop_assert_eq!(rank(&payment), rank(&before));
            }
            if !matches!(command, PaymentCommand::Refund(_) | PaymentCommand::Pursue(_)) {
                prop_assert_eq!(decide(&payment, command.clone()).unwrap_or_default(), vec![], "{:?}", command);
            }
        }
    }
}
