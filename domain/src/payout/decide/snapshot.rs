//! What the gateway has: believed by rank, never twice, and never for another sum.

use crate::payment::anomaly::AnomalyKind;
use crate::payout::Payout;
use crate::payout::commands::{PayoutStage, RecordPayoutSnapshot};
use crate::payout::decide::{Decision, anomalies, cancelled, present};
use crate::payout::events::PayoutEvent;
use crate::payout::order::Order;

/// The code of a payout that was given up for a reason the gateway did not tell.
const NO_REASON: &str = "cancelled";

/// What the gateway has, whoever told: pending < final. Lower and equal news change nothing; what contradicts a final
/// state, or is about another sum, changes nothing either and becomes a task for an operator.
pub(super) fn record(payout: &Payout, command: &RecordPayoutSnapshot) -> Decision {
    let order = present(payout)?;
    if let Some(kind) = unbelievable(payout, order, command) {
        return Ok(anomalies::seen(order, kind, command).into_iter().collect());
    }
    if is_another(order, command) {
        return Ok(vec![]); // A doubled request that came to nothing is no harm.
    }
    let learnt = || PayoutEvent::Pending {
        provider_id: command.provider_id.clone(),
        at: command.at,
    };
    let facts = match payout {
        Payout::Requested(_) => std::iter::once(learnt()).chain(ended(order, command)).collect(),
        Payout::Pending(_) => ended(order, command).into_iter().collect(),
        Payout::Absent | Payout::Paid(_) | Payout::Cancelled(_) => vec![],
    };
    Ok(facts)
}

fn is_another(order: &Order, command: &RecordPayoutSnapshot) -> bool {
    let known = order.provider_id.as_ref();
    known.is_some_and(|known| *known != command.provider_id)
}

/// Why a snapshot cannot be believed, if it cannot.
fn unbelievable(payout: &Payout, order: &Order, command: &RecordPayoutSnapshot) -> Option<AnomalyKind> {
    if is_another(order, command) {
        // One that is on its way would pay a second time.
        return match command.stage {
            PayoutStage::Pending | PayoutStage::Succeeded => Some(AnomalyKind::SecondPayment),
            PayoutStage::Cancelled => None,
        };
    }
    if command.amount != order.terms.amount {
        return Some(AnomalyKind::AmountMismatch);
    }
    let contradicts = match (payout, command.stage) {
        (Payout::Paid(_), PayoutStage::Cancelled) | (Payout::Cancelled(_), PayoutStage::Succeeded) => true,
        // It was given up here for want of it there, and its money is back; now it is there after all.
        (Payout::Cancelled(order), PayoutStage::Pending) => order.provider_id.is_none(),
        (Payout::Paid(_), PayoutStage::Pending | PayoutStage::Succeeded)
        | (Payout::Cancelled(_), PayoutStage::Cancelled)
        | (Payout::Absent | Payout::Requested(_) | Payout::Pending(_), _) => false,
    };
    contradicts.then_some(AnomalyKind::FinalContradicted)
}

fn ended(order: &Order, command: &RecordPayoutSnapshot) -> Option<PayoutEvent> {
    match command.stage {
        PayoutStage::Pending => None,
        PayoutStage::Succeeded => Some(PayoutEvent::Paid {
            owner_id: order.terms.owner_id,
            purpose: order.terms.purpose,
            amount: order.terms.amount,
            at: command.at,
        }),
        PayoutStage::Cancelled => {
            let code = command.code.clone().unwrap_or_else(|| NO_REASON.to_owned());
            Some(cancelled(order, code, command.at))
        }
    }
}
