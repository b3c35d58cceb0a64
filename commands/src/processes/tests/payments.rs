//! A payment's facts, and what is asked of its provider because of them.

use super::*;

/// Every kind of fact of a payment.
pub(super) fn of_a_payment() -> Vec<PaymentEvent> {
    let (amount, released) = (PRICE, Money::ZERO);
    vec![
        PaymentEvent::DepositStarted {
            payment_id: PAYMENT,
            patient_id: PATIENT,
            method: PaymentMethod::Sbp,
            amount: PRICE,
            at: at(1),
        },
        PaymentEvent::Started {
            payment_id: PAYMENT,
            booking_id: BOOKING,
            patient_id: PATIENT,
            method: PaymentMethod::Wallet,
            amount,
            at: at(1),
        },
        PaymentEvent::Pending {
            provider_id: "p".to_owned(),
            at: at(1),
        },
        PaymentEvent::OutcomeUnknown { at: at(1) },
        PaymentEvent::Authorised {
            amount,
            expires_at: None,
            at: at(2),
        },
        PaymentEvent::Captured {
            amount,
            released,
            at: at(3),
        },
        PaymentEvent::Cancelled { released, at: at(1) },
        PaymentEvent::Failed {
            code: "declined".to_owned(),
            at: at(1),
        },
        PaymentEvent::Refunded {
            number: 1,
            amount,
            reason: RefundReason::Goodwill,
            by: BY,
            at: at(1),
        },
        PaymentEvent::ReactionRefused {
            intent_id: INTENT,
            code: "not_now".to_owned(),
            at: at(1),
        },
        PaymentEvent::ReactionGivenUp {
            intent_id: INTENT,
            reason: GiveUpReason::Obsolete,
            by: BY,
            at: at(1),
        },
    ]
    .into_iter()
    .chain(of_a_carried_payment())
    .collect()
}

/// The kinds of facts that only a payment has that a provider carries, as far as a process could care.
fn of_a_carried_payment() -> Vec<PaymentEvent> {
    let route = Route {
        provider: Provider::Yookassa,
        taking: CaptureMode::Held,
        receipts: true,
    };
    let (amount, number) = (PRICE, 1);
    let receipt = |alone| PaymentEvent::ReceiptDue {
        number: 2,
        purpose: ReceiptPurpose::Offset,
        amount,
        alone,
        at: at(25),
    };
    vec![
        PaymentEvent::Routed { route, at: at(20) },
        PaymentEvent::CaptureRequested { amount, at: at(21) },
        PaymentEvent::CancelRequested { at: at(22) },
        PaymentEvent::RefundRequested {
            number,
            amount,
            reason: RefundReason::Settlement,
            by: BY,
            at: at(23),
        },
        PaymentEvent::RefundPending {
            number,
            provider_id: None,
            at: at(24),
        },
        PaymentEvent::RefundCancelled {
            number,
            code: "insufficient_funds".to_owned(),
            at: at(24),
        },
        receipt(true),
        receipt(false),
        PaymentEvent::ReceiptRequested {
            number: 2,
            provider_id: None,
            at: at(26),
        },
        PaymentEvent::ReceiptFailed {
            number: 2,
            code: "cancelled".to_owned(),
            at: at(27),
        },
        PaymentEvent::GivenUp { at: at(28) },
    ]
}

#[test]
fn what_a_payment_wants_is_asked_of_its_provider_at_once() {
    let expected = [
        ("PaymentRouted", Call::Create, 20),
        ("PaymentCaptureRequested", Call::Capture, 21),
        ("PaymentCancelRequested", Call::Cancel, 22),
        ("PaymentRefundRequested", Call::Refund { number: 1 }, 23),
        ("PaymentReceiptDue", Call::Receipt { number: 2 }, 25),
    ]
    .map(|(fact, call, second)| {
        let intent = Intent::CallProvider {
            payment_ref: PAYMENT_REF,
            call,
        };
        let due_at = at(second);
        (fact, ScheduledIntent { intent, due_at })
    });
    assert_eq!(answered(provider_calls::react), expected);
}

#[test]
fn what_nobody_tells_of_is_looked_at() {
    let received = |react| -> Vec<(&'static str, Timestamp)> {
        let answers = answered(react).into_iter();
        answers.map(|(fact, reaction)| (fact, reaction.due_at)).collect()
    };
    assert_eq!(received(payment_watch::react), [("PaymentPending", at(11))]);
    assert_eq!(received(hold_keeping::react), [], "a wallet's hold never ends");
    let (next, refunds): (Vec<_>, Vec<_>) =
        answered(refund_follow_up::react)
            .into_iter()
            .partition(|(_, reaction)| {
                reaction.intent
                    == Intent::NextRefund {
                        payment_ref: PAYMENT_REF,
                    }
            });
    let due = |(fact, reaction): (&'static str, ScheduledIntent)| (fact, reaction.due_at);
    let refunds: Vec<_> = refunds.into_iter().map(due).collect();
    let expected = [
        ("PaymentRefundPending", at(34)),
        ("PaymentRefundCancelled", at(24 + 6 * 3_600)),
    ];
    assert_eq!(refunds, expected);
    let next: Vec<_> = next.into_iter().map(due).collect();
    let wakes = [
        ("PaymentRefunded", at(1)),
        ("PaymentRefundCancelled", at(24)),
        ("PaymentReceiptRequested", at(26)),
        ("PaymentReceiptFailed", at(27)),
    ];
    assert_eq!(next, wakes, "the next refund's turn comes at once");
    let receipts = [
        ("PaymentReceiptDue", at(35)),
        ("PaymentReceiptRequested", at(36)),
        ("PaymentReceiptFailed", at(27 + 3_600)),
    ];
    assert_eq!(received(receipt_follow_up::react), receipts);
}

#[test]
fn a_hold_with_an_end_is_taken_before_and_looked_at_after() {
    let event = AnyEvent::Payment(PaymentEvent::Authorised {
        amount: PRICE,
        expires_at: Some(at(86_400)),
        at: at(0),
    });
    let (aggregate_id, partition_key) = (PAYMENT.to_string(), BOOKING.to_string());
    let received = ReceivedEvent {
        position: 1,
        aggregate_id: &aggregate_id,
        partition_key: &partition_key,
        event: &event,
        retries: &RetrySchedule::default(),
    };
    let due = |react: fn(ReceivedEvent<'_>) -> Vec<ScheduledIntent>| {
        react(received)
            .into_iter()
            .map(|it| it.due_at)
            .collect::<Vec<_>>()
    };
    assert_eq!(due(hold_keeping::react), [at(86_400 - 2 * 3_600)]);
    assert_eq!(due(payment_watch::react), [at(86_460)]);
}
