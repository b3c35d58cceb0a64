//! Refunds at YooKassa: objects of their own, several to a payment, found again by our number.

use commands::ports::{
    ProviderReply, RefundQuery, RefundRequest, RefundSnapshot, RefusalKind, UnknownReason,
};
use domain::payment::provider::Provider;
use serde::Serialize;

use super::client::Client;
use super::lists::{self, LIMIT};
use super::receipts::ReceiptBody;
use super::wire::{Amount, List, Metadata, Refund, status};

const NUMBER: &str = "refund";

#[derive(Serialize)]
struct RefundBody<'a> {
    payment_id: &'a str,
    amount: Amount,
    description: &'a str,
    metadata: Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptBody>,
}

pub(super) async fn refund(client: &Client, request: RefundRequest) -> ProviderReply<RefundSnapshot> {
    let body = RefundBody {
        payment_id: &request.provider_id,
        amount: request.amount.into(),
        description: &request.description,
        metadata: Metadata::from([(NUMBER.to_owned(), Some(request.number.to_string()))]),
        receipt: request.receipt.as_ref().map(ReceiptBody::of),
    };
    client
        .post("refund", &["refunds"], &request.request_attempt, &body)
        .await
        .read(snapshot)
}

/// The refund by its own id; without one, by our number among the payment's refunds.
pub(super) async fn state(client: &Client, sought: RefundQuery) -> ProviderReply<Option<RefundSnapshot>> {
    let Some(provider_id) = &sought.provider_id else {
        return among_the_payments(client, &sought).await;
    };
    let answer = client
        .get("refund_state", &["refunds", provider_id], vec![])
        .await;
    match answer {
        ProviderReply::Refused(refused) if refused.kind == RefusalKind::NotFound => {
            ProviderReply::Accepted(None)
        }
        ProviderReply::Accepted(_)
        | ProviderReply::Refused(_)
        | ProviderReply::Throttled { .. }
        | ProviderReply::Unknown(_) => answer.read(|refund| snapshot(refund).map(Some)),
    }
}

async fn among_the_payments(client: &Client, sought: &RefundQuery) -> ProviderReply<Option<RefundSnapshot>> {
    let mut cursor = None;
    for _ in 0..client.limits().find_pages_max {
        let mut query = vec![
            ("payment_id".to_owned(), sought.payment_provider_id.clone()),
            ("limit".to_owned(), LIMIT.to_owned()),
        ];
        query.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor)));
        let answer: ProviderReply<List<Refund>> = client.get("refunds_of", &["refunds"], query).await;
        let page = match answer.read(|list| lists::page(list, snapshot)).accepted() {
            Ok(page) => page,
            Err(answer) => return answer,
        };
        let found = page
            .items
            .into_iter()
            .find(|refund| refund.number == Some(sought.number));
        if found.is_some() || page.next.is_none() {
            return ProviderReply::Accepted(found);
        }
        cursor = page.next;
    }
    lists::too_long()
}

/// What the platform keeps of a refund.
pub(super) fn snapshot(refund: Refund) -> Result<RefundSnapshot, UnknownReason> {
    let number = refund
        .metadata
        .get(NUMBER)
        .and_then(|text| text.as_ref()?.parse().ok());
    Ok(RefundSnapshot {
        provider: Provider::Yookassa,
        provider_id: Some(refund.id),
        payment_provider_id: refund.payment_id,
        status: status(refund.status),
        amount: refund.amount.money()?,
        created_at: Some(refund.created_at),
        number,
        cancelled: refund.cancellation_details.map(Into::into),
        receipt: refund.receipt_registration.map(status),
    })
}
