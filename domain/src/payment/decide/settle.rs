//! In the end: what is due is taken, the rest is free or goes back; never more than there is, never less than nothing.

use crate::money::Money;
use crate::payment::commands::{Refund, Settle};
use crate::payment::decide::{Decision, is_available, not_now};
use crate::payment::events::{PaymentEvent, RefundReason};
use crate::payment::refusal::PaymentRefusal;
use crate::payment::{Attempt, Payment};
use crate::people::Actor;

/// Takes what is due of held money, or gives back what is not due of taken money.
pub(super) fn settle(payment: &Payment, wish: &Settle) -> Decision {
    if wish.due.minor < 0 {
        return Err(PaymentRefusal::AmountOutOfRange);
    }
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        Payment::Authorised(attempt) => settle_hold(attempt, wish),
        Payment::Captured(attempt) | Payment::PartiallyRefunded(attempt) => give_back_rest(attempt, wish),
        // The wallet answers at once, so its pending payment holds nothing; a provider's may still succeed and is
        // met then, as late money.
        Payment::Pending(attempt) if is_available(attempt.terms.method) && wish.due.is_zero() => {
            Ok(vec![PaymentEvent::Cancelled {
                released: attempt.held,
                at: wish.at,
            }])
        }
        Payment::Pending(_) | Payment::Refunded(_) | Payment::Failed(_) | Payment::Cancelled(_) => Ok(vec![]),
    }
}

/// An admin gives taken money back.
pub(super) fn refund(payment: &Payment, wish: &Refund) -> Decision {
    if !wish.amount.is_positive() {
        return Err(PaymentRefusal::AmountOutOfRange);
    }
    match payment {
        Payment::Captured(attempt) | Payment::PartiallyRefunded(attempt) => {
            if !is_available(attempt.terms.method) {
                return Err(PaymentRefusal::MethodUnavailable);
            }
            if left(attempt)?.minus(wish.amount).map_err(out_of_range)?.minor < 0 {
                return Err(PaymentRefusal::ExceedsCaptured);
            }
            given_back(attempt, wish.amount, wish.reason, wish.by, wish.at)
        }
        Payment::Absent
        | Payment::Pending(_)
        | Payment::Authorised(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => Err(not_now(payment)),
    }
}

fn settle_hold(attempt: &Attempt, wish: &Settle) -> Decision {
    if !is_available(attempt.terms.method) {
        return Err(PaymentRefusal::MethodUnavailable);
    }
    if wish.due.is_zero() {
        return Ok(vec![PaymentEvent::Cancelled {
            released: attempt.held,
            at: wish.at,
        }]);
    }
    let released = attempt.held.minus(wish.due).map_err(out_of_range)?;
    if released.minor < 0 {
        // More is due than was held: the house takes what there is.
        let nothing = Money {
            minor: 0,
            currency: attempt.held.currency,
        };
        return Ok(vec![PaymentEvent::Captured {
            amount: attempt.held,
            released: nothing,
            at: wish.at,
        }]);
    }
    Ok(vec![PaymentEvent::Captured {
        amount: wish.due,
        released,
        at: wish.at,
    }])
}

fn give_back_rest(attempt: &Attempt, wish: &Settle) -> Decision {
    let rest = left(attempt)?.minus(wish.due).map_err(out_of_range)?;
    if !rest.is_positive() {
        return Ok(vec![]);
    }
    if !is_available(attempt.terms.method) {
        return Err(PaymentRefusal::MethodUnavailable);
    }
    given_back(attempt, rest, wish.reason, wish.by, wish.at)
}

fn given_back(
    attempt: &Attempt,
    amount: Money,
    reason: RefundReason,
    by: Actor,
    at: jiff::Timestamp,
) -> Decision {
    let number = attempt
        .refunds
        .checked_add(1)
        .ok_or(PaymentRefusal::AmountOutOfRange)?;
    Ok(vec![PaymentEvent::Refunded {
        number,
        amount,
        reason,
        by,
        at,
    }])
}

/// Taken and not yet given back.
fn left(attempt: &Attempt) -> Result<Money, PaymentRefusal> {
    attempt.captured.minus(attempt.refunded).map_err(out_of_range)
}

const fn out_of_range(_: crate::money::MoneyFault) -> PaymentRefusal {
    PaymentRefusal::AmountOutOfRange
}
