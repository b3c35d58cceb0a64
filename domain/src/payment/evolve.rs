//! Facts become state; no rule is decided here.

use jiff::Timestamp;

use crate::money::Money;
use crate::payment::Payment;
use crate::payment::anomaly::AnomalyEntry;
use crate::payment::attempt::{Attempt, PaymentTerms, RefundEntry, RefundStage, Settlement};
use crate::payment::events::{PaymentEvent, RefundReason};
use crate::payment::provider::CallMade;
use crate::payment::purpose::Purpose;
use crate::payment::receipt::{ReceiptEntry, ReceiptStage};
use crate::people::Actor;

type State = fn(Attempt) -> Payment;

/// The state once `fact` stands in the log, which is never refused here.
pub fn evolve(payment: Payment, fact: PaymentEvent) -> Payment {
    match fact {
        fact @ (PaymentEvent::Started { .. } | PaymentEvent::DepositStarted { .. }) => started_payment(&fact),
        PaymentEvent::Authorised {
            amount, expires_at, ..
        } => turn(payment, Payment::Authorised, |attempt| {
            attempt.held = amount;
            attempt.hold_expires_at = expires_at;
            (attempt.capture_asked, attempt.cancel_asked) = (None, false);
        }),
        PaymentEvent::Captured { amount, released, at } => turn(payment, Payment::Captured, |attempt| {
            attempt.held = attempt.nothing();
            attempt.captured = amount;
            freed(attempt, released, at);
        }),
        PaymentEvent::Cancelled { released, at } => turn(payment, Payment::Cancelled, |attempt| {
            attempt.held = attempt.nothing();
            attempt.let_go |= released.is_positive();
            freed(attempt, released, at);
            ended(attempt);
        }),
        PaymentEvent::Failed { code, .. } => turn(payment, Payment::Failed, |attempt| {
            attempt.failure = Some(code);
            ended(attempt);
        }),
        PaymentEvent::GivenUp { .. } => turn(payment, Payment::Cancelled, |_| ()),
        PaymentEvent::Refunded {
            number,
            amount,
            reason,
            by,
            at,
        } => given_back(payment, back_at_once(number, amount, reason, by, at)),
        fact @ (PaymentEvent::Pending { .. }
        | PaymentEvent::OutcomeUnknown { .. }
        | PaymentEvent::Routed { .. }
        | PaymentEvent::ReturnUrlGiven { .. }
        | PaymentEvent::LinkOffered { .. }
        | PaymentEvent::CallIntended { .. }
        | PaymentEvent::CallRefused { .. }
        | PaymentEvent::CaptureRequested { .. }
        | PaymentEvent::CancelRequested { .. }
        | PaymentEvent::SettlementSet { .. }
        | PaymentEvent::RefundRequested { .. }
        | PaymentEvent::RefundPending { .. }
        | PaymentEvent::RefundCancelled { .. }
        | PaymentEvent::IncomeKnown { .. }
        | PaymentEvent::ReceiptDue { .. }
        | PaymentEvent::ReceiptRequested { .. }
        | PaymentEvent::ReceiptRegistered { .. }
        | PaymentEvent::ReceiptCopyOffered { .. }
        | PaymentEvent::ReceiptFailed { .. }
        | PaymentEvent::AnomalyRecorded { .. }
        | PaymentEvent::AnomalyResolved { .. }
        | PaymentEvent::ReactionRefused { .. }
        | PaymentEvent::ReactionGivenUp { .. }) => amend(payment, |attempt| remember(attempt, fact)),
    }
}

/// The payment that begins with this fact.
fn started_payment(fact: &PaymentEvent) -> Payment {
    let (terms, purpose) = if let PaymentEvent::Started {
        payment_id,
        booking_id,
        patient_id,
        method,
        amount,
        at,
    } = fact
    {
        (
            (*payment_id, *patient_id, *method, *amount, *at),
            Purpose::Booking(*booking_id),
        )
    } else if let PaymentEvent::DepositStarted {
        payment_id,
        patient_id,
        method,
        amount,
        at,
    } = fact
    {
        (
            (*payment_id, *patient_id, *method, *amount, *at),
            Purpose::Deposit,
        )
    } else {
        return Payment::Absent;
    };
    let (payment_id, patient_id, method, amount, started_at) = terms;
    Payment::Pending(Attempt::new(PaymentTerms {
        payment_id,
        purpose,
        patient_id,
        method,
        amount,
        started_at,
    }))
}

/// What is remembered without the payment becoming another.
fn remember(attempt: &mut Attempt, fact: PaymentEvent) {
    match fact {
        PaymentEvent::Pending { provider_id, .. } => {
            attempt.provider_id = Some(provider_id);
            attempt.unknown = false;
        }
        PaymentEvent::OutcomeUnknown { .. } => attempt.unknown = true,
        PaymentEvent::Routed { route, .. } => attempt.route = Some(route),
        PaymentEvent::ReturnUrlGiven { return_url, .. } => attempt.return_url = Some(return_url),
        PaymentEvent::LinkOffered { link, .. } => attempt.link = Some(link),
        PaymentEvent::CaptureRequested { amount, .. } => attempt.capture_asked = Some(amount),
        PaymentEvent::CancelRequested { .. } => attempt.cancel_asked = true,
        PaymentEvent::SettlementSet { due, reason, by, .. } => {
            attempt.settlement = Some(Settlement { due, reason, by });
        }
        PaymentEvent::IncomeKnown { income, .. } => attempt.income = Some(income),
        PaymentEvent::CallIntended { .. } | PaymentEvent::CallRefused { .. } => remember_call(attempt, fact),
        PaymentEvent::RefundRequested { .. }
        | PaymentEvent::RefundPending { .. }
        | PaymentEvent::RefundCancelled { .. } => remember_refund(attempt, fact),
        PaymentEvent::ReceiptDue { .. }
        | PaymentEvent::ReceiptRequested { .. }
        | PaymentEvent::ReceiptRegistered { .. }
        | PaymentEvent::ReceiptCopyOffered { .. }
        | PaymentEvent::ReceiptFailed { .. } => remember_receipt(attempt, fact),
        PaymentEvent::AnomalyRecorded { number, anomaly, .. } => attempt.anomalies.push(AnomalyEntry {
            number,
            anomaly,
            resolution: None,
        }),
        PaymentEvent::AnomalyResolved {
            number, resolution, ..
        } => {
            let entry = attempt.anomalies.iter_mut().find(|entry| entry.number == number);
            entry
                .into_iter()
                .for_each(|entry| entry.resolution = Some(resolution));
        }
        PaymentEvent::ReactionRefused { intent_id, .. } => attempt.reactions.refused.push(intent_id),
        PaymentEvent::ReactionGivenUp { intent_id, .. } => attempt.reactions.given_up.push(intent_id),
        PaymentEvent::Started { .. }
        | PaymentEvent::DepositStarted { .. }
        | PaymentEvent::Authorised { .. }
        | PaymentEvent::Captured { .. }
        | PaymentEvent::Cancelled { .. }
        | PaymentEvent::Failed { .. }
        | PaymentEvent::GivenUp { .. }
        | PaymentEvent::Refunded { .. } => {} // They make it another, see above.
    }
}

fn remember_call(attempt: &mut Attempt, fact: PaymentEvent) {
    if let PaymentEvent::CallIntended {
        call,
        attempt: number,
        key,
        body_digest,
        at,
        ..
    } = fact
    {
        attempt.calls.push(CallMade {
            call,
            attempt: number,
            key,
            body_digest,
            intended_at: at,
            refused: false,
        });
    } else if let PaymentEvent::CallRefused {
        call,
        attempt: number,
        ..
    } = fact
    {
        attempt.unknown = false;
        let mut made = attempt.calls.iter_mut();
        made.find(|made| made.call == call && made.attempt == number)
            .into_iter()
            .for_each(|made| made.refused = true);
    }
}

fn remember_refund(attempt: &mut Attempt, fact: PaymentEvent) {
    if let PaymentEvent::RefundRequested {
        number,
        amount,
        reason,
        by,
        at,
    } = fact
    {
        attempt.refunds = number;
        attempt.refund_list.push(RefundEntry {
            number,
            amount,
            reason,
            by,
            requested_at: at,
            ended_at: None,
            stage: RefundStage::Requested,
            provider_id: None,
        });
    } else if let PaymentEvent::RefundPending {
        number, provider_id, ..
    } = fact
    {
        if let Some(refund) = attempt
            .refund_list
            .iter_mut()
            .find(|refund| refund.number == number)
        {
            refund.stage = RefundStage::Pending;
            refund.provider_id = provider_id;
        }
    } else if let PaymentEvent::RefundCancelled { number, at, .. } = fact {
        let refund = attempt
            .refund_list
            .iter_mut()
            .find(|refund| refund.number == number);
        if let Some(refund) = refund {
            refund.stage = RefundStage::Cancelled;
            refund.ended_at = Some(at);
        }
    }
}

fn remember_receipt(attempt: &mut Attempt, fact: PaymentEvent) {
    let mut stands = |number: u32, stage: ReceiptStage, id: Option<String>| {
        if let Some(receipt) = attempt
            .receipts
            .iter_mut()
            .find(|receipt| receipt.number == number)
        {
            receipt.stage = stage;
            receipt.provider_id = id.or(receipt.provider_id.take());
        }
    };
    if let PaymentEvent::ReceiptRequested {
        number, provider_id, ..
    } = fact
    {
        stands(number, ReceiptStage::Requested, provider_id);
    } else if let PaymentEvent::ReceiptRegistered { number, proof, .. } = fact {
        stands(number, ReceiptStage::Registered, None);
        if let Some(receipt) = attempt
            .receipts
            .iter_mut()
            .find(|receipt| receipt.number == number)
        {
            receipt.proof = proof;
        }
    } else if let PaymentEvent::ReceiptCopyOffered { number, copy, .. } = fact {
        if let Some(receipt) = attempt
            .receipts
            .iter_mut()
            .find(|receipt| receipt.number == number)
        {
            receipt.copy = Some(copy);
        }
    } else if let PaymentEvent::ReceiptFailed { number, .. } = fact {
        stands(number, ReceiptStage::Failed, None);
    } else if let PaymentEvent::ReceiptDue {
        number,
        purpose,
        amount,
        alone,
        at,
    } = fact
    {
        attempt.receipts.push(ReceiptEntry {
            number,
            purpose,
            amount,
            due_at: at,
            stage: ReceiptStage::Due,
            provider_id: None,
            proof: None,
            copy: None,
            alone,
        });
    }
}

/// So much of what was held is the payer's again.
fn freed(attempt: &mut Attempt, released: Money, at: Timestamp) {
    if released.is_positive() {
        attempt.freed_at = Some(at);
    }
}

/// It is over; by the provider's own word if the provider knows it at all.
fn ended(attempt: &mut Attempt) {
    attempt.ended_at_provider = attempt.route.is_some() && attempt.provider_id.is_some();
}

/// A refund that is done; a provider's was requested before and only its number and sum count.
const fn back_at_once(
    number: u32,
    amount: Money,
    reason: RefundReason,
    by: Actor,
    requested_at: Timestamp,
) -> RefundEntry {
    RefundEntry {
        number,
        amount,
        reason,
        by,
        requested_at,
        ended_at: Some(requested_at),
        stage: RefundStage::Succeeded,
        provider_id: None,
    }
}

fn given_back(payment: Payment, refund: RefundEntry) -> Payment {
    let Some((_, mut attempt)) = taken_apart(payment) else {
        return Payment::Absent;
    };
    // The rule kept the sum within what was captured, so it fits.
    attempt.refunded = attempt.refunded.plus(refund.amount).unwrap_or(attempt.captured);
    attempt.refunds = attempt.refunds.max(refund.number);
    attempt.unknown = false;
    let known = attempt
        .refund_list
        .iter_mut()
        .find(|known| known.number == refund.number);
    match known {
        Some(known) => {
            known.stage = RefundStage::Succeeded;
            known.ended_at = refund.ended_at;
        }
        None => attempt.refund_list.push(refund), // A wallet's, given back at once.
    }
    if attempt.refunded == attempt.captured {
        Payment::Refunded(attempt)
    } else {
        Payment::PartiallyRefunded(attempt)
    }
}

/// The same state with a changed attempt.
fn amend(payment: Payment, edit: impl FnOnce(&mut Attempt)) -> Payment {
    let Some((state, mut attempt)) = taken_apart(payment) else {
        return Payment::Absent;
    };
    edit(&mut attempt);
    state(attempt)
}

/// Another state with a changed attempt; money that moved is an outcome known.
fn turn(payment: Payment, into: State, edit: impl FnOnce(&mut Attempt)) -> Payment {
    let Some((_, mut attempt)) = taken_apart(payment) else {
        return Payment::Absent;
    };
    edit(&mut attempt);
    attempt.unknown = false;
    into(attempt)
}

fn taken_apart(payment: Payment) -> Option<(State, Attempt)> {
    match payment {
        Payment::Absent => None,
        Payment::Pending(attempt) => Some((Payment::Pending, attempt)),
        Payment::Authorised(attempt) => Some((Payment::Authorised, attempt)),
        Payment::Captured(attempt) => Some((Payment::Captured, attempt)),
        Payment::PartiallyRefunded(attempt) => Some((Payment::PartiallyRefunded, attempt)),
        Payment::Refunded(attempt) => Some((Payment::Refunded, attempt)),
        Payment::Failed(attempt) => Some((Payment::Failed, attempt)),
        Payment::Cancelled(attempt) => Some((Payment::Cancelled, attempt)),
    }
}
