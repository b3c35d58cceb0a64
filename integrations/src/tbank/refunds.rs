//! Refunds at T-Bank: `Cancel` of a paid payment. A repeat first asks whether the earlier sending took effect.

use commands::ports::{
    Answer, Cancellation, ProviderName, RefundRequest, RefundSnapshot, RefundSought, RefusalKind, Refused,
    Status, UnknownBecause,
};
use domain::money::Money;
use serde_json::json;

use super::client::{Client, Fields};
use super::seen::{Question, Seen, judge};
use super::wire::{Cancelled, QrState};
use super::{payments, receipts};

/// The bank's code for a request that the payment's state does not allow.
const WRONG_STATUS: &str = "8";

pub(super) async fn refund(client: &Client, wish: RefundRequest) -> Answer<RefundSnapshot> {
    if wish.sending.first_sent_at.is_some() {
        let known = match state(client, sought(&wish)).await.accepted() {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        if let Some(snapshot) = known {
            return Answer::Accepted(snapshot);
        }
    }
    let mut fields = Fields::from_iter([
        ("PaymentId".to_owned(), json!(wish.provider_id)),
        ("Amount".to_owned(), json!(wish.amount.minor)),
    ]);
    if let Some(receipt) = &wish.receipt {
        match receipts::body(receipt) {
            Ok(body) => fields.insert("Receipt".to_owned(), body),
            Err(refused) => return Answer::Refused(refused),
        };
    }
    let answer: Answer<Cancelled> = client.act("refund", &["v2", "Cancel"], fields).await;
    let answer = answer.map(|cancelled| made(&wish, &cancelled));
    match answer {
        Answer::Refused(refused) if refused.code == WRONG_STATUS => not_now(client, &wish, refused).await,
        answer @ (Answer::Accepted(_)
        | Answer::Refused(_)
        | Answer::Throttled { .. }
        | Answer::Unknown(_)) => answer,
    }
}

/// The bank refuses a refund while another one of the payment is under way; that passes. Any other state does not.
async fn not_now(client: &Client, wish: &RefundRequest, refused: Refused) -> Answer<RefundSnapshot> {
    let state = match payments::state(client, &wish.provider_id).await.accepted() {
        Ok(state) => state,
        // It was refused all the same.
        Err(answer) => {
            let _: Answer<RefundSnapshot> = answer;
            return Answer::Refused(refused);
        }
    };
    let kind = match state.status.as_str() {
        "REFUNDING" | "ASYNC_REFUNDING" => RefusalKind::NotNow,
        _ => refused.kind,
    };
    Answer::Refused(Refused { kind, ..refused })
}

/// What became of a refund, by what the bank shows of the payment and of its last refund.
pub(super) async fn state(client: &Client, sought: RefundSought) -> Answer<Option<RefundSnapshot>> {
    let id = sought.payment_provider_id.as_str();
    let state = match payments::state(client, id).await.accepted() {
        Ok(state) => state,
        Err(answer) => return answer,
    };
    let fields = Fields::from_iter([("PaymentId".to_owned(), json!(id))]);
    let last: QrState = match client.ask("refund_state", &["v2", "GetQrState"], fields).await {
        Answer::Accepted(last) => last,
        // The bank knows of no refund to tell of.
        Answer::Refused(_) => QrState {
            qr_cancel_code: None,
            amount: None,
        },
        Answer::Throttled { retry_after } => return Answer::Throttled { retry_after },
        Answer::Unknown(because) => return Answer::Unknown(because),
    };
    let question = Question {
        amount: sought.amount,
        captured: sought.captured,
        refunded_before: sought.refunded_before,
    };
    let (status, reason) = match judge(question, &state, &last) {
        Seen::Done => (Status::Succeeded, None),
        Seen::UnderWay => (Status::Pending, None),
        Seen::Failed(code) => (Status::Cancelled, Some(code)),
        Seen::NotDone => return Answer::Accepted(None),
        Seen::CannotTell(why) => return Answer::Unknown(UnknownBecause::CannotTell(why.to_owned())),
    };
    Answer::Accepted(Some(snapshot(&sought, status, sought.amount, reason)))
}

fn made(wish: &RefundRequest, cancelled: &Cancelled) -> RefundSnapshot {
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
        wish.amount
    };
    snapshot(&sought(wish), status, amount, None)
}

fn snapshot(sought: &RefundSought, status: Status, amount: Money, reason: Option<String>) -> RefundSnapshot {
    RefundSnapshot {
        provider: ProviderName::Tbank,
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

fn sought(wish: &RefundRequest) -> RefundSought {
    RefundSought {
        provider_id: None,
        payment_provider_id: wish.provider_id.clone(),
        number: wish.number,
        amount: wish.amount,
        captured: wish.captured,
        refunded_before: wish.refunded_before,
    }
}
