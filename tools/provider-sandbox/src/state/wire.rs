//! Objects as YooKassa writes them.

use serde_json::{Map, Value, json};

use crate::clock::print;
use crate::money::Kopecks;
use crate::state::cash_register::Receipt;
use crate::state::payment::{
    Confirmation, ConfirmationKind, Method, MethodDetails, MethodKind, Payment, Refund, RefundStage, Stage,
};
use crate::state::payouts::{Destination, Payout};
use crate::state::settings::Settings;
use crate::state::unsettled::AmountAfterCapture;

/// A sum.
pub fn amount(sum: Kopecks) -> Value {
    json!({"value": sum.print(), "currency": "RUB"})
}

/// A payment.
pub fn payment(payment: &Payment, settings: &Settings) -> Value {
    let shop = &settings.shop;
    let captured = payment.captured();
    let paid = matches!(payment.stage, Stage::Held { .. } | Stage::Succeeded { .. });
    let shown = match settings.unsettled.amount_after_capture {
        AmountAfterCapture::Captured if captured > Kopecks::ZERO => captured,
        AmountAfterCapture::Captured | AmountAfterCapture::Original => payment.amount,
    };
    let mut object = Object::default();
    object.put("id", json!(payment.id));
    object.put("status", json!(payment.stage.status()));
    object.put("amount", amount(shown));
    object.put("created_at", json!(print(payment.created_at)));
    object.put("paid", json!(paid));
    object.put("test", json!(shop.test));
    object.put("refundable", json!(payment.refundable() > Kopecks::ZERO));
    object.put(
        "recipient",
        json!({"account_id": shop.id, "gateway_id": shop.gateway_id}),
    );
    object.put("metadata", json!(payment.metadata));
    object.maybe(
        "description",
        payment.description.as_ref().map(|text| json!(text)),
    );
    object.maybe(
        "merchant_customer_id",
        payment.merchant_customer_id.as_ref().map(|id| json!(id)),
    );
    object.maybe("payment_method", payment.method.as_ref().map(method));
    object.maybe(
        "receipt_registration",
        payment
            .receipt_registration
            .map(|registration| json!(registration.status())),
    );
    stage(&mut object, payment, settings);
    object.maybe(
        "authorization_details",
        payment.authorization.as_ref().filter(|_| paid).map(|proof| {
            json!({
                "rrn": proof.rrn,
                "auth_code": proof.auth_code,
                "three_d_secure": {"applied": proof.three_d_secure},
            })
        }),
    );
    object.done()
}

fn stage(object: &mut Object, payment: &Payment, settings: &Settings) {
    match &payment.stage {
        Stage::Pending => object.maybe("confirmation", payment.confirmation.as_ref().map(confirmation)),
        Stage::AtCashRegister => {}
        Stage::Held { expires_at } => object.put("expires_at", json!(print(*expires_at))),
        Stage::Succeeded {
            captured_at,
            captured,
        } => {
            let fees = &settings.shop.fees;
            let fee = match payment.method.as_ref().map(|method| method.kind) {
                Some(MethodKind::BankCard) | None => fees.bank_card,
                Some(MethodKind::Sbp) => fees.sbp,
                Some(MethodKind::YooMoney) => fees.yoo_money,
            };
            object.put("captured_at", json!(print(*captured_at)));
            object.put("income_amount", amount(captured.less(captured.share(fee))));
            object.put("refunded_amount", amount(payment.refunded));
        }
        Stage::Canceled { party, reason } => {
            object.put("cancellation_details", json!({"party": party, "reason": reason}));
        }
    }
}

/// A way to pay.
pub fn method(method: &Method) -> Value {
    let mut object = Object::default();
    object.put("type", json!(method.kind.name()));
    object.put("id", json!(method.id));
    object.put("saved", json!(method.saved));
    let status = match (method.active, &method.details) {
        (true, _) => "active",
        (false, None) => "pending",
        (false, Some(_)) => "inactive",
    };
    object.put("status", json!(status));
    match &method.details {
        Some(MethodDetails::Card {
            first6,
            last4,
            card_type,
        }) => {
            object.put("title", json!(format!("Bank card *{last4}")));
            object.put(
                "card",
                json!({
                    "first6": first6,
                    "last4": last4,
                    "expiry_year": "2030",
                    "expiry_month": "12",
                    "card_type": card_type,
                    "issuer_country": "RU",
                }),
            );
        }
        Some(MethodDetails::Sbp {
            operation_id,
            bank_id,
            bic,
        }) => {
            object.put("sbp_operation_id", json!(operation_id));
            object.put("payer_bank_details", json!({"bank_id": bank_id, "bic": bic}));
        }
        Some(MethodDetails::Wallet { account }) => {
            object.put("title", json!(format!("YooMoney {account}")));
            object.put("account_number", json!(account));
        }
        None => {}
    }
    object.done()
}

fn confirmation(confirmation: &Confirmation) -> Value {
    let (kind, handle) = match confirmation.kind {
        ConfirmationKind::Redirect => ("redirect", "confirmation_url"),
        ConfirmationKind::MobileApplication => ("mobile_application", "confirmation_url"),
        ConfirmationKind::Qr => ("qr", "confirmation_data"),
        ConfirmationKind::Embedded => ("embedded", "confirmation_token"),
        ConfirmationKind::External => return json!({"type": "external"}),
    };
    let mut object = Object::default();
    object.put("type", json!(kind));
    object.put(handle, json!(confirmation.handle));
    if confirmation.kind == ConfirmationKind::Redirect {
        object.maybe(
            "return_url",
            confirmation.return_url.as_ref().map(|url| json!(url)),
        );
        object.maybe("enforce", confirmation.enforce.map(|enforce| json!(enforce)));
    }
    object.done()
}

/// A refund.
pub fn refund(refund: &Refund) -> Value {
    let mut object = Object::default();
    object.put("id", json!(refund.id));
    object.put("payment_id", json!(refund.payment_id));
    object.put("status", json!(refund.stage.status()));
    object.put("amount", amount(refund.amount));
    object.put("created_at", json!(print(refund.created_at)));
    object.put("metadata", json!(refund.metadata));
    object.maybe("description", refund.description.as_ref().map(|text| json!(text)));
    object.maybe(
        "receipt_registration",
        refund
            .receipt_registration
            .map(|registration| json!(registration.status())),
    );
    object.maybe(
        "refund_method",
        refund
            .sbp_operation_id
            .as_ref()
            .map(|id| json!({"type": "sbp", "sbp_operation_id": id})),
    );
    object.maybe(
        "refund_authorization_details",
        refund.rrn.as_ref().map(|rrn| json!({"rrn": rrn})),
    );
    object.maybe("cancellation_details", cancellation(&refund.stage));
    object.done()
}

/// A payout.
pub fn payout(payout: &Payout, test: bool) -> Value {
    let mut object = Object::default();
    object.put("id", json!(payout.id));
    object.put("amount", amount(payout.amount));
    object.put("status", json!(payout.stage.status()));
    object.put("created_at", json!(print(payout.created_at)));
    object.put("test", json!(test));
    object.put("metadata", json!(payout.metadata));
    object.maybe("description", payout.description.as_ref().map(|text| json!(text)));
    object.put("payout_destination", destination(&payout.destination));
    if let RefundStage::Succeeded { at } = payout.stage {
        object.put("succeeded_at", json!(print(at)));
    }
    object.maybe("cancellation_details", cancellation(&payout.stage));
    object.done()
}

fn destination(destination: &Destination) -> Value {
    let mut object = Object::default();
    object.put("type", json!(destination.kind()));
    match destination {
        Destination::Sbp {
            phone,
            bank_id,
            operation_id,
        } => {
            object.put("phone", json!(phone));
            object.put("bank_id", json!(bank_id));
            object.put("recipient_checked", json!(false));
            object.maybe("sbp_operation_id", operation_id.as_ref().map(|id| json!(id)));
        }
        Destination::BankCard {
            first6,
            last4,
            card_type,
        } => object.put(
            "card",
            json!({"first6": first6, "last4": last4, "card_type": card_type, "issuer_country": "RU"}),
        ),
        Destination::YooMoney { account_number } => object.put("account_number", json!(account_number)),
    }
    object.done()
}

/// A receipt. What identifies the customer is not shown again.
pub fn receipt(receipt: &Receipt) -> Value {
    let mut object = Object::default();
    object.put("id", json!(receipt.id));
    object.put("type", json!(if receipt.incoming { "payment" } else { "refund" }));
    object.put("status", json!(receipt.registration.status()));
    object.maybe("payment_id", receipt.payment_id.as_ref().map(|id| json!(id)));
    object.maybe("refund_id", receipt.refund_id.as_ref().map(|id| json!(id)));
    for field in [
        "items",
        "settlements",
        "tax_system_code",
        "internet",
        "timezone",
        "on_behalf_of",
    ] {
        object.maybe(
            field,
            receipt.told.get(field).filter(|value| !value.is_null()).cloned(),
        );
    }
    if let Some(proof) = &receipt.fiscal {
        object.put("fiscal_document_number", json!(proof.document_number));
        object.put("fiscal_storage_number", json!(proof.storage_number));
        object.put("fiscal_attribute", json!(proof.attribute));
        object.put("fiscal_provider_id", json!(proof.provider_id));
        object.put("registered_at", json!(print(proof.registered_at)));
    }
    object.done()
}

fn cancellation(stage: &RefundStage) -> Option<Value> {
    match stage {
        RefundStage::Canceled { party, reason } => Some(json!({"party": party, "reason": reason})),
        RefundStage::Pending | RefundStage::Succeeded { .. } => None,
    }
}

/// A JSON object under construction: absent fields are left out, as YooKassa does.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn maybe(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}
