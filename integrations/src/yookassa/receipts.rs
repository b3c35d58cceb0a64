//! Receipts at YooKassa: inside payments, captures and refunds, and apart from them to offset a prepayment.

use commands::ports::{
    Fiscal, PaymentMode, PaymentSubject, ProviderReply, ReceiptItem, ReceiptOf, ReceiptRequest,
    ReceiptSnapshot, Settled, UnknownReason, Vat,
};
use serde::Serialize;

use super::client::Client;
use super::lists::{self, LIMIT};
use super::wire::{Amount, Receipt, status};

/// `ReceiptData`: the receipt inside a payment, capture or refund.
#[derive(Serialize)]
pub(super) struct ReceiptBody {
    customer: CustomerBody,
    items: Vec<ItemBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_system_code: Option<u8>,
    /// Tag 1125: paid over the internet.
    internet: bool,
}

#[derive(Serialize)]
struct CustomerBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Digits alone, without a plus.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

#[derive(Serialize)]
struct ItemBody {
    description: String,
    quantity: u32,
    amount: Amount,
    vat_code: u8,
    payment_mode: &'static str,
    payment_subject: &'static str,
}

/// `PostReceiptData`: a receipt of its own.
#[derive(Serialize)]
struct PostBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_id: Option<&'a str>,
    #[serde(flatten)]
    receipt: ReceiptBody,
    send: bool,
    settlements: [Settlement; 1],
}

#[derive(Serialize)]
struct Settlement {
    #[serde(rename = "type")]
    kind: &'static str,
    amount: Amount,
}

impl ReceiptBody {
    pub(super) fn of(receipt: &commands::ports::Receipt) -> Self {
        let customer = &receipt.customer;
        Self {
            customer: CustomerBody {
                email: customer.email.as_ref().map(|email| email.as_str().to_owned()),
                phone: customer.phone.as_ref().map(|phone| super::digits(phone.as_str())),
            },
            items: receipt.items.iter().map(item).collect(),
            tax_system_code: receipt.tax_system,
            internet: true,
        }
    }
}

pub(super) async fn receipt(client: &Client, request: ReceiptRequest) -> ProviderReply<ReceiptSnapshot> {
    let (kind, payment_id, refund_id) = match &request.of {
        ReceiptOf::Payment(id) => ("payment", Some(id.as_str()), None),
        ReceiptOf::Refund(id) => ("refund", None, Some(id.as_str())),
    };
    let body = PostBody {
        kind,
        payment_id,
        refund_id,
        receipt: ReceiptBody::of(&request.receipt),
        send: true,
        settlements: [Settlement {
            kind: match request.settled {
                Settled::Cashless => "cashless",
                Settled::Prepayment => "prepayment",
            },
            amount: request.amount.into(),
        }],
    };
    client
        .post("receipt", &["receipts"], &request.request_attempt, &body)
        .await
        .read(snapshot)
}

pub(super) async fn receipts_of(client: &Client, of: ReceiptOf) -> ProviderReply<Vec<ReceiptSnapshot>> {
    let (filter, id) = match of {
        ReceiptOf::Payment(id) => ("payment_id", id),
        ReceiptOf::Refund(id) => ("refund_id", id),
    };
    let query = vec![(filter.to_owned(), id), ("limit".to_owned(), LIMIT.to_owned())];
    lists::all(client, "receipts_of", &["receipts"], query, snapshot).await
}

fn snapshot(receipt: Receipt) -> Result<ReceiptSnapshot, UnknownReason> {
    let of = match (receipt.kind.as_str(), receipt.payment_id, receipt.refund_id) {
        ("refund", _, Some(refund_id)) => ReceiptOf::Refund(refund_id),
        ("refund", Some(payment_id), None) | (_, Some(payment_id), _) => ReceiptOf::Payment(payment_id),
        (_, None, Some(refund_id)) => ReceiptOf::Refund(refund_id),
        (_, None, None) => return Err(UnknownReason::Unreadable("a receipt of nothing".to_owned())),
    };
    let fiscal = match (
        receipt.fiscal_document_number,
        receipt.fiscal_storage_number,
        receipt.fiscal_attribute,
    ) {
        (Some(document_number), Some(storage_number), Some(attribute)) => Some(Fiscal {
            document_number,
            storage_number,
            attribute,
            registered_at: receipt.registered_at,
        }),
        _ => None,
    };
    Ok(ReceiptSnapshot {
        provider_id: Some(receipt.id),
        of,
        status: status(receipt.status),
        fiscal,
    })
}

fn item(item: &ReceiptItem) -> ItemBody {
    ItemBody {
        description: item.description.clone(),
        quantity: item.quantity,
        amount: item.price.into(),
        vat_code: vat_code(item.vat),
        payment_mode: match item.mode {
            PaymentMode::FullPrepayment => "full_prepayment",
            PaymentMode::PartialPrepayment => "partial_prepayment",
            PaymentMode::Advance => "advance",
            PaymentMode::FullPayment => "full_payment",
        },
        payment_subject: match item.subject {
            PaymentSubject::Service => "service",
            PaymentSubject::Payment => "payment",
        },
    }
}

const fn vat_code(vat: Vat) -> u8 {
    match vat {
        Vat::None => 1,
        Vat::Zero => 2,
        Vat::Ten => 3,
        Vat::Twenty => 4,
        Vat::TenOf => 5,
        Vat::TwentyOf => 6,
        Vat::Five => 7,
        Vat::Seven => 8,
        Vat::FiveOf => 9,
        Vat::SevenOf => 10,
        Vat::TwentyTwo => 11,
        Vat::TwentyTwoOf => 12,
    }
}
