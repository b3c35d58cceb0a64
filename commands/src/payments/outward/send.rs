//! The sending itself, and what it brought back.

use domain::payment::anomaly::Source;
use domain::payment::attempt::Attempt;
use domain::payment::commands::RecordReceipt;
use domain::payment::provider::{Call, Taking};
use domain::payment::receipt::{ReceiptEntry, ReceiptPurpose};

use crate::payments::outward::call::{Became, Request};
use crate::payments::outward::state::tell;
use crate::payments::outward::{look, record, translate};
use crate::ports::{
    self, Answer, Cancel, Capture, CreatePayment, ReceiptOf, ReceiptRequest, RefundRequest, RefusalKind,
    Refused, Settled, Snapshot,
};
use crate::refusal::{CommandFault, Refusal};

/// Sends a request and records what was accepted.
pub(super) async fn send(request: &Request<'_>) -> Result<Became, CommandFault> {
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

async fn create(request: &Request<'_>, attempt: &Attempt) -> Result<Became, CommandFault> {
    let prepared = &request.prepared;
    let command = CreatePayment {
        sending: request.sending,
        reference: request.reference(),
        amount: attempt.terms.amount,
        pay_by: prepared.pay_by,
        taking: match attempt.route.map(|route| route.taking) {
            Some(Taking::Held) => ports::Taking::Held,
            Some(Taking::AtOnce) | None => ports::Taking::AtOnce,
        },
        description: prepared.description.clone(),
        return_url: request.services.outside.return_url.clone(),
        pay_until: prepared.pay_until,
        receipt: prepared.receipt.clone(),
    };
    recorded(request, request.provider.create(command).await).await
}

async fn capture(request: &Request<'_>, attempt: &Attempt) -> Result<Became, CommandFault> {
    let (Some(provider_id), Some(amount)) = (attempt.provider_id.clone(), attempt.capture_asked) else {
        return Ok(Became::Recorded);
    };
    let command = Capture {
        sending: request.sending,
        provider_id,
        amount,
        receipt: request.prepared.receipt.clone(),
    };
    recorded(request, request.provider.capture(command).await).await
}

async fn cancel(request: &Request<'_>, attempt: &Attempt) -> Result<Became, CommandFault> {
    let Some(provider_id) = attempt.provider_id.clone() else {
        return Ok(Became::Recorded);
    };
    let sending = request.sending;
    let command = Cancel { sending, provider_id };
    recorded(request, request.provider.cancel(command).await).await
}

async fn recorded(request: &Request<'_>, answer: Answer<Snapshot>) -> Result<Became, CommandFault> {
    match answer.accepted::<()>() {
        Ok(seen) => {
            look::hear(
                request.services,
                request.asked,
                request.whose,
                &seen,
                Source::Reply,
            )
            .await?;
            Ok(Became::Recorded)
        }
        Err(answer) => Ok(Became::Otherwise(answer)),
    }
}

async fn refund(request: &Request<'_>, attempt: &Attempt, number: u32) -> Result<Became, CommandFault> {
    let (Some(provider_id), Some(refund)) = (attempt.provider_id.clone(), attempt.refund(number)) else {
        return Ok(Became::Recorded);
    };
    let command = RefundRequest {
        sending: request.sending,
        provider_id,
        number,
        amount: refund.amount,
        captured: attempt.captured,
        refunded_before: attempt.refunded_before(number),
        description: request.prepared.description.clone(),
        receipt: request.prepared.receipt.clone(),
    };
    match request.provider.refund(command).await.accepted::<()>() {
        Ok(seen) => {
            let (services, asked) = (request.services, request.asked);
            record::refund(services, asked, request.whose, number, &seen, Source::Reply).await?;
            Ok(Became::Recorded)
        }
        Err(answer) => Ok(Became::Otherwise(answer)),
    }
}

async fn receipt(request: &Request<'_>, attempt: &Attempt, number: u32) -> Result<Became, CommandFault> {
    let Some(entry) = attempt.receipt(number) else {
        return Ok(Became::Recorded);
    };
    let (Some(till), Some(receipt), Some(of)) = (
        request.provider.receipts(),
        request.prepared.receipt.clone(),
        receipt_of(attempt, entry),
    ) else {
        return Ok(Became::Otherwise(nobody_prints()));
    };
    let command = ReceiptRequest {
        sending: request.sending,
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
        Ok(seen) => {
            if let Some(stage) = translate::receipt(&seen.status) {
                let command = RecordReceipt {
                    number,
                    provider_id: seen.provider_id,
                    stage,
                    proof: seen.fiscal.map(translate::proof),
                    code: None,
                    at: request.services.log.clock().now(),
                };
                tell(request.services, request.asked, request.whose, command).await?;
            }
            Ok(Became::Recorded)
        }
        Err(answer) => Ok(Became::Otherwise(answer)),
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

/// There is no till, or nobody the receipt could be sent to.
fn nobody_prints() -> Answer<()> {
    Answer::Refused(Refused {
        kind: RefusalKind::NotOffered,
        code: "no_till".to_owned(),
        description: "no till prints this receipt".to_owned(),
    })
}
