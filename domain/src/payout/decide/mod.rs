//! The rules of a payout: a command and the history so far in, facts or a refusal out. The same command twice is one command.

pub mod anomalies;
pub mod calls;
pub mod snapshot;

use jiff::Timestamp;

use crate::payout::commands::RequestPayout;
use crate::payout::events::PayoutEvent;
use crate::payout::order::Order;
use crate::payout::refusal::PayoutRefusal;
use crate::payout::{PAYOUT_MAX, PAYOUT_MIN, Payout, PayoutCommand};
use crate::reactions::{RecordReactionGivenUp, RecordReactionRefused};

/// The facts in order, none when nothing is left to do; or why not.
pub type Decision = Result<Vec<PayoutEvent>, PayoutRefusal>;

/// Decides any command.
///
/// # Errors
/// The refusal of the rule that the command meets.
pub fn decide(payout: &Payout, command: impl Into<PayoutCommand>) -> Decision {
    match command.into() {
        PayoutCommand::Request(command) => request(payout, command),
        PayoutCommand::IntendCall(command) => calls::intend(payout, command),
        PayoutCommand::RecordRefused(command) => calls::refused(payout, command),
        PayoutCommand::RecordUnknown(command) => calls::unknown(payout, &command),
        PayoutCommand::RecordNotCreated(command) => calls::not_created(payout, &command),
        PayoutCommand::Abandon(command) => calls::abandon(payout, command),
        PayoutCommand::RecordSnapshot(command) => snapshot::record(payout, &command),
        PayoutCommand::RecordStuck(command) => anomalies::stuck(payout, &command),
        PayoutCommand::ResolveAnomaly(command) => anomalies::resolve(payout, &command),
        PayoutCommand::RecordReactionRefused(command) => reaction_refused(payout, command),
        PayoutCommand::RecordReactionGivenUp(command) => reaction_given_up(payout, &command),
    }
}

/// A payout is asked for once; asked for again it is the one there is.
fn request(payout: &Payout, command: RequestPayout) -> Decision {
    if let Some(order) = payout.order() {
        let terms = order.terms;
        let same = terms.payout_id == command.payout_id
            && terms.owner_id == command.owner_id
            && terms.purpose == command.purpose;
        return if same { Ok(vec![]) } else { Err(not_now(payout)) };
    }
    let in_range = command.amount.currency == PAYOUT_MIN.currency
        && (PAYOUT_MIN.minor..=PAYOUT_MAX.minor).contains(&command.amount.minor);
    if !in_range {
        return Err(PayoutRefusal::AmountOutOfRange);
    }
    Ok(vec![PayoutEvent::Requested {
        payout_id: command.payout_id,
        owner_id: command.owner_id,
        purpose: command.purpose,
        amount: command.amount,
        destination: command.destination,
        by: command.by,
        at: command.at,
    }])
}

fn reaction_refused(payout: &Payout, command: RecordReactionRefused) -> Decision {
    if present(payout)?.reactions.refused.contains(&command.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![PayoutEvent::ReactionRefused {
        intent_id: command.intent_id,
        code: command.code,
        at: command.at,
    }])
}

fn reaction_given_up(payout: &Payout, command: &RecordReactionGivenUp) -> Decision {
    if present(payout)?.reactions.given_up.contains(&command.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![PayoutEvent::ReactionGivenUp {
        intent_id: command.intent_id,
        reason: command.reason,
        by: command.by,
        at: command.at,
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
