//! Objects as YooKassa writes them: absent fields are left out.

use serde_json::{Value, json};

use crate::clock::print;
use crate::money::Kopecks;
use crate::state::cash_register::Receipt;
use crate::state::payer::USUAL_BANK;
use crate::state::payment::{Method, MethodDetails, MethodKind, Payment, Refund, RefundStage, Stage};
use crate::state::payouts::Payout;
use crate::state::settings::{Settings, merge};
use crate::state::unsettled::AmountAfterCapture;

/// What YooKassa keeps of a card payment, in basis points.
const CARD_FEE: i64 = 280;
/// The same of a payment through the fast payment system.
const SBP_FEE: i64 = 70;
/// `recipient.gateway_id`: which of the shop's gateways took the payment.
const SHOP_GATEWAY: &str = "100700";

pub fn amount(sum: Kopecks) -> Value {
    json!({"value": sum.print(), "currency": "RUB"})
}

pub fn payment(payment: &Payment, settings: &Settings) -> Value {
    let captured = payment.captured();
    let paid = matches!(payment.stage, Stage::Held { .. } | Stage::Succeeded { .. });
    let shown = match settings.unsettled.amount_after_capture {
        AmountAfterCapture::Captured if captured > Kopecks::ZERO => captured,
        AmountAfterCapture::Captured | AmountAfterCapture::Original => payment.amount,
    };
    let authorization = payment.authorization.as_ref().filter(|_| paid).map(|proof| {
        json!({
            "rrn": proof.rrn,
            "auth_code": proof.auth_code,
            "three_d_secure": {"applied": proof.three_d_secure},
        })
    });
    let mut object = json!({
        "id": payment.id,
        "status": payment.stage.status(),
        "amount": amount(shown),
        "created_at": print(payment.created_at),
        "paid": paid,
        "test": true,
        "refundable": payment.refundable() > Kopecks::ZERO,
        "recipient": {"account_id": settings.shop.id, "gateway_id": SHOP_GATEWAY},
        "metadata": payment.metadata,
        "description": payment.description,
        "payment_method": payment.method.as_ref().map(method),
        "receipt_registration": payment.receipt_registration,
        "authorization_details": authorization,
    });
    merge(&mut object, &stage(payment));
    without_absent(object)
}

fn stage(payment: &Payment) -> Value {
    match &payment.stage {
        Stage::Pending => json!({"confirmation": {
            "type": "redirect",
            "confirmation_url": payment.confirmation_url,
            "return_url": payment.return_url,
        }}),
        Stage::Held { expires_at } => json!({"expires_at": print(*expires_at)}),
        Stage::Succeeded {
            captured_at,
            captured,
        } => {
            let fee = match payment.method.as_ref().map(|method| method.kind) {
                Some(MethodKind::BankCard) | None => CARD_FEE,
                Some(MethodKind::Sbp) => SBP_FEE,
            };
            json!({
                "captured_at": print(*captured_at),
                "income_amount": amount(captured.less(captured.share(fee))),
                "refunded_amount": amount(payment.refunded),
            })
        }
        Stage::Canceled { party, reason } => {
            json!({"cancellation_details": {"party": party, "reason": reason}})
        }
    }
}

fn method(method: &Method) -> Value {
    let mut object = json!({
        "type": method.kind.name(),
        "id": method.id,
        "saved": false,
        "status": if method.details.is_some() { "inactive" } else { "pending" },
    });
    let details = match &method.details {
        Some(MethodDetails::Card {
            first6,
            last4,
            card_type,
        }) => json!({
            "title": format!("Bank card *{last4}"),
            "card": {
                "first6": first6,
                "last4": last4,
                "expiry_year": "2030",
                "expiry_month": "12",
                "card_type": card_type,
                "issuer_country": "RU",
            },
        }),
        Some(MethodDetails::Sbp { operation_id }) => {
            let (bank_id, bic) = USUAL_BANK;
            json!({"sbp_operation_id": operation_id, "payer_bank_details": {"bank_id": bank_id, "bic": bic}})
        }
        None => json!({}),
    };
    merge(&mut object, &details);
    object
}

pub fn refund(refund: &Refund) -> Value {
    let by_sbp = |id: &String| json!({"type": "sbp", "sbp_operation_id": id});
    without_absent(json!({
        "id": refund.id,
        "payment_id": refund.payment_id,
        "status": refund.stage.status(),
        "amount": amount(refund.amount),
        "created_at": print(refund.created_at),
        "metadata": refund.metadata,
        "description": refund.description,
        "receipt_registration": refund.receipt_registration,
        "refund_method": refund.sbp_operation_id.as_ref().map(by_sbp),
        "refund_authorization_details": refund.rrn.as_ref().map(|rrn| json!({"rrn": rrn})),
        "cancellation_details": cancellation(&refund.stage),
    }))
}

pub fn payout(payout: &Payout) -> Value {
    let succeeded_at = match payout.stage {
        RefundStage::Succeeded { at } => Some(print(at)),
        RefundStage::Pending | RefundStage::Canceled { .. } => None,
    };
    without_absent(json!({
        "id": payout.id,
        "amount": amount(payout.amount),
        "status": payout.stage.status(),
        "created_at": print(payout.created_at),
        "test": true,
        "metadata": payout.metadata,
        "description": payout.description,
        "payout_destination": without_absent(json!({
            "type": "sbp",
            "phone": payout.phone,
            "bank_id": payout.bank_id,
            "recipient_checked": false,
            "sbp_operation_id": payout.sbp_operation_id,
        })),
        "succeeded_at": succeeded_at,
        "cancellation_details": cancellation(&payout.stage),
    }))
}

/// A receipt. What identifies the customer is not shown again.
pub fn receipt(receipt: &Receipt) -> Value {
    let (of, told, proof) = (&receipt.of, &receipt.told, receipt.fiscal.as_ref());
    without_absent(json!({
        "id": receipt.id,
        "type": if of.incoming { "payment" } else { "refund" },
        "status": receipt.registration,
        "payment_id": of.payment_id,
        "refund_id": of.refund_id,
        "items": told["items"],
        "settlements": told["settlements"],
        "tax_system_code": told["tax_system_code"],
        "internet": told["internet"],
        "timezone": told["timezone"],
        "fiscal_document_number": proof.map(|proof| &proof.document_number),
        "fiscal_storage_number": proof.map(|proof| &proof.storage_number),
        "fiscal_attribute": proof.map(|proof| &proof.attribute),
        "fiscal_provider_id": proof.map(|proof| &proof.provider_id),
        "registered_at": proof.map(|proof| print(proof.registered_at)),
    }))
}

fn cancellation(stage: &RefundStage) -> Option<Value> {
    match stage {
        RefundStage::Canceled { party, reason } => Some(json!({"party": party, "reason": reason})),
        RefundStage::Pending | RefundStage::Succeeded { .. } => None,
    }
}

fn without_absent(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    object
}
