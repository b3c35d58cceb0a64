//! Receipts at T-Bank: inside `Init` and `Cancel`, and as the closing receipt that offsets a prepayment.

use commands::ports::{
    PaymentMode, PaymentSubject, ProviderReply, Receipt, ReceiptItem, ReceiptOf, ReceiptRequest,
    ReceiptSnapshot, RefusalKind, Refused, Status, Vat,
};
use serde_json::{Value, json};

use super::client::{Client, RequestFields};
use super::wire::Nothing;
use crate::not_offered::not_offered;

/// Sends the closing receipt of a payment. The cash register's answer comes as a notice; here it is only taken.
pub(super) async fn receipt(client: &Client, request: ReceiptRequest) -> ProviderReply<ReceiptSnapshot> {
    let ReceiptOf::Payment(provider_id) = &request.of else {
        return not_offered();
    };
    let body = match body(&request.receipt) {
        Ok(body) => body,
        Err(refused) => return ProviderReply::Refused(refused),
    };
    let fields = RequestFields::from_iter([
        ("PaymentId".to_owned(), json!(provider_id)),
        ("Receipt".to_owned(), body),
    ]);
    let path = ["cashbox", "SendClosingReceipt"];
    let answer: ProviderReply<Nothing> = client.act("receipt", &path, fields).await;
    answer.map(|Nothing {}| ReceiptSnapshot {
        provider_id: None,
        of: request.of,
        status: Status::Pending,
        fiscal: None,
    })
}

/// The receipt in the form FFD 1.05.
pub(super) fn body(receipt: &Receipt) -> Result<Value, Refused> {
    let taxation = receipt
        .tax_system
        .and_then(taxation)
        .ok_or_else(|| bug("the bank's cash register needs a tax system"))?;
    let items = receipt.items.iter().map(item).collect::<Result<Vec<_>, _>>()?;
    let mut body = json!({"Taxation": taxation, "Items": items});
    if let Some(email) = &receipt.customer.email {
        body["Email"] = json!(email.as_str());
    }
    if let Some(phone) = &receipt.customer.phone {
        let digits: String = phone.as_str().chars().filter(char::is_ascii_digit).collect();
        body["Phone"] = json!(format!("+{digits}"));
    }
    Ok(body)
}

fn item(item: &ReceiptItem) -> Result<Value, Refused> {
    let price = item.price.minor;
    let sum = price
        .checked_mul(i64::from(item.quantity))
        .ok_or_else(|| bug("a line's sum is out of range"))?;
    Ok(json!({
        "Name": item.description,
        "Price": price,
        "Quantity": item.quantity,
        "Amount": sum,
        "Tax": tax(item.vat),
        "PaymentMethod": match item.mode {
            PaymentMode::FullPrepayment => "full_prepayment",
            PaymentMode::PartialPrepayment => "prepayment",
            PaymentMode::Advance => "advance",
            PaymentMode::FullPayment => "full_payment",
        },
        "PaymentObject": match item.subject {
            PaymentSubject::Service => "service",
            PaymentSubject::Payment => "payment",
        },
    }))
}

/// The tax systems of tag 1055; the fourth was abolished.
const fn taxation(code: u8) -> Option<&'static str> {
    match code {
        1 => Some("osn"),
        2 => Some("usn_income"),
        3 => Some("usn_income_outcome"),
        5 => Some("esn"),
        6 => Some("patent"),
        _ => None,
    }
}

/// The taxes of tag 1199. Those of 2026 are not in the copy of the specification used here; they follow its pattern.
const fn tax(vat: Vat) -> &'static str {
    match vat {
        Vat::None => "none",
        Vat::Zero => "vat0",
        Vat::Five => "vat5",
        Vat::Seven => "vat7",
        Vat::Ten => "vat10",
        Vat::Twenty => "vat20",
        Vat::TwentyTwo => "vat22",
        Vat::FiveOf => "vat105",
        Vat::SevenOf => "vat107",
        Vat::TenOf => "vat110",
        Vat::TwentyOf => "vat120",
        Vat::TwentyTwoOf => "vat122",
    }
}

fn bug(description: &str) -> Refused {
    Refused {
        kind: RefusalKind::OurBug,
        code: "receipt_incomplete".to_owned(),
        description: description.to_owned(),
    }
}
