//! Refunds at T-Bank: `Cancel` of a paid payment. A repeat first asks whether the earlier sending took effect.

use commands::ports::{
    Cancellation, ProviderReply, RefundQuery, RefundRequest, RefundSnapshot, RefusalKind, Refused, Status,
    UnknownReason,
};
use domain::money::Money;
use domain::payment::provider::Provider;
use serde_json::json;

use super::client::{Client, RequestFields};
use super::refund_effect::{Question, RefundEffect, judge};
use super::wire::{Cancelled, QrState};
use super::{payments, receipts};

/// The bank's code for a request that the payment's state does not allow.
const WRONG_STATUS: &str = "8";

pub(super) async fn refund(client: &Client, request: RefundRequest) -> ProviderReply<RefundSnapshot> {
    if request.request_attempt.first_sent_at.is_some() {
        let known = match state(client, sought(&request)).await.accepted() {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        if let Some(snapshot) = known {
            return ProviderReply::Accepted(snapshot);
        }
    }
    let mut fields = RequestFields::from_iter([
        ("PaymentId".to_owned(), json!(request.provider_id)),
        ("Amount".to_owned(), json!(request.amount.minor)),
    ]);
    if let Some(receipt) = &request.receipt {
        match receipts::body(receipt) {
            Ok(body) => fields.insert("Receipt".to_owned(), body),
            Err(refused) => return ProviderReply::Refused(refused),
        };
    }
    let answer: ProviderReply<Cancelled> = client.act("refund", &["v2", "Cancel"], fields).await;
    let answer = answer.map(|cancelled| made(&request, &cancelled));
    match answer {
        ProviderReply::Refused(refused) if refused.code == WRONG_STATUS => {
            not_now(client, &request, refused).await
        }
        answer @ (ProviderReply::Accepted(_)
        | ProviderReply::Refused(_)
        | ProviderReply::Throttled { .. }
        | ProviderReply::Unknown(_)) => answer,
    }
}

/// The bank refuses a refund while another one of the payment is under way; that passes. Any other state does not.
async fn not_now(
    client: &Client,
    request: &RefundRequest,
    refused: Refused,
) -> ProviderReply<RefundSnapshot> {
    let state = match payments::state(client, &request.provider_id).await.accepted() {
        Ok(state) => state,
        // It was refused all the same.
        Err(answer) => {
            let _: ProviderReply<RefundSnapshot> = answer;
            return ProviderReply::Refused(refused);
        }
    };
    let kind = match state.status.as_str() {
        "REFUNDING" | "ASYNC_REFUNDING" => RefusalKind::NotNow,
        _ => refused.kind,
    };
    ProviderReply::Refused(Refused { kind, ..refused })
}

/// What became of a refund, by what the bank shows of the payment and of its last refund.
pub(super) async fn state(client: &Client, sought: RefundQuery) -> ProviderReply<Option<RefundSnapshot>> {
    let id = sought.payment_provider_id.as_str();
    let state = match payments::state(client, id).await.accepted() {
        Ok(state) => state,
        Err(answer) => return answer,
    };
    let fields = RequestFields::from_iter([("PaymentId".to_owned(), json!(id))]);
    let last: QrState = match client.ask("refund_state", &["v2", "GetQrState"], fields).await {
        ProviderReply::Accepted(last) => last,
        // The bank knows of no refund to tell of.
        ProviderReply::Refused(_) => QrState {
            qr_cancel_code: None,
            amount: None,
        },
        ProviderReply::Throttled { retry_after } => return ProviderReply::Throttled { retry_after },
        ProviderReply::Unknown(because) => return ProviderReply::Unknown(because),
    };
    let question = Question {
        amount: sought.amount,
        captured: sought.captured,
        refunded_before: sought.refunded_before,
    };
    let (status, reason) = match judge(question, &state, &last) {
        RefundEffect::Done => (Status::Succeeded, None),
        RefundEffect::UnderWay => (Status::Pending, None),
        RefundEffect::Failed(code) => (Status::Cancelled, Some(code)),
        RefundEffect::NotDone => return ProviderReply::Accepted(None),
        RefundEffect::CannotTell(why) => {
            return ProviderReply::Unknown(UnknownReason::CannotTell(why.to_owned()));
        }
    };
    ProviderReply::Accepted(Some(snapshot(&sought, status, sought.amount, reason)))
}

fn made(request: &RefundRequest, cancelled: &Cancelled) -> RefundSnapshot {
    let status = match cancelled.status.as_str() {
        "REFUNDED" | "PARTIAL_REFUNDED" => Status::Succeeded,
        "REFUNDING" | "ASYNC_REFUNDING" => Status::Pending,
        other => Status::Other(other.to_owned()),
    };
    // While it is under way the amounts have not moved yet.
    let moved = cancelled.original_amount.saturating_sub(cancelled.new_amount);
    let amount = if status == Status::Succeeded && moved > 0 {
        Money::kopecks(moved)
    } else {
        request.amount
    };
    snapshot(&sought(request), status, amount, None)
}

fn snapshot(sought: &RefundQuery, status: Status, amount: Money, reason: Option<String>) -> RefundSnapshot {
    RefundSnapshot {
        provider: Provider::Tbank,
        provider_id: None,
        payment_provider_id: sought.payment_provider_id.clone(),
        status,
        amount,
        created_at: None,
        number: Some(sought.number),
        cancelled: reason.map(|reason| Cancellation { party: None, reason }),
        receipt: None,
    }
}

fn sought(request: &RefundRequest) -> RefundQuery {
    RefundQuery {
        provider_id: None,
        payment_provider_id: request.provider_id.clone(),
        number: request.number,
        amount: request.amount,
        captured: request.captured,
        refunded_before: request.refunded_before,
    }
}
