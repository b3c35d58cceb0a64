//! Requests to the gateway: recorded before they are sent, and only a definite refusal allows another.

use crate::payment::provider::CALL_ATTEMPTS_MAX;
use crate::payout::Payout;
use crate::payout::commands::{Abandon, IntendCall, RecordNotCreated, RecordRefused, RecordUnknown};
use crate::payout::decide::{Decision, cancelled, not_now, present};
use crate::payout::events::PayoutEvent;
use crate::payout::order::key;

/// The code of a payout that the gateway never had.
pub const NOT_CREATED: &str = "not_created";

/// A request is about to be sent. One that is under way already stays the one there is. Nothing is recorded for what
/// nobody wants.
pub(super) fn intend(payout: &Payout, wish: IntendCall) -> Decision {
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
        body_digest: wish.body_digest,
        at: wish.at,
    }])
}

/// The gateway definitely refused a request. Where its keys are at fault the next attempt may fare better, else the
/// payout comes to nothing.
pub(super) fn refused(payout: &Payout, wish: RecordRefused) -> Decision {
    let order = present(payout)?;
    let open = order.open_call().is_some_and(|made| made.attempt == wish.attempt);
    if !open || !payout.wants_call() {
        return Ok(vec![]);
    }
    let refused = PayoutEvent::CallRefused {
        attempt: wish.attempt,
        code: wish.code.clone(),
        at: wish.at,
    };
    let over = !wish.again || wish.attempt >= CALL_ATTEMPTS_MAX;
    let consequence = over.then(|| cancelled(order, wish.code, wish.at));
    Ok(std::iter::once(refused).chain(consequence).collect())
}

/// A request got no answer: it is resolved by asking, never by guessing.
pub(super) fn unknown(payout: &Payout, wish: &RecordUnknown) -> Decision {
    let order = present(payout)?;
    if payout.wants_call() && !order.unknown {
        Ok(vec![PayoutEvent::OutcomeUnknown { at: wish.at }])
    } else {
        Ok(vec![])
    }
}

/// The gateway has nothing of it, and asking again would be too late.
pub(super) fn not_created(payout: &Payout, wish: &RecordNotCreated) -> Decision {
    let order = present(payout)?;
    if !payout.wants_call() {
        return Ok(vec![]);
    }
    match order.open_call() {
        Some(made) if !made.may_be_sent(wish.at) => {
            Ok(vec![cancelled(order, NOT_CREATED.to_owned(), wish.at)])
        }
        Some(_) | None => Err(not_now(payout)),
    }
}

/// Nothing was sent that could still come true, and nothing can be.
pub(super) fn abandon(payout: &Payout, wish: Abandon) -> Decision {
    let order = present(payout)?;
    if !payout.wants_call() {
        return Ok(vec![]);
    }
    if order.open_call().is_some() {
        return Err(not_now(payout));
    }
    Ok(vec![cancelled(order, wish.code, wish.at)])
}
