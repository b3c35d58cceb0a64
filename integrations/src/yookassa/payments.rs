//! Payments at YooKassa: created, captured, cancelled, read and found again by what we wrote into them.

use commands::ports::{
    Cancel, Capture, CreatePayment, PaymentQuery, PaymentRail, ProviderReply, Reference, ReferenceSubject,
    Snapshot, Status, UnknownReason,
};
use domain::ids::{PaymentId, TransferId};
use domain::money::Money;
use domain::payment::provider::{CaptureMode, Provider};
use serde::Serialize;
use uuid::Uuid;

use super::client::Client;
use super::lists;
use super::receipts::ReceiptBody;
use super::wire::{Amount, Metadata, Payment, status};

const PAYMENT: &str = "payment_id";
const TRANSFER: &str = "transfer_id";
const ATTEMPT: &str = "attempt";

/// No `Debug`: the receipt inside says where the patient is reached. So everywhere in what is sent.
#[derive(Serialize)]
struct CreateBody<'a> {
    amount: Amount,
    capture: bool,
    payment_method_data: MethodData,
    confirmation: ConfirmationData<'a>,
    description: &'a str,
    metadata: Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptBody>,
}

#[derive(Serialize)]
struct MethodData {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct ConfirmationData<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    return_url: &'a str,
}

#[derive(Serialize)]
struct CaptureBody {
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptBody>,
}

#[derive(Serialize)]
struct CancelBody {}

pub(super) async fn create(client: &Client, request: CreatePayment) -> ProviderReply<Snapshot> {
    let body = CreateBody {
        amount: request.amount.into(),
        capture: match request.taking {
            CaptureMode::Held => false,
            CaptureMode::AtOnce => true,
        },
        payment_method_data: MethodData {
            kind: match request.rail {
                PaymentRail::Card => "bank_card",
                PaymentRail::Sbp => "sbp",
            },
        },
        confirmation: ConfirmationData {
            kind: "redirect",
            return_url: request.return_url.as_str(),
        },
        description: &request.description,
        metadata: metadata(request.reference),
        receipt: request.receipt.as_ref().map(ReceiptBody::of),
    };
    let answer = client
        .post("create", &["payments"], &request.request_attempt, &body)
        .await;
    answer.read(snapshot)
}

pub(super) async fn capture(client: &Client, request: Capture) -> ProviderReply<Snapshot> {
    let body = CaptureBody {
        amount: request.amount.into(),
        receipt: request.receipt.as_ref().map(ReceiptBody::of),
    };
    let path = ["payments", &request.provider_id, "capture"];
    client
        .post("capture", &path, &request.request_attempt, &body)
        .await
        .read(snapshot)
}

pub(super) async fn cancel(client: &Client, request: Cancel) -> ProviderReply<Snapshot> {
    let path = ["payments", &request.provider_id, "cancel"];
    client
        .post("cancel", &path, &request.request_attempt, &CancelBody {})
        .await
        .read(snapshot)
}

pub(super) async fn payment(client: &Client, provider_id: &str) -> ProviderReply<Snapshot> {
    client
        .get("payment", &["payments", provider_id], vec![])
        .await
        .read(snapshot)
}

/// Reads the list of the window to its end: YooKassa cannot search payments by metadata.
pub(super) async fn find(client: &Client, sought: PaymentQuery) -> ProviderReply<Vec<Snapshot>> {
    let query = lists::query(sought.created, None);
    let listed = lists::all(client, "payments", &["payments"], query, snapshot).await;
    listed.map(|mut payments| {
        payments.retain(|payment| payment.reference == Some(sought.reference));
        payments
    })
}

/// What the platform keeps of a payment.
pub(super) fn snapshot(payment: Payment) -> Result<Snapshot, UnknownReason> {
    let money = |amount: &Option<Amount>| amount.as_ref().map(Amount::money).transpose();
    let amount = payment.amount.money()?;
    let nothing = Money { minor: 0, ..amount };
    let status_now = status(payment.status);
    let (url, payload) = payment
        .confirmation
        .map(|confirmation| (confirmation.confirmation_url, confirmation.confirmation_data))
        .unwrap_or_default();
    Ok(Snapshot {
        provider: Provider::Yookassa,
        provider_id: payment.id,
        captured: Some(if status_now == Status::Succeeded {
            amount
        } else {
            nothing
        }),
        status: status_now,
        amount,
        refunded: Some(money(&payment.refunded_amount)?.unwrap_or(nothing)),
        income: money(&payment.income_amount)?,
        expires_at: payment.expires_at,
        created_at: Some(payment.created_at),
        confirmation_url: url,
        qr_payload: payload,
        reference: reference(&payment.metadata),
        cancelled: payment.cancellation_details.map(Into::into),
        receipt: payment.receipt_registration.map(status),
        test: payment.test,
    })
}

fn metadata(reference: Reference) -> Metadata {
    let name = match reference.subject {
        ReferenceSubject::Payment(_) => PAYMENT,
        ReferenceSubject::Deposit(_) => TRANSFER,
    };
    Metadata::from([
        (name.to_owned(), Some(reference.subject.uuid().to_string())),
        (ATTEMPT.to_owned(), Some(reference.attempt.to_string())),
    ])
}

fn reference(metadata: &Metadata) -> Option<Reference> {
    let text = |name: &str| metadata.get(name)?.as_deref();
    let number = |name: &str| text(name)?.parse::<Uuid>().ok();
    let subject = match (number(PAYMENT), number(TRANSFER)) {
        (Some(number), None) => ReferenceSubject::Payment(PaymentId::from_uuid(number)),
        (None, Some(number)) => ReferenceSubject::Deposit(TransferId::from_uuid(number)),
        (None, None) | (Some(_), Some(_)) => return None,
    };
    let attempt = text(ATTEMPT)?.parse().ok()?;
    Some(Reference { subject, attempt })
}
