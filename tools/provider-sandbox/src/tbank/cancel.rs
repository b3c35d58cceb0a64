//! `Cancel`: closing a session, or giving money back.

use serde_json::{Value, json};

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::bank::BankStatus;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;
use crate::tbank::init::check_receipt;

/// Cancels. For the fast payment system there is no idempotency: a repeated request gives back once more.
///
/// Refuses with 8 when the state does not allow it, with 9999 when there is not so much to give back.
pub fn cancel(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    let (number, order_id) = (payment.number, payment.order_id.clone());
    let left = payment.amount.less(payment.refunded);
    let now = state.clock.now();
    let (status, new_amount) = match payment.status {
        BankStatus::New | BankStatus::FormShowed => {
            // The sum is ignored: a session is closed as a whole.
            state.bank_becomes(now, number, BankStatus::Canceled);
            (BankStatus::Canceled, Kopecks::ZERO)
        }
        BankStatus::Confirmed | BankStatus::PartialRefunded => {
            let sum = refundable(state, body, left)?;
            state.begin_sbp_refund(now, number, sum, body.raw("Receipt").cloned());
            (BankStatus::AsyncRefunding, left.less(sum))
        }
        BankStatus::Rejected
        | BankStatus::DeadlineExpired
        | BankStatus::Canceled
        | BankStatus::AsyncRefunding
        | BankStatus::Refunded => return Err(BankRefusal::wrong_status(payment.status)),
    };
    Ok(json!({
        "OrderId": order_id,
        "Status": status.name(),
        "PaymentId": number,
        "OriginalAmount": left.0,
        "NewAmount": new_amount.0,
        "Message": "OK",
        "Details": "None",
    }))
}

fn refundable(state: &SandboxState, body: &BankFields<'_>, left: Kopecks) -> Result<Kopecks, BankRefusal> {
    let sum = body.amount()?.unwrap_or(left);
    if sum > left {
        return Err(BankRefusal::parameters("Сумма возврата больше остатка платежа"));
    }
    if body.raw("Receipt").is_some() {
        check_receipt(state, body, sum)?;
    }
    Ok(sum)
}
