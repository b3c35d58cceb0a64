//! Facts become state; no rule is decided here.

use crate::payment::anomaly::AnomalyEntry;
use crate::payout::Payout;
use crate::payout::events::PayoutEvent;
use crate::payout::order::{CallMade, Order, PayoutTerms};

type State = fn(Order) -> Payout;

/// The state once `fact` stands in the log, which is never refused here.
pub fn evolve(payout: Payout, fact: PayoutEvent) -> Payout {
    match fact {
        PayoutEvent::Requested {
            payout_id,
            owner_id,
            purpose,
            amount,
            destination,
            at,
            by: _,
        } => {
            let terms = PayoutTerms {
                payout_id,
                owner_id,
                purpose,
                amount,
                requested_at: at,
            };
            Payout::Requested(Order::new(terms, destination))
        }
        PayoutEvent::CallIntended {
            attempt,
            key,
            body_digest,
            at,
        } => amend(payout, |order| {
            order.calls.push(CallMade {
                attempt,
                key,
                body_digest,
                intended_at: at,
                refused: false,
            });
        }),
        PayoutEvent::CallRefused { attempt, .. } => amend(payout, |order| {
            order.unknown = false;
            let made = order.calls.iter_mut().find(|made| made.attempt == attempt);
            made.into_iter().for_each(|made| made.refused = true);
        }),
        PayoutEvent::OutcomeUnknown { .. } => amend(payout, |order| order.unknown = true),
        PayoutEvent::Pending { provider_id, .. } => turn(payout, Payout::Pending, |order| {
            order.provider_id = Some(provider_id);
        }),
        PayoutEvent::Paid { .. } => turn(payout, Payout::Paid, |_| ()),
        PayoutEvent::Cancelled { code, .. } => {
            turn(payout, Payout::Cancelled, |order| order.code = Some(code))
        }
        PayoutEvent::AnomalyRecorded { number, anomaly, .. } => amend(payout, |order| {
            order.anomalies.push(AnomalyEntry {
                number,
                anomaly,
                resolution: None,
            });
        }),
        PayoutEvent::AnomalyResolved {
            number, resolution, ..
        } => amend(payout, |order| {
            let entry = order.anomalies.iter_mut().find(|entry| entry.number == number);
            entry
                .into_iter()
                .for_each(|entry| entry.resolution = Some(resolution));
        }),
        PayoutEvent::ReactionRefused { intent_id, .. } => {
            amend(payout, |order| order.reactions.refused.push(intent_id))
        }
        PayoutEvent::ReactionGivenUp { intent_id, .. } => {
            amend(payout, |order| order.reactions.given_up.push(intent_id))
        }
    }
}

/// The same state with a changed order.
fn amend(payout: Payout, edit: impl FnOnce(&mut Order)) -> Payout {
    let Some((state, mut order)) = taken_apart(payout) else {
        return Payout::Absent;
    };
    edit(&mut order);
    state(order)
}

/// Another state with a changed order; a step onwards is an outcome known.
fn turn(payout: Payout, into: State, edit: impl FnOnce(&mut Order)) -> Payout {
    let Some((_, mut order)) = taken_apart(payout) else {
        return Payout::Absent;
    };
    edit(&mut order);
    order.unknown = false;
    into(order)
}

fn taken_apart(payout: Payout) -> Option<(State, Order)> {
    match payout {
        Payout::Absent => None,
        Payout::Requested(order) => Some((Payout::Requested, order)),
        Payout::Pending(order) => Some((Payout::Pending, order)),
        Payout::Paid(order) => Some((Payout::Paid, order)),
        Payout::Cancelled(order) => Some((Payout::Cancelled, order)),
    }
}
