//! The rules of a payout: a wish and the history so far in, facts or a refusal out. The same wish twice is one wish.

pub mod anomalies;
pub mod calls;
pub mod snapshot;

use jiff::Timestamp;

use crate::payout::commands::{RecordReactionGivenUp, RecordReactionRefused, Request};
use crate::payout::events::PayoutEvent;
use crate::payout::order::Order;
use crate::payout::refusal::PayoutRefusal;
use crate::payout::{PAYOUT_MAX, PAYOUT_MIN, Payout, PayoutCommand};

/// What a decision answers.
pub type Decision = Result<Vec<PayoutEvent>, PayoutRefusal>;

/// Decides any wish.
///
/// # Errors
/// The refusal of the rule that the wish meets.
pub fn decide(payout: &Payout, wish: impl Into<PayoutCommand>) -> Decision {
    match wish.into() {
        PayoutCommand::Request(wish) => request(payout, wish),
        PayoutCommand::IntendCall(wish) => calls::intend(payout, wish),
        PayoutCommand::RecordRefused(wish) => calls::refused(payout, wish),
        PayoutCommand::RecordUnknown(wish) => calls::unknown(payout, &wish),
        PayoutCommand::RecordNotCreated(wish) => calls::not_created(payout, &wish),
        PayoutCommand::Abandon(wish) => calls::abandon(payout, wish),
        PayoutCommand::RecordSnapshot(wish) => snapshot::record(payout, &wish),
        PayoutCommand::RecordStuck(wish) => anomalies::stuck(payout, &wish),
        PayoutCommand::ResolveAnomaly(wish) => anomalies::resolve(payout, &wish),
        PayoutCommand::RecordReactionRefused(wish) => reaction_refused(payout, wish),
        PayoutCommand::RecordReactionGivenUp(wish) => reaction_given_up(payout, &wish),
    }
}

/// A payout is asked for once; asked for again it is the one there is.
fn request(payout: &Payout, wish: Request) -> Decision {
    if let Some(order) = payout.order() {
        let terms = order.terms;
        let same = terms.payout_id == wish.payout_id
            && terms.owner_id == wish.owner_id
            && terms.purpose == wish.purpose;
        return if same { Ok(vec![]) } else { Err(not_now(payout)) };
    }
    let in_range = wish.amount.currency == PAYOUT_MIN.currency
        && (PAYOUT_MIN.minor..=PAYOUT_MAX.minor).contains(&wish.amount.minor);
    if !in_range {
        return Err(PayoutRefusal::AmountOutOfRange);
    }
    Ok(vec![PayoutEvent::Requested {
        payout_id: wish.payout_id,
        owner_id: wish.owner_id,
        purpose: wish.purpose,
        amount: wish.amount,
        destination: wish.destination,
        by: wish.by,
        at: wish.at,
    }])
}

fn reaction_refused(payout: &Payout, wish: RecordReactionRefused) -> Decision {
    if present(payout)?.reactions.refused.contains(&wish.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![PayoutEvent::ReactionRefused {
        intent_id: wish.intent_id,
        code: wish.code,
        at: wish.at,
    }])
}

fn reaction_given_up(payout: &Payout, wish: &RecordReactionGivenUp) -> Decision {
    if present(payout)?.reactions.given_up.contains(&wish.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![PayoutEvent::ReactionGivenUp {
        intent_id: wish.intent_id,
        reason: wish.reason,
        by: wish.by,
        at: wish.at,
    }])
}

/// It came to nothing: the money goes back, in the same append.
const fn cancelled(order: &Order, code: String, at: Timestamp) -> PayoutEvent {
    PayoutEvent::Cancelled {
        owner_id: order.terms.owner_id,
        purpose: order.terms.purpose,
        amount: order.terms.amount,
        code,
        at,
    }
}

fn present(payout: &Payout) -> Result<&Order, PayoutRefusal> {
    payout.order().ok_or(PayoutRefusal::NoSuchPayout)
}

/// "Not now", or "no such payout" when there is none.
fn not_now(payout: &Payout) -> PayoutRefusal {
    match payout.order() {
        Some(_) => PayoutRefusal::NotNow {
            status: payout.status().as_str(),
        },
        None => PayoutRefusal::NoSuchPayout,
    }
}
