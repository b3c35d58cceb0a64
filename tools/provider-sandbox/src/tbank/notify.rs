//! `Resend`, which sends every unacknowledged notification again, and the closing receipt.

use serde_json::{Value, json};

use crate::state::SandboxState;
use crate::state::bank::BankStatus;
use crate::state::outbox::{DeliveryState, Sender};
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;
use crate::tbank::init::receipt_total;

/// `Resend`: how many were sent again stands in `Count`.
///
/// # Errors
/// Never; the signature of its siblings.
pub fn resend(state: &mut SandboxState, _: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let unheard: Vec<usize> = state
        .outbox
        .deliveries()
        .iter()
        .filter(|delivery| delivery.sender == Sender::Tbank && !delivery.forged)
        .filter(|delivery| {
            !delivery.attempts.is_empty()
                && matches!(delivery.state, DeliveryState::Waiting(_) | DeliveryState::GivenUp)
        })
        .map(|delivery| delivery.number)
        .collect();
    let now = state.clock.now();
    for number in &unheard {
        state.resend(now, *number);
    }
    Ok(json!({"Count": unheard.len(), "Message": "OK"}))
}

/// `SendClosingReceipt`: the receipt that closes an advance.
/// Refuses with 8 unless the payment is confirmed; 308, 309 for the receipt.
pub fn closing_receipt(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    if payment.status != BankStatus::Confirmed {
        return Err(BankRefusal::wrong_status(payment.status));
    }
    let total = receipt_total(body)?.ok_or_else(BankRefusal::receipt_missing)?;
    // Part of the advance may be closed, and the rest be given back.
    if total > payment.amount {
        return Err(BankRefusal::receipt_sum());
    }
    let (number, receipt) = (payment.number, body.raw("Receipt").cloned());
    let now = state.clock.now();
    state.begin_bank_receipt(now, number, true, total, receipt);
    Ok(json!({"Message": "OK"}))
}
