//! The sending itself, and what it brought back.

use domain::payment::anomaly::Source;
use domain::payment::attempt::Attempt;
use domain::payment::commands::RecordReceipt;
use domain::payment::provider::{Call, CaptureMode};
use domain::payment::receipt::{ReceiptEntry, ReceiptPurpose};

use crate::payments::provider::call::{ProviderCall, SendResult};
use crate::payments::provider::state::execute_on_payment;
use crate::payments::provider::{poll, record, translate};
use crate::ports::{
    Cancel, Capture, CreatePayment, ProviderReply, ReceiptOf, ReceiptRequest, RefundRequest, RefusalKind,
    Refused, Settled, Snapshot,
};
use crate::refusal::{CommandError, Refusal};

/// Sends a request and records what was accepted.
pub(super) async fn send(request: &ProviderCall<'_>) -> Result<SendResult, CommandError> {
    let payment = request.payment().await?;
    let attempt = payment.attempt().ok_or(Refusal::NotFound)?;
    match request.call {
        Call::Create => create(request, attempt).await,
        Call::Capture => capture(request, attempt).await,
        Call::Cancel => cancel(request, attempt).await,
        Call::Refund { number } => refund(request, attempt, number).await,
        Call::Receipt { number } => receipt(request, attempt, number).await,
    }
}

async fn create(request: &ProviderCall<'_>, attempt: &Attempt) -> Result<SendResult, CommandError> {
    let prepared = &request.prepared;
    let command = CreatePayment {
        request_attempt: request.request_attempt,
        reference: request.reference(),
        amount: attempt.terms.amount,
        rail: prepared.rail,
        taking: attempt.route.map_or(CaptureMode::AtOnce, |route| route.taking),
        description: prepared.description.clone(),
        return_url: prepared.return_url.clone(),
        pay_until: prepared.pay_until,
        receipt: prepared.receipt.clone(),
    };
    recorded(request, request.provider.create(command).await).await
}

async fn capture(request: &ProviderCall<'_>, attempt: &Attempt) -> Result<SendResult, CommandError> {
    let (Some(provider_id), Some(amount)) = (attempt.provider_id.clone(), attempt.capture_asked) else {
        return Ok(SendResult::Recorded);
    };
    let command = Capture {
        request_attempt: request.request_attempt,
        provider_id,
        amount,
        receipt: request.prepared.receipt.clone(),
    };
    recorded(request, request.provider.capture(command).await).await
}

async fn cancel(request: &ProviderCall<'_>, attempt: &Attempt) -> Result<SendResult, CommandError> {
    let Some(provider_id) = attempt.provider_id.clone() else {
        return Ok(SendResult::Recorded);
    };
    let request_attempt = request.request_attempt;
    let command = Cancel {
        request_attempt,
        provider_id,
    };
    recorded(request, request.provider.cancel(command).await).await
}

async fn recorded(
    request: &ProviderCall<'_>,
    answer: ProviderReply<Snapshot>,
) -> Result<SendResult, CommandError> {
    match answer.accepted::<()>() {
        Ok(snapshot) => {
            poll::record_reported_snapshot(
                request.services,
                request.metadata,
                request.payment_ref,
                &snapshot,
                Source::Reply,
            )
            .await?;
            Ok(SendResult::Recorded)
        }
        Err(answer) => Ok(SendResult::Otherwise(answer)),
    }
}

async fn refund(
    request: &ProviderCall<'_>,
    attempt: &Attempt,
    number: u32,
) -> Result<SendResult, CommandError> {
    let (Some(provider_id), Some(refund)) = (attempt.provider_id.clone(), attempt.refund(number)) else {
        return Ok(SendResult::Recorded);
    };
    let command = RefundRequest {
        request_attempt: request.request_attempt,
        provider_id,
        number,
        amount: refund.amount,
        captured: attempt.captured,
        refunded_before: attempt.refunded_before(number),
        description: request.prepared.description.clone(),
        receipt: request.prepared.receipt.clone(),
    };
    match request.provider.refund(command).await.accepted::<()>() {
        Ok(snapshot) => {
            let (services, metadata) = (request.services, request.metadata);
            record::refund(
                services,
                metadata,
                request.payment_ref,
                number,
                &snapshot,
                Source::Reply,
            )
            .await?;
            Ok(SendResult::Recorded)
        }
        Err(answer) => Ok(SendResult::Otherwise(answer)),
    }
}

async fn receipt(
    request: &ProviderCall<'_>,
    attempt: &Attempt,
    number: u32,
) -> Result<SendResult, CommandError> {
    let Some(entry) = attempt.receipt(number) else {
        return Ok(SendResult::Recorded);
    };
    let (Some(till), Some(receipt), Some(of)) = (
        request.provider.receipts(),
        request.prepared.receipt.clone(),
        receipt_of(attempt, entry),
    ) else {
        return Ok(SendResult::Otherwise(nobody_prints()));
    };
    let command = ReceiptRequest {
        request_attempt: request.request_attempt,
        of,
        receipt,
        settled: match entry.purpose {
            ReceiptPurpose::Offset => Settled::Prepayment,
            ReceiptPurpose::Capture | ReceiptPurpose::Prepayment | ReceiptPurpose::Refund { .. } => {
                Settled::Cashless
            }
        },
        amount: entry.amount,
    };
    match till.receipt(command).await.accepted::<()>() {
        Ok(snapshot) => {
            if let Some(stage) = translate::receipt(&snapshot.status) {
                let command = RecordReceipt {
                    number,
                    provider_id: snapshot.provider_id,
                    stage,
                    proof: snapshot.fiscal.map(translate::proof),
                    copy: None,
                    code: None,
                    at: request.services.log.clock().now(),
                };
                execute_on_payment(request.services, request.metadata, request.payment_ref, command).await?;
            }
            Ok(SendResult::Recorded)
        }
        Err(answer) => Ok(SendResult::Otherwise(answer)),
    }
}

/// What a receipt belongs to, by the provider's ids.
pub(super) fn receipt_of(attempt: &Attempt, entry: &ReceiptEntry) -> Option<ReceiptOf> {
    match entry.purpose {
        ReceiptPurpose::Capture | ReceiptPurpose::Prepayment | ReceiptPurpose::Offset => {
            attempt.provider_id.clone().map(ReceiptOf::Payment)
        }
        ReceiptPurpose::Refund { number } => {
            let refund = attempt.refund(number)?;
            refund.provider_id.clone().map(ReceiptOf::Refund)
        }
    }
}

/// There is no cash register, or nobody the receipt could be sent to.
fn nobody_prints() -> ProviderReply<()> {
    ProviderReply::Refused(Refused {
        kind: RefusalKind::NotOffered,
        code: "no_till".to_owned(),
        description: "no cash register prints this receipt".to_owned(),
    })
}
