//! What is still missing, so that in the end only what is due is kept and every receipt exists.

use jiff::Timestamp;

use crate::money::Money;
use crate::payment::Payment;
use crate::payment::anomaly::{Anomaly, AnomalyKind, Source};
use crate::payment::attempt::{Attempt, RefundStage, Settlement};
use crate::payment::commands::Pursue;
use crate::payment::decide::{Decision, anomalies, out_of_range, present, receipts, refunds};
use crate::payment::events::PaymentEvent;
use crate::payment::provider::CaptureMode;
use crate::payment::receipt::{RECEIPT_TRIES_MAX, ReceiptEntry, ReceiptPurpose, ReceiptStage};

/// How many refunds towards one settlement may fail before an operator must look.
pub const SETTLING_REFUNDS_MAX: usize = 10;

/// Tries again what came to nothing: a refund the provider gave up, a receipt the cash register gave up.
pub(super) fn pursue(payment: &Payment, command: &Pursue) -> Decision {
    let attempt = present(payment)?;
    let mut facts = next_step(payment, command.at)?;
    facts.extend(missing_receipt(attempt, command.at));
    Ok(facts)
}

/// The next step towards what the booking said is to remain, if there is one to take now.
pub(super) fn next_step(payment: &Payment, at: Timestamp) -> Decision {
    let Some((attempt, target)) = payment
        .attempt()
        .zip(payment.attempt().and_then(|attempt| attempt.settlement))
    else {
        return Ok(vec![]);
    };
    if attempt.route.is_none() {
        return Ok(vec![]);
    }
    match payment {
        Payment::Authorised(_) => Ok(of_hold(attempt, target, at).into_iter().collect()),
        Payment::Captured(_) | Payment::PartiallyRefunded(_) => {
            // Paper first: T-Bank takes a closing receipt only while nothing has gone back.
            let mut facts: Vec<_> = offset(attempt, target, at).into_iter().collect();
            facts.extend(of_taken(attempt, target, at)?);
            Ok(facts)
        }
        Payment::Absent
        | Payment::Pending(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => Ok(vec![]),
    }
}

/// Of held money, what is due is taken; a request that is under way is not followed by another.
fn of_hold(attempt: &Attempt, target: Settlement, at: Timestamp) -> Option<PaymentEvent> {
    if attempt.capture_asked.is_some() || attempt.cancel_asked {
        return None;
    }
    if target.due.is_zero() {
        return Some(PaymentEvent::CancelRequested { at });
    }
    let amount = if target.due.minor > attempt.held.minor {
        attempt.held // More is due than was held: the platform takes what there is.
    } else {
        target.due
    };
    Some(PaymentEvent::CaptureRequested { amount, at })
}

/// Of taken money, what is not due goes back.
fn of_taken(attempt: &Attempt, target: Settlement, at: Timestamp) -> Decision {
    let rest = attempt
        .left()
        .and_then(|left| left.minus(target.due))
        .map_err(out_of_range)?;
    if !rest.is_positive() {
        return Ok(vec![]);
    }
    let towards_this = attempt
        .refund_list
        .iter()
        .filter(|refund| refund.reason == target.reason && refund.stage == RefundStage::Cancelled);
    if towards_this.count() >= SETTLING_REFUNDS_MAX {
        let stuck = stuck(attempt, AnomalyKind::RefundStuck, rest);
        return Ok(anomalies::news(attempt, stuck, Source::Poll, at)
            .into_iter()
            .collect());
    }
    refunds::requested(attempt, rest, target.reason, target.by, at)
}

/// The visit is over: what was paid before it is offset against it by a second receipt.
fn offset(attempt: &Attempt, target: Settlement, at: Timestamp) -> Option<PaymentEvent> {
    let prepaid = attempt
        .route
        .is_some_and(|route| route.taking == CaptureMode::AtOnce);
    let there = of(attempt, ReceiptPurpose::Offset).next().is_some();
    let amount = if target.due.minor > attempt.captured.minor {
        attempt.captured
    } else {
        target.due
    };
    if prepaid && !there {
        receipts::due(attempt, ReceiptPurpose::Offset, amount, true, at)
    } else {
        None
    }
}

/// A receipt that failed is issued again by itself, a few times.
fn missing_receipt(attempt: &Attempt, at: Timestamp) -> Option<PaymentEvent> {
    let failed = attempt
        .receipts
        .iter()
        .rev()
        .find(|receipt| is_missing(attempt, receipt))?;
    if of(attempt, failed.purpose).count() >= RECEIPT_TRIES_MAX {
        let stuck = stuck(attempt, AnomalyKind::ReceiptStuck, failed.amount);
        return anomalies::news(attempt, stuck, Source::Poll, at);
    }
    receipts::due(attempt, failed.purpose, failed.amount, true, at)
}

/// Whether the latest try at this receipt's purpose is this one, and it failed.
fn is_missing(attempt: &Attempt, receipt: &ReceiptEntry) -> bool {
    let latest = of(attempt, receipt.purpose).last();
    receipt.stage == ReceiptStage::Failed && latest.is_some_and(|latest| latest.number == receipt.number)
}

fn of(attempt: &Attempt, purpose: ReceiptPurpose) -> impl Iterator<Item = &ReceiptEntry> {
    attempt
        .receipts
        .iter()
        .filter(move |receipt| receipt.purpose == purpose)
}

fn stuck(attempt: &Attempt, kind: AnomalyKind, sum: Money) -> Anomaly {
    Anomaly {
        kind,
        provider_id: attempt.provider_id.clone(),
        seen: Some(sum),
        call: None,
    }
}
