//! `Resend`, which sends every unacknowledged notification again, and the closing receipt.

use serde_json::{Value, json};

use crate::state::World;
use crate::state::bank::BankStatus;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;
use crate::tbank::init::check_receipt;
use crate::webhooks::outbox::{DeliveryState, Sender};

/// `Resend`: how many were sent again stands in `Count`.
///
/// # Errors
/// Never; the signature of its siblings.
pub fn resend(world: &mut World) -> Result<Value, BankRefusal> {
    let unheard: Vec<usize> = world
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
    let now = world.clock.now();
    for number in &unheard {
        world.resend(now, *number);
    }
    Ok(json!({"Count": unheard.len(), "Message": "OK"}))
}

/// `SendClosingReceipt`: the receipt that closes an advance.
///
/// # Errors
/// 8 unless the payment is confirmed; 308, 309 for the receipt.
pub fn closing_receipt(world: &World, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(world)?;
    if payment.status != BankStatus::Confirmed {
        return Err(BankRefusal::wrong_status(payment.status));
    }
    if body.raw("Receipt").is_none() {
        return Err(BankRefusal::receipt_missing());
    }
    check_receipt(world, body, payment.amount)?;
    Ok(json!({"Message": "OK"}))
}
