//! What the gateway has: believed by rank, never twice, and never for another sum.

use crate::payment::anomaly::AnomalyKind;
use crate::payout::Payout;
use crate::payout::commands::{RecordSnapshot, Stage};
use crate::payout::decide::{Decision, anomalies, cancelled, present};
use crate::payout::events::PayoutEvent;
use crate::payout::order::Order;

/// The code of a payout that was given up for a reason the gateway did not tell.
const NO_REASON: &str = "cancelled";

/// What the gateway has, whoever told: pending < final. Lower and equal news change nothing; what contradicts a final
/// state, or is about another sum, changes nothing either and becomes a task for an operator.
pub(super) fn record(payout: &Payout, wish: &RecordSnapshot) -> Decision {
    let order = present(payout)?;
    if let Some(kind) = unbelievable(payout, order, wish) {
        return Ok(anomalies::seen(order, kind, wish).into_iter().collect());
    }
    if is_another(order, wish) {
        return Ok(vec![]); // A doubled request that came to nothing is no harm.
    }
    let learnt = || PayoutEvent::Pending {
        provider_id: wish.provider_id.clone(),
        at: wish.at,
    };
    let facts = match payout {
        Payout::Requested(_) => std::iter::once(learnt()).chain(ended(order, wish)).collect(),
        Payout::Pending(_) => ended(order, wish).into_iter().collect(),
        Payout::Absent | Payout::Paid(_) | Payout::Cancelled(_) => vec![],
    };
    Ok(facts)
}

fn is_another(order: &Order, wish: &RecordSnapshot) -> bool {
    let known = order.provider_id.as_ref();
    known.is_some_and(|known| *known != wish.provider_id)
}

/// Why a snapshot cannot be believed, if it cannot.
fn unbelievable(payout: &Payout, order: &Order, wish: &RecordSnapshot) -> Option<AnomalyKind> {
    if is_another(order, wish) {
        // One that is on its way would pay a second time.
        return match wish.stage {
            Stage::Pending | Stage::Succeeded => Some(AnomalyKind::SecondPayment),
            Stage::Cancelled => None,
        };
    }
    if wish.amount != order.terms.amount {
        return Some(AnomalyKind::AmountMismatch);
    }
    let contradicts = match (payout, wish.stage) {
        (Payout::Paid(_), Stage::Cancelled) | (Payout::Cancelled(_), Stage::Succeeded) => true,
        // It was given up here for want of it there, and its money is back; now it is there after all.
        (Payout::Cancelled(order), Stage::Pending) => order.provider_id.is_none(),
        (Payout::Paid(_), Stage::Pending | Stage::Succeeded)
        | (Payout::Cancelled(_), Stage::Cancelled)
        | (Payout::Absent | Payout::Requested(_) | Payout::Pending(_), _) => false,
    };
    contradicts.then_some(AnomalyKind::FinalContradicted)
}

fn ended(order: &Order, wish: &RecordSnapshot) -> Option<PayoutEvent> {
    match wish.stage {
        Stage::Pending => None,
        Stage::Succeeded => Some(PayoutEvent::Paid {
            owner_id: order.terms.owner_id,
            purpose: order.terms.purpose,
            amount: order.terms.amount,
            at: wish.at,
        }),
        Stage::Cancelled => {
            let code = wish.code.clone().unwrap_or_else(|| NO_REASON.to_owned());
            Some(cancelled(order, code, wish.at))
        }
    }
}
