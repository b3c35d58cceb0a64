//! Asking where a payment or its refund stands, and the calls that move it in tests.

use serde_json::{Value, json};

use crate::state::SandboxState;
use crate::state::bank::{BankPayment, BankStatus};
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;

/// `GetState`.
///
/// # Errors
/// 9999 when there is no such payment.
pub fn get_state(state: &SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    let source = if payment.paid_by_card { "cards" } else { "qrsbp" };
    Ok(json!({
        "OrderId": payment.order_id,
        "Status": payment.status.name(),
        "PaymentId": payment.number.to_string(),
        "Amount": payment.amount.0,
        "Message": "OK",
        "Params": [{"Key": "Route", "Value": "ACQ"}, {"Key": "Source", "Value": source}],
    }))
}

/// `CheckOrder`: all payments of an order. In the inner objects `Success` is a text and `ErrorCode` a number.
///
/// # Errors
/// 9999 without an order's number.
pub fn check_order(state: &SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let order_id = body.need("OrderId", body.text("OrderId", 36)?)?;
    let payments: Vec<Value> = state.bank_payments.under(&order_id).map(in_order).collect();
    Ok(json!({"OrderId": order_id, "Payments": payments, "Message": "OK", "Details": "None"}))
}

fn in_order(payment: &BankPayment) -> Value {
    let mut entry = json!({
        "PaymentId": payment.number.to_string(),
        "Amount": payment.amount.0,
        "Status": payment.status.name(),
        "Success": "true",
        "ErrorCode": 0,
        "Message": "None",
    });
    if let (Some(id), Some(fields)) = (&payment.sbp_payment_id, entry.as_object_mut()) {
        fields.insert("SbpPaymentId".into(), json!(id));
    }
    entry
}

/// `GetQrState`: where the refund of a payment by QR stands.
///
/// # Errors
/// 9999 when there is no such payment.
pub fn get_qr_state(state: &SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    let mut answer = json!({
        "Status": payment.status.name(),
        "OrderId": payment.order_id,
        "Amount": payment.refunded.plus(payment.refunding).0,
        "Message": "OK",
    });
    if let (Some((code, words)), Some(fields)) = (&payment.refund_fault, answer.as_object_mut()) {
        fields.insert("QrCancelCode".into(), json!(code));
        fields.insert("QrCancelMessage".into(), json!(words));
    }
    Ok(answer)
}

/// `SbpPayTest`: the payer's bank pays, refuses or lets the time pass.
///
/// # Errors
/// 8 when it is too late; 9999 for both flags at once.
pub fn sbp_pay_test(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    let (number, status) = (payment.number, payment.status);
    let flag = |name: &str| {
        body.raw(name)
            .map(|value| {
                value
                    .as_bool()
                    .ok_or_else(|| BankRefusal::parameters(format!("Поле {name} должно быть true или false")))
            })
            .transpose()
            .map(Option::unwrap_or_default)
    };
    let (expired, rejected) = (flag("IsDeadlineExpired")?, flag("IsRejected")?);
    if expired && rejected {
        return Err(BankRefusal::parameters(
            "IsDeadlineExpired и IsRejected не используются вместе",
        ));
    }
    if !status.is_open() {
        return Err(BankRefusal::wrong_status(status));
    }
    let now = state.clock.now();
    if expired {
        state.expire_link(now, number);
    } else if rejected {
        // It is open, so it can be refused; and paid below.
        let _ = state.bank_reject(now, number, true);
    } else {
        let _ = state.bank_pay(now, number, false);
    }
    Ok(json!({"Message": "OK", "Details": "0"}))
}

/// `Confirm`: charges a two-stage card payment, or what is still held of it.
///
/// # Errors
/// 8 when it is not authorised.
pub fn confirm(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    if !matches!(
        payment.status,
        BankStatus::Authorized | BankStatus::PartialReversed
    ) {
        return Err(BankRefusal::wrong_status(payment.status));
    }
    let (number, order_id, authorised) = (payment.number, payment.order_id.clone(), payment.amount);
    let sum = body.amount()?.unwrap_or(authorised);
    if sum > authorised {
        return Err(BankRefusal::parameters("Поле Amount больше суммы холда"));
    }
    if let Some(payment) = state.bank_payment_mut(number) {
        payment.amount = sum;
    }
    let now = state.clock.now();
    state.bank_becomes(now, number, BankStatus::Confirmed);
    Ok(json!({
        "OrderId": order_id,
        "Status": BankStatus::Confirmed.name(),
        "PaymentId": number.to_string(),
        "Message": "OK",
    }))
}
