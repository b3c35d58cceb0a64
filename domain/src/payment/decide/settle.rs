//! In the end: what is due is taken, the rest is free or goes back; never more than there is, never less than nothing.

use crate::money::Money;
use crate::payment::Payment;
use crate::payment::anomaly::AnomalyKind;
use crate::payment::attempt::{Attempt, Settlement};
use crate::payment::commands::{CaptureEarly, GiveUp, Refund, Settle};
use crate::payment::decide::{
    Decision, after, anomalies, is_carried, not_now, out_of_range, pursue, refunds,
};
use crate::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
use crate::payment::purpose::Purpose;
use crate::payment::refusal::PaymentRefusal;
use crate::people::Actor;

/// Takes what is due of held money, or gives back what is not due of taken money.
pub(super) fn settle(payment: &Payment, command: &Settle) -> Decision {
    if command.due.minor < 0 {
        return Err(PaymentRefusal::AmountOutOfRange);
    }
    if payment
        .terms()
        .is_some_and(|terms| terms.purpose == Purpose::Deposit)
    {
        return Err(not_now(payment)); // It is the patient's own money: no booking says what is due of it.
    }
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        Payment::Authorised(attempt) | Payment::Captured(attempt) | Payment::PartiallyRefunded(attempt)
            if attempt.route.is_some() =>
        {
            by_provider(payment, attempt, command)
        }
        Payment::Authorised(attempt) => settle_hold(attempt, command),
        Payment::Captured(attempt) | Payment::PartiallyRefunded(attempt) => give_back_rest(attempt, command),
        // The wallet answers at once, so its pending payment holds nothing; a provider's may still succeed and is
        // met then, as late money.
        Payment::Pending(attempt)
            if attempt.terms.method == PaymentMethod::Wallet && command.due.is_zero() =>
        {
            Ok(vec![PaymentEvent::Cancelled {
                released: attempt.held,
                at: command.at,
            }])
        }
        // The hold ended by itself before it was let go; nothing is due of it, so nothing is lost.
        Payment::Cancelled(attempt) if command.due.is_zero() => Ok(anomalies::accept(
            attempt,
            AnomalyKind::HoldLost,
            command.by,
            command.at,
        )),
        Payment::Pending(_) | Payment::Refunded(_) | Payment::Failed(_) | Payment::Cancelled(_) => Ok(vec![]),
    }
}

/// A provider is not done at once: what is to remain is recorded, and pursued from one answer to the next.
fn by_provider(payment: &Payment, attempt: &Attempt, command: &Settle) -> Decision {
    let target = Settlement {
        due: command.due,
        reason: command.reason,
        by: command.by,
    };
    if attempt.settlement == Some(target) {
        return Ok(vec![]);
    }
    let mut facts = vec![PaymentEvent::SettlementSet {
        due: command.due,
        reason: command.reason,
        by: command.by,
        at: command.at,
    }];
    facts.extend(pursue::next_step(&after(payment, &facts), command.at)?);
    Ok(facts)
}

/// An admin gives taken money back.
pub(super) fn refund(payment: &Payment, command: &Refund) -> Decision {
    if !command.amount.is_positive() {
        return Err(PaymentRefusal::AmountOutOfRange);
    }
    match payment {
        Payment::Captured(attempt) | Payment::PartiallyRefunded(attempt) => {
            carried(attempt)?;
            let facts = by_admin(attempt, command)?;
            if !command.again && refunds::requested_just_now(attempt, command.amount, command.at) {
                return Err(PaymentRefusal::RefundUnderWay);
            }
            Ok(facts)
        }
        Payment::Absent
        | Payment::Pending(_)
        | Payment::Authorised(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => Err(not_now(payment)),
    }
}

fn by_admin(attempt: &Attempt, command: &Refund) -> Decision {
    if attempt.route.is_some() {
        return refunds::requested(attempt, command.amount, command.reason, command.by, command.at);
    }
    if left(attempt)?.minus(command.amount).map_err(out_of_range)?.minor < 0 {
        return Err(PaymentRefusal::ExceedsCaptured);
    }
    given_back(attempt, command.amount, command.reason, command.by, command.at)
}

/// The patient pays in another way. What the provider has may still bring money, which then goes back as late; one
/// whose outcome is unknown is not given up, for nobody knows what would be.
pub(super) fn give_up(payment: &Payment, command: &GiveUp) -> Decision {
    match payment {
        Payment::Pending(attempt)
            if attempt.route.is_some() && attempt.provider_id.is_some() && !attempt.unknown =>
        {
            Ok(vec![PaymentEvent::GivenUp { at: command.at }])
        }
        Payment::Failed(_) | Payment::Cancelled(_) | Payment::Refunded(_) => Ok(vec![]),
        Payment::Absent
        | Payment::Pending(_)
        | Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_) => Err(not_now(payment)),
    }
}

/// All that is held is taken now, for the hold would end before the money is due. A wallet's hold never ends.
pub(super) fn capture_early(payment: &Payment, command: &CaptureEarly) -> Decision {
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        Payment::Authorised(attempt)
            if attempt.route.is_some() && attempt.capture_asked.is_none() && !attempt.cancel_asked =>
        {
            Ok(vec![PaymentEvent::CaptureRequested {
                amount: attempt.held,
                at: command.at,
            }])
        }
        Payment::Pending(_)
        | Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => Ok(vec![]),
    }
}

fn settle_hold(attempt: &Attempt, command: &Settle) -> Decision {
    carried(attempt)?;
    if command.due.is_zero() {
        return Ok(vec![PaymentEvent::Cancelled {
            released: attempt.held,
            at: command.at,
        }]);
    }
    let released = attempt.held.minus(command.due).map_err(out_of_range)?;
    if released.minor < 0 {
        // More is due than was held: the platform takes what there is.
        let nothing = Money {
            minor: 0,
            currency: attempt.held.currency,
        };
        return Ok(vec![PaymentEvent::Captured {
            amount: attempt.held,
            released: nothing,
            at: command.at,
        }]);
    }
    Ok(vec![PaymentEvent::Captured {
        amount: command.due,
        released,
        at: command.at,
    }])
}

fn give_back_rest(attempt: &Attempt, command: &Settle) -> Decision {
    let rest = left(attempt)?.minus(command.due).map_err(out_of_range)?;
    if !rest.is_positive() {
        return Ok(vec![]);
    }
    carried(attempt)?;
    given_back(attempt, rest, command.reason, command.by, command.at)
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

fn carried(attempt: &Attempt) -> Result<(), PaymentRefusal> {
    if is_carried(attempt.terms.method, attempt.route.is_some()) {
        Ok(())
    } else {
        Err(PaymentRefusal::MethodUnavailable)
    }
}
