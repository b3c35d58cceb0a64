//! QR codes of the fast payment system, its banks and members.

use qrcode::QrCode;
use qrcode::render::svg;
use serde_json::{Value, json};

use crate::money::Kopecks;
use crate::state::bank::BankStatus;
use crate::state::{QrOwner, SandboxState};
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;
use crate::yookassa::shop;

/// The least the fast payment system moves here: ten roubles.
const SBP_MIN: Kopecks = Kopecks(1_000);
/// Pixels a picture has at least.
const PICTURE_MIN: u32 = 256;

/// `GetQr`: the payload, or its picture as SVG. `PaymentId` in the answer is a number here, and only here and in `Cancel`.
/// Refuses with 8 when it is too late; 3016 below ten roubles.
pub fn get_qr(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    if !payment.status.is_open() {
        return Err(BankRefusal::wrong_status(payment.status));
    }
    if payment.amount < SBP_MIN {
        return Err(BankRefusal::no_qr("Минимальная сумма операции СБП — 10 рублей"));
    }
    let picture = match body.text("DataType", 16)?.as_deref() {
        None | Some("PAYLOAD") => false,
        Some("IMAGE") => true,
        Some(_) => {
            return Err(BankRefusal::parameters(
                "Поле DataType должно быть PAYLOAD или IMAGE",
            ));
        }
    };
    let (number, order_id) = (payment.number, payment.order_id.clone());
    let now = state.clock.now();
    state.bank_becomes(now, number, BankStatus::FormShowed);
    let payload = qr_of(state, number);
    let data = if picture {
        draw(&payload).ok_or_else(|| BankRefusal::no_qr("Слишком длинная ссылка"))?
    } else {
        payload
    };
    Ok(json!({
        "OrderId": order_id,
        "Data": data,
        "PaymentId": number,
        "RequestKey": number,
        "Message": "OK",
    }))
}

/// What the payment's QR holds, registered when it is first asked for.
pub fn qr_of(state: &mut SandboxState, number: u64) -> String {
    let known = state.bank_payment(number).and_then(|payment| payment.qr.clone());
    let qr = known.unwrap_or_else(|| state.register_qr(QrOwner::BankPayment(number)));
    let mut amount = Kopecks::ZERO;
    if let Some(payment) = state.bank_payment_mut(number) {
        payment.qr = Some(qr.clone());
        amount = payment.amount;
    }
    state.qr_payload(&qr, amount)
}

/// A QR as SVG; `None` when the text is too long for one.
pub fn draw(payload: &str) -> Option<String> {
    let code = QrCode::new(payload.as_bytes()).ok()?;
    Some(
        code.render::<svg::Color<'_>>()
            .min_dimensions(PICTURE_MIN, PICTURE_MIN)
            .build(),
    )
}

/// `QrMembersList`: the banks a refund may go to.
/// Refuses with 9999 when there is no such payment.
pub fn members(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let payment = body.payment(state)?;
    let members: Vec<Value> = shop::banks()
        .enumerate()
        .map(|(index, (id, name))| json!({"MemberId": id, "MemberName": name, "IsPayee": index == 0}))
        .collect();
    Ok(json!({"OrderId": payment.order_id, "Members": members, "Message": "OK"}))
}

/// `GetQrBankList`: the banks a payer may choose.
/// Refuses with 9999 without a device.
pub fn banks(_: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let device = body.need("Device", body.raw("Device"))?;
    let kind = device.get("Type").and_then(Value::as_str).unwrap_or_default();
    if !["desktop", "mobile"].contains(&kind) {
        return Err(BankRefusal::parameters(
            "Поле Device.Type должно быть desktop или mobile",
        ));
    }
    let banks: Vec<Value> = shop::banks()
        .enumerate()
        .map(|(index, (id, name))| {
            let own = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, id.as_bytes());
            json!({
                "BankId": own.to_string(),
                "NspkBankId": format!("bank{id}"),
                "BankName": name,
                "BankLogo": format!("https://qr.nspk.ru/proxyapp/logo/bank{id}.png"),
                "BankOrder": index,
            })
        })
        .collect();
    Ok(json!({"BankList": banks, "Message": "OK"}))
}
