//! Money that moves in a payout moves in its owner's wallet, in the same append.

use domain::payout::events::PayoutEvent;
use domain::payout::{Payout, PayoutCommand, decide};
use domain::wallet::WalletCommand;
use domain::wallet::commands::{PayOut, ReturnPayout};
use event_store::StreamName;

use crate::refusal::Refusal;
use crate::streams::{DecisionError, UnitOfWork};
use crate::wallet::{StatementPeriods, decide_wallet};

/// Lets a payout decide a command, and moves in the wallet what that moves.
pub(crate) fn decide_payout(
    work: &mut UnitOfWork<'_>,
    periods: &mut StatementPeriods<'_>,
    name: &StreamName,
    command: impl Into<PayoutCommand>,
) -> Result<(), DecisionError> {
    let payout = work.state::<Payout>(name)?;
    let known = payout.order().map(|order| order.terms.payout_id);
    let facts = decide::decide(&payout, command.into()).map_err(DecisionError::refuse)?;
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
                let command = PayOut {
                    owner_id: *owner_id,
                    payout_id: *payout_id,
                    amount: *amount,
                    at: *at,
                };
                Some((*owner_id, WalletCommand::from(command)))
            }
            PayoutEvent::Cancelled {
                owner_id, amount, at, ..
            } => {
                let command = ReturnPayout {
                    owner_id: *owner_id,
                    payout_id: known?,
                    amount: *amount,
                    at: *at,
                };
                Some((*owner_id, WalletCommand::from(command)))
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
    work.record::<Payout>(name, facts)?;
    for (owner_id, command) in moves {
        let page = periods.current(work, owner_id)?;
        decide_wallet(work, &page, command)?;
    }
    Ok(())
}

/// The refusal of a rule about payouts, where no payout exists yet to give it.
pub(super) fn refused(refusal: domain::payout::refusal::PayoutRefusal) -> DecisionError {
    DecisionError::refuse(Refusal::Payout(refusal))
}
