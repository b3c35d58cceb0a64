//! Asking where a payment or its refund stands, and the calls that move it in tests.

use serde_json::{Value, json};

use crate::state::SandboxState;
use crate::state::bank::BankPayment;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;

/// `GetState`: 9999 when there is no such payment.
pub fn get_state(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    Ok(json!({
        "OrderId": payment.order_id,
        "Status": payment.status.name(),
        "PaymentId": payment.number.to_string(),
        "Amount": payment.amount.0,
        "Message": "OK",
        "Params": [{"Key": "Route", "Value": "ACQ"}, {"Key": "Source", "Value": "qrsbp"}],
    }))
}

/// `CheckOrder`: all payments of an order. In the inner objects `Success` is a text and `ErrorCode` a number.
/// Refuses with 9999 without an order's number.
pub fn check_order(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
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
    if let Some(id) = &payment.sbp_payment_id {
        entry["SbpPaymentId"] = json!(id);
    }
    entry
}

/// `GetQrState`: where the refund of a payment by QR stands.
/// Refuses with 9999 when there is no such payment.
pub fn get_qr_state(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    let mut answer = json!({
        "Status": payment.status.name(),
        "OrderId": payment.order_id,
        "Amount": payment.refunded.plus(payment.refunding).0,
        "Message": "OK",
    });
    if let Some((code, words)) = payment.refund_fault {
        answer["QrCancelCode"] = json!(code);
        answer["QrCancelMessage"] = json!(words);
    }
    Ok(answer)
}

/// `SbpPayTest`: the payer's bank pays, refuses or lets the time pass.
/// Refuses with 8 when it is too late; 9999 for both flags at once.
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
        state.bank_reject(now, number, true);
    } else {
        state.bank_pay(now, number);
    }
    Ok(json!({"Message": "OK", "Details": "0"}))
}
