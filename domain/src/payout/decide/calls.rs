//! Requests to the gateway: recorded before they are sent, and only a definite refusal allows another.

use crate::payment::commands::{RecordNotCreated, RecordUnknown};
use crate::payment::provider::CALL_ATTEMPTS_MAX;
use crate::payout::Payout;
use crate::payout::commands::{Abandon, IntendPayoutCall, RecordPayoutRefused};
use crate::payout::decide::{Decision, cancelled, not_now, present};
use crate::payout::events::PayoutEvent;
use crate::payout::order::key;

/// The code of a payout that the gateway never had.
pub const NOT_CREATED: &str = "not_created";

/// A request is about to be sent. One that is under way already stays the one there is. Nothing is recorded for what
/// nobody wants.
pub(super) fn intend(payout: &Payout, command: IntendPayoutCall) -> Decision {
    let order = present(payout)?;
    if !payout.wants_call() || order.open_call().is_some() {
        return Ok(vec![]);
    }
    let attempt = order.calls.last().map_or(0, |made| made.attempt) + 1;
    if attempt > CALL_ATTEMPTS_MAX {
        return Err(not_now(payout));
    }
    Ok(vec![PayoutEvent::CallIntended {
        attempt,
        key: key(order.terms.payout_id, attempt),
        body_digest: command.body_digest,
        at: command.at,
    }])
}

/// The gateway definitely refused a request. Where its keys are at fault the next attempt may fare better, else the
/// payout comes to nothing.
pub(super) fn refused(payout: &Payout, command: RecordPayoutRefused) -> Decision {
    let order = present(payout)?;
    let open = order
        .open_call()
        .is_some_and(|made| made.attempt == command.attempt);
    if !open || !payout.wants_call() {
        return Ok(vec![]);
    }
    let refused = PayoutEvent::CallRefused {
        attempt: command.attempt,
        code: command.code.clone(),
        at: command.at,
    };
    let over = !command.again || command.attempt >= CALL_ATTEMPTS_MAX;
    let consequence = over.then(|| cancelled(order, command.code, command.at));
    Ok(std::iter::once(refused).chain(consequence).collect())
}

/// A request got no answer: it is resolved by asking, never by guessing.
pub(super) fn unknown(payout: &Payout, command: &RecordUnknown) -> Decision {
    let order = present(payout)?;
    if payout.wants_call() && !order.unknown {
        Ok(vec![PayoutEvent::OutcomeUnknown { at: command.at }])
    } else {
        Ok(vec![])
    }
}

/// The gateway has nothing of it, and asking again would be too late.
pub(super) fn not_created(payout: &Payout, command: &RecordNotCreated) -> Decision {
    let order = present(payout)?;
    if !payout.wants_call() {
        return Ok(vec![]);
    }
    match order.open_call() {
        Some(made) if !made.may_be_sent(command.at) => {
            Ok(vec![cancelled(order, NOT_CREATED.to_owned(), command.at)])
        }
        Some(_) | None => Err(not_now(payout)),
    }
}

/// Nothing was sent that could still come true, and nothing can be.
pub(super) fn abandon(payout: &Payout, command: Abandon) -> Decision {
    let order = present(payout)?;
    if !payout.wants_call() {
        return Ok(vec![]);
    }
    if order.open_call().is_some() {
        return Err(not_now(payout));
    }
    Ok(vec![cancelled(order, command.code, command.at)])
}
