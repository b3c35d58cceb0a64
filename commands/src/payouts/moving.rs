//! Money that moves in a payout moves in its owner's wallet, in the same append.

use domain::payout::events::PayoutEvent;
use domain::payout::{Payout, PayoutCommand, decide};
use domain::wallet::WalletCommand;
use domain::wallet::commands::{PayOut, ReturnPayout};
use event_store::StreamName;

use crate::refusal::Refusal;
use crate::streams::{Room, Stop};
use crate::wallet::{Pages, decide_wallet};

/// Lets a payout decide a wish, and moves in the wallet what that moves.
pub(super) fn decide_payout(
    room: &mut Room<'_>,
    pages: &mut Pages<'_>,
    name: &StreamName,
    wish: impl Into<PayoutCommand>,
) -> Result<(), Stop> {
    let payout = room.state::<Payout>(name)?;
    let known = payout.order().map(|order| order.terms.payout_id);
    let facts = decide::decide(&payout, wish.into()).map_err(Stop::refuse)?;
    drop(payout); // So that the state can change in place.
    let moves: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            PayoutEvent::Requested {
                payout_id,
                owner_id,
                amount,
                at,
                ..
            } => {
                let wish = PayOut {
                    owner_id: *owner_id,
                    payout_id: *payout_id,
                    amount: *amount,
                    at: *at,
                };
                Some((*owner_id, WalletCommand::from(wish)))
            }
            PayoutEvent::Cancelled {
                owner_id, amount, at, ..
            } => {
                let wish = ReturnPayout {
                    owner_id: *owner_id,
                    payout_id: known?,
                    amount: *amount,
                    at: *at,
                };
                Some((*owner_id, WalletCommand::from(wish)))
            }
            PayoutEvent::CallIntended { .. }
            | PayoutEvent::CallRefused { .. }
            | PayoutEvent::OutcomeUnknown { .. }
            | PayoutEvent::Pending { .. }
            | PayoutEvent::Paid { .. }
            | PayoutEvent::AnomalyRecorded { .. }
            | PayoutEvent::AnomalyResolved { .. }
            | PayoutEvent::ReactionRefused { .. }
            | PayoutEvent::ReactionGivenUp { .. } => None,
        })
        .collect();
    room.record::<Payout>(name, facts)?;
    for (owner_id, wish) in moves {
        let page = pages.current(room, owner_id)?;
        decide_wallet(room, &page, wish)?;
    }
    Ok(())
}

/// The refusal of a rule about payouts, where no payout exists yet to give it.
pub(super) fn refused(refusal: domain::payout::refusal::PayoutRefusal) -> Stop {
    Stop::refuse(Refusal::Payout(refusal))
}
