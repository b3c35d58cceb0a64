//! What paper there must be: due when money moves, followed on its own, never in the money's way.

use jiff::Timestamp;

use crate::money::Money;
use crate::payment::Payment;
use crate::payment::anomaly::{Anomaly, AnomalyKind, Source};
use crate::payment::attempt::Attempt;
use crate::payment::commands::{RecordReceipt, RecordUnexpectedReceipt};
use crate::payment::decide::{Decision, anomalies, present};
use crate::payment::events::PaymentEvent;
use crate::payment::provider::CaptureMode;
use crate::payment::receipt::{ReceiptPurpose, ReceiptStage};
use crate::payment::refusal::PaymentRefusal;

/// The code of a receipt that failed for a reason the cash register did not tell.
const NO_REASON: &str = "cancelled";

/// The receipt that goes with taken money, if these facts took any.
pub(super) fn for_capture(payment: &Payment, facts: &[PaymentEvent], at: Timestamp) -> Option<PaymentEvent> {
    let attempt = payment.attempt()?;
    let purpose = match attempt.route?.taking {
        CaptureMode::Held => ReceiptPurpose::Capture,
        CaptureMode::AtOnce => ReceiptPurpose::Prepayment,
    };
    let taken = facts
        .iter()
        .any(|fact| matches!(fact, PaymentEvent::Captured { .. }));
    if taken {
        due(attempt, purpose, attempt.captured, false, at)
    } else {
        None
    }
}

/// The receipt that goes with a refund.
pub(super) fn for_refund(
    payment: &Payment,
    number: u32,
    amount: Money,
    at: Timestamp,
) -> Option<PaymentEvent> {
    due(
        payment.attempt()?,
        ReceiptPurpose::Refund { number },
        amount,
        false,
        at,
    )
}

/// A receipt that must exist from now on, where receipts are issued at all.
pub(super) fn due(
    attempt: &Attempt,
    purpose: ReceiptPurpose,
    amount: Money,
    alone: bool,
    at: Timestamp,
) -> Option<PaymentEvent> {
    if !attempt.route?.receipts || !amount.is_positive() {
        return None;
    }
    let number = u32::try_from(attempt.receipts.len()).ok()?.checked_add(1)?;
    Some(PaymentEvent::ReceiptDue {
        number,
        purpose,
        amount,
        alone,
        at,
    })
}

/// What the cash register has of a receipt: due < requested < registered or failed.
pub(super) fn record(payment: &Payment, command: RecordReceipt) -> Decision {
    let attempt = present(payment)?;
    let receipt = attempt
        .receipt(command.number)
        .ok_or(PaymentRefusal::NoSuchPayment)?;
    let RecordReceipt {
        number,
        provider_id,
        proof,
        copy,
        code,
        at,
        ..
    } = command;
    let requested = PaymentEvent::ReceiptRequested {
        number,
        provider_id: provider_id.clone(),
        at,
    };
    let learns = receipt.provider_id.is_none() && provider_id.is_some();
    let facts = match (receipt.stage, command.stage) {
        (ReceiptStage::Registered | ReceiptStage::Failed, _)
        | (ReceiptStage::Due | ReceiptStage::Requested, ReceiptStage::Due)
        | (ReceiptStage::Requested, ReceiptStage::Requested) => vec![],
        (ReceiptStage::Due, ReceiptStage::Requested) => vec![requested],
        (ReceiptStage::Due | ReceiptStage::Requested, ReceiptStage::Registered) => {
            let registered = PaymentEvent::ReceiptRegistered { number, proof, at };
            learns
                .then_some(requested)
                .into_iter()
                .chain([registered])
                .chain(copy.map(|copy| PaymentEvent::ReceiptCopyOffered { number, copy, at }))
                .collect()
        }
        // Its id is kept: the next try must not take the same paper for its own.
        (ReceiptStage::Due | ReceiptStage::Requested, ReceiptStage::Failed) => learns
            .then_some(requested)
            .into_iter()
            .chain([failed(number, code, at)])
            .collect(),
    };
    Ok(facts)
}

/// A paper that nobody waits for is a task for an operator: the tax office has it, and our books don't.
pub(super) fn unexpected(payment: &Payment, command: RecordUnexpectedReceipt) -> Decision {
    let attempt = present(payment)?;
    let RecordUnexpectedReceipt { document, amount, at } = command;
    let document = Some(document);
    if attempt.receipts.iter().any(|known| known.provider_id == document) {
        return Ok(vec![]);
    }
    let anomaly = Anomaly {
        kind: AnomalyKind::ReceiptUnexpected,
        provider_id: document,
        seen: Some(amount),
        call: None,
    };
    Ok(anomalies::news(attempt, anomaly, Source::Notice, at)
        .into_iter()
        .collect())
}

/// A receipt that came to nothing.
pub(super) fn failed(number: u32, code: Option<String>, at: Timestamp) -> PaymentEvent {
    PaymentEvent::ReceiptFailed {
        number,
        code: code.unwrap_or_else(|| NO_REASON.to_owned()),
        at,
    }
}
