//! Refunds at a provider: each with a number of its own, reserved when it is decided, believed by rank.

use jiff::SignedDuration;

use crate::money::Money;
use crate::payment::Payment;
use crate::payment::anomaly::{Anomaly, AnomalyKind, Source};
use crate::payment::attempt::{Attempt, RefundEntry, RefundStage};
use crate::payment::commands::RecordRefund;
use crate::payment::decide::{Decision, after, anomalies, out_of_range, present, receipts};
use crate::payment::events::{PaymentEvent, RefundReason};
use crate::payment::provider::Call;
use crate::payment::refusal::PaymentRefusal;
use crate::people::Actor;

/// A second refund of the same amount within this is taken for the same one.
const TWICE_WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// The code of a refund that was given up for a reason the provider did not tell.
const NO_REASON: &str = "cancelled";

/// Money that is to go back: reserved from now on, so that refunds that race never give back more than was taken.
pub(super) fn requested(
    attempt: &Attempt,
    amount: Money,
    reason: RefundReason,
    by: Actor,
    at: jiff::Timestamp,
) -> Decision {
    if attempt
        .left()
        .map_err(out_of_range)?
        .minus(amount)
        .map_err(out_of_range)?
        .minor
        < 0
    {
        return Err(PaymentRefusal::ExceedsCaptured);
    }
    let number = attempt
        .refunds
        .checked_add(1)
        .ok_or(PaymentRefusal::AmountOutOfRange)?;
    Ok(vec![PaymentEvent::RefundRequested {
        number,
        amount,
        reason,
        by,
        at,
    }])
}

/// Whether a refund of this amount, which has not come to nothing, was asked for within the last moments: most often the
/// same one, pressed twice.
pub(super) fn requested_just_now(attempt: &Attempt, amount: Money, at: jiff::Timestamp) -> bool {
    attempt.refund_list.iter().any(|refund| {
        refund.amount == amount
            && refund.stage != RefundStage::Cancelled
            && at.duration_since(refund.requested_at) < TWICE_WITHIN
    })
}

/// What the provider has of a refund.
pub(super) fn record(payment: &Payment, command: &RecordRefund) -> Decision {
    let attempt = present(payment)?;
    let refund = attempt
        .refund(command.number)
        .ok_or(PaymentRefusal::NoSuchPayment)?;
    if let Some(kind) = unbelievable(refund, command) {
        let anomaly = Anomaly {
            kind,
            provider_id: command.provider_id.clone(),
            seen: Some(command.amount),
            call: None,
        };
        return Ok(anomalies::news(attempt, anomaly, command.source, command.at)
            .into_iter()
            .collect());
    }
    if refund.stage.is_final() {
        return Ok(vec![]);
    }
    let (number, at) = (command.number, command.at);
    let learns = refund.provider_id.is_none() && command.provider_id.is_some();
    let known_there = PaymentEvent::RefundPending {
        number,
        provider_id: command.provider_id.clone(),
        at,
    };
    let first = refund.stage == RefundStage::Requested && command.stage == RefundStage::Pending;
    let mut facts: Vec<_> = (first || learns).then_some(known_there).into_iter().collect();
    match command.stage {
        RefundStage::Requested | RefundStage::Pending => {}
        RefundStage::Succeeded => {
            facts.push(PaymentEvent::Refunded {
                number,
                amount: refund.amount,
                reason: refund.reason,
                by: refund.by,
                at,
            });
            facts.extend(receipts::for_refund(
                &after(payment, &facts),
                number,
                refund.amount,
                at,
            ));
        }
        RefundStage::Cancelled => {
            let code = command.code.clone().unwrap_or_else(|| NO_REASON.to_owned());
            facts.extend(came_to_nothing(attempt, number, code, command.source, at));
        }
    }
    Ok(facts)
}

/// A refund that came to nothing frees its money. What a settlement gives back is asked for again by itself; for any
/// other somebody must decide what is to be done, so it becomes a task: a patient who waits for money is never forgotten
/// in silence.
pub(super) fn came_to_nothing(
    attempt: &Attempt,
    number: u32,
    code: String,
    source: Source,
    at: jiff::Timestamp,
) -> Vec<PaymentEvent> {
    let forgotten = attempt
        .refund(number)
        .filter(|refund| !attempt.is_pursued(refund));
    let task = forgotten.and_then(|refund| {
        let anomaly = Anomaly {
            kind: AnomalyKind::RefundStuck,
            provider_id: attempt.provider_id.clone(),
            seen: Some(refund.amount),
            call: Some(Call::Refund { number }),
        };
        anomalies::news(attempt, anomaly, source, at)
    });
    std::iter::once(PaymentEvent::RefundCancelled { number, code, at })
        .chain(task)
        .collect()
}

fn unbelievable(refund: &RefundEntry, command: &RecordRefund) -> Option<AnomalyKind> {
    if command.amount != refund.amount {
        return Some(AnomalyKind::AmountMismatch);
    }
    let other =
        matches!((&refund.provider_id, &command.provider_id), (Some(known), Some(told)) if known != told);
    if other {
        return Some(AnomalyKind::SecondPayment);
    }
    let contradicts = match refund.stage {
        RefundStage::Succeeded => command.stage == RefundStage::Cancelled,
        RefundStage::Cancelled => command.stage == RefundStage::Succeeded,
        RefundStage::Requested | RefundStage::Pending => false,
    };
    contradicts.then_some(AnomalyKind::FinalContradicted)
}
