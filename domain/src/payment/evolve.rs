//! Facts become state; no rule is decided here.

use crate::money::Money;
use crate::payment::events::PaymentEvent;
use crate::payment::{Attempt, Payment, PaymentTerms};
use crate::reactions::Reactions;

type State = fn(Attempt) -> Payment;

/// The payment after `fact`.
pub fn evolve(payment: Payment, fact: PaymentEvent) -> Payment {
    match fact {
        PaymentEvent::Started {
            payment_id,
            booking_id,
            patient_id,
            method,
            amount,
            at,
        } => {
            let terms = PaymentTerms {
                payment_id,
                booking_id,
                patient_id,
                method,
                amount,
                started_at: at,
            };
            Payment::Pending(started(terms))
        }
        PaymentEvent::Pending { provider_id, .. } => amend(payment, |attempt| {
            attempt.provider_id = Some(provider_id);
            attempt.unknown = false;
        }),
        PaymentEvent::OutcomeUnknown { .. } => amend(payment, |attempt| attempt.unknown = true),
        PaymentEvent::Authorised {
            amount, expires_at, ..
        } => turn(payment, Payment::Authorised, |attempt| {
            attempt.held = amount;
            attempt.hold_expires_at = expires_at;
        }),
        PaymentEvent::Captured { amount, .. } => turn(payment, Payment::Captured, |attempt| {
            attempt.held = nothing(attempt);
            attempt.captured = amount;
        }),
        PaymentEvent::Cancelled { .. } => turn(payment, Payment::Cancelled, |attempt| {
            attempt.held = nothing(attempt)
        }),
        PaymentEvent::Failed { .. } => turn(payment, Payment::Failed, |_| ()),
        PaymentEvent::Refunded { number, amount, .. } => given_back(payment, number, amount),
        PaymentEvent::ReactionRefused { intent_id, .. } => {
            amend(payment, |attempt| attempt.reactions.refused.push(intent_id))
        }
        PaymentEvent::ReactionGivenUp { intent_id, .. } => {
            amend(payment, |attempt| attempt.reactions.given_up.push(intent_id))
        }
    }
}

fn started(terms: PaymentTerms) -> Attempt {
    let nothing = Money {
        minor: 0,
        currency: terms.amount.currency,
    };
    Attempt {
        terms,
        provider_id: None,
        unknown: false,
        held: nothing,
        hold_expires_at: None,
        captured: nothing,
        refunded: nothing,
        refunds: 0,
        reactions: Reactions::default(),
    }
}

fn given_back(payment: Payment, number: u32, amount: Money) -> Payment {
    let Some((_, mut attempt)) = taken_apart(payment) else {
        return Payment::Absent;
    };
    // The rule kept the sum within what was captured, so it fits.
    attempt.refunded = attempt.refunded.plus(amount).unwrap_or(attempt.captured);
    attempt.refunds = number;
    attempt.unknown = false;
    if attempt.refunded == attempt.captured {
        Payment::Refunded(attempt)
    } else {
        Payment::PartiallyRefunded(attempt)
    }
}

const fn nothing(attempt: &Attempt) -> Money {
    Money {
        minor: 0,
        currency: attempt.terms.amount.currency,
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
