//! `Cancel`: closing a session, letting a hold go, or giving money back.

use serde_json::{Value, json};

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::bank::{BankPayment, BankStatus};
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;
use crate::tbank::init::check_receipt;

/// Cancels. For the fast payment system there is no idempotency: a repeated request gives back once more.
///
/// # Errors
/// 8 when the state does not allow it; 9999 when there is not so much to give back.
pub fn cancel(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?.clone();
    let requested = body.amount()?;
    let now = state.clock.now();
    let left = payment.amount.less(payment.refunded);
    let (status, new_amount) = match payment.status {
        BankStatus::New | BankStatus::FormShowed => {
            // The sum is ignored: a session is closed as a whole.
            state.bank_becomes(now, payment.number, BankStatus::Canceled);
            (BankStatus::Canceled, Kopecks::ZERO)
        }
        BankStatus::Authorized | BankStatus::PartialReversed => let_go(state, &payment, requested)?,
        BankStatus::Confirmed | BankStatus::PartialRefunded => {
            let sum = refundable(state, body, &payment, requested)?;
            if let Some(own) = state.bank_payment_mut(payment.number) {
                own.refund_receipt = body.raw("Receipt").cloned();
            }
            (give_back(state, &payment, sum), left.less(sum))
        }
        BankStatus::Rejected
        | BankStatus::DeadlineExpired
        | BankStatus::Canceled
        | BankStatus::Reversed
        | BankStatus::AsyncRefunding
        | BankStatus::Refunded => return Err(BankRefusal::wrong_status(payment.status)),
    };
    Ok(json!({
        "OrderId": payment.order_id,
        "Status": status.name(),
        "PaymentId": payment.number,
        "OriginalAmount": left.0,
        "NewAmount": new_amount.0,
        "Message": "OK",
        "Details": "None",
    }))
}

/// Of a hold, all or a part is let go; the rest stays held and is what the payment is about from then on.
fn let_go(
    state: &mut SandboxState,
    payment: &BankPayment,
    requested: Option<Kopecks>,
) -> Result<(BankStatus, Kopecks), BankRefusal> {
    let sum = requested.unwrap_or(payment.amount);
    if sum > payment.amount {
        return Err(BankRefusal::parameters("Сумма отмены больше суммы холда"));
    }
    let rest = payment.amount.less(sum);
    let status = if rest == Kopecks::ZERO {
        BankStatus::Reversed
    } else {
        if let Some(own) = state.bank_payment_mut(payment.number) {
            own.amount = rest;
        }
        BankStatus::PartialReversed
    };
    let now = state.clock.now();
    state.bank_becomes(now, payment.number, status);
    Ok((status, rest))
}

fn refundable(
    state: &SandboxState,
    body: &BankFields<'_>,
    payment: &BankPayment,
    requested: Option<Kopecks>,
) -> Result<Kopecks, BankRefusal> {
    let left = payment.amount.less(payment.refunded);
    let sum = requested.unwrap_or(left);
    if sum > left {
        return Err(BankRefusal::parameters("Сумма возврата больше остатка платежа"));
    }
    if body.raw("Receipt").is_some() {
        check_receipt(state, body, sum)?;
    }
    Ok(sum)
}

fn give_back(state: &mut SandboxState, payment: &BankPayment, sum: Kopecks) -> BankStatus {
    let now = state.clock.now();
    if !payment.paid_by_card {
        state.begin_sbp_refund(now, payment.number, sum);
        return BankStatus::AsyncRefunding;
    }
    let status = if payment.refunded.plus(sum) >= payment.amount {
        BankStatus::Refunded
    } else {
        BankStatus::PartialRefunded
    };
    if let Some(own) = state.bank_payment_mut(payment.number) {
        own.refunded = own.refunded.plus(sum);
    }
    state.bank_becomes(now, payment.number, status);
    let own = state.bank_payment_mut(payment.number);
    let receipt = own.and_then(|own| own.refund_receipt.take());
    state.begin_bank_receipt(now, payment.number, false, sum, receipt);
    status
}
