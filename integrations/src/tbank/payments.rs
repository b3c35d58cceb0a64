//! Payments at T-Bank: begun with an order of ours, shown as a QR code, found again by the order before any repeat.

use commands::ports::{
    Cancel, CreatePayment, PaymentQuery, PaymentRail, ProviderReply, RefusalKind, Refused, Snapshot, Status,
};
use domain::payment::provider::CaptureMode;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::adapter::TbankSettings;
use super::client::{Client, RequestFields};
use super::receipts;
use super::wire::{Cancelled, Order, Qr, StartedPayment, State};
use crate::not_offered::not_offered;

/// Begins a payment. A repeat asks first whether the order has payments already: `Init` has no key.
pub(super) async fn create(
    client: &Client,
    settings: &TbankSettings,
    request: CreatePayment,
) -> ProviderReply<Snapshot> {
    if (request.rail, request.taking) != (PaymentRail::Sbp, CaptureMode::AtOnce) {
        return not_offered();
    }
    if request.request_attempt.first_sent_at.is_some() {
        let known = match by_order(client, &request.reference.order()).await.accepted() {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        if let Some(snapshot) = known.into_iter().max_by_key(furthest) {
            return ProviderReply::Accepted(with_qr(client, snapshot).await);
        }
    }
    let fields = match init_fields(settings, &request) {
        Ok(fields) => fields,
        Err(refused) => return ProviderReply::Refused(refused),
    };
    let begun: StartedPayment = match client.act("create", &["v2", "Init"], fields).await.accepted() {
        Ok(begun) => begun,
        Err(answer) => return answer,
    };
    let url = begun.payment_url.clone();
    let state = State {
        status: begun.status,
        payment_id: begun.payment_id,
        order_id: begun.order_id,
        amount: begun.amount,
    };
    let snapshot = Snapshot {
        confirmation_url: url,
        ..state.snapshot(client.terminal.is_test())
    };
    ProviderReply::Accepted(with_qr(client, snapshot).await)
}

/// Gives up a payment that nobody paid. One that is paid is shown as it is: `Cancel` would refund it.
pub(super) async fn cancel(client: &Client, request: Cancel) -> ProviderReply<Snapshot> {
    let before = match payment(client, &request.provider_id).await.accepted() {
        Ok(before) => before,
        Err(answer) => return answer,
    };
    match before.status {
        Status::Pending | Status::WaitingForCapture => {}
        Status::Succeeded | Status::Cancelled | Status::Other(_) => return ProviderReply::Accepted(before),
    }
    let fields = RequestFields::from_iter([("PaymentId".to_owned(), json!(request.provider_id))]);
    let answer: ProviderReply<Cancelled> = client.act("cancel", &["v2", "Cancel"], fields).await;
    answer.map(|cancelled| {
        let state = State {
            status: cancelled.status,
            payment_id: cancelled.payment_id,
            order_id: String::new(),
            amount: before.amount.minor,
        };
        Snapshot {
            reference: before.reference,
            ..state.snapshot(client.terminal.is_test())
        }
    })
}

/// A payment as it stands, with what the patient scans as long as that is of use: the answer that first held it may have
/// been lost, or the code refused, and nobody would ask again.
pub(super) async fn shown(client: &Client, provider_id: &str) -> ProviderReply<Snapshot> {
    match payment(client, provider_id).await.accepted() {
        Ok(snapshot) => ProviderReply::Accepted(with_qr(client, snapshot).await),
        Err(answer) => answer,
    }
}

pub(super) async fn payment(client: &Client, provider_id: &str) -> ProviderReply<Snapshot> {
    state(client, provider_id)
        .await
        .map(|state| state.snapshot(client.terminal.is_test()))
}

pub(super) async fn state(client: &Client, provider_id: &str) -> ProviderReply<State> {
    let fields = RequestFields::from_iter([("PaymentId".to_owned(), json!(provider_id))]);
    client.ask("payment", &["v2", "GetState"], fields).await
}

/// The bank's orders have no time to look in: the order is the attempt.
pub(super) async fn find(client: &Client, sought: PaymentQuery) -> ProviderReply<Vec<Snapshot>> {
    by_order(client, &sought.reference.order()).await
}

/// Every payment of an order, each read by itself: the list may leave out what counts.
async fn by_order(client: &Client, order_id: &str) -> ProviderReply<Vec<Snapshot>> {
    let order = match order(client, order_id).await {
        ProviderReply::Refused(refused) if refused.kind == RefusalKind::NotFound => {
            return ProviderReply::Accepted(vec![]);
        }
        answer @ (ProviderReply::Accepted(_)
        | ProviderReply::Refused(_)
        | ProviderReply::Throttled { .. }
        | ProviderReply::Unknown(_)) => answer,
    };
    let order = match order.accepted() {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let mut found = Vec::with_capacity(order.payments.len());
    for entry in order.payments {
        match payment(client, &entry.payment_id.0).await.accepted() {
            Ok(snapshot) => found.push(snapshot),
            Err(answer) => return answer,
        }
    }
    ProviderReply::Accepted(found)
}

pub(super) async fn order(client: &Client, order_id: &str) -> ProviderReply<Order> {
    let fields = RequestFields::from_iter([("OrderId".to_owned(), json!(order_id))]);
    client.ask("find", &["v2", "CheckOrder"], fields).await
}

/// Adds what the patient's bank scans, while there is something to pay. Without it the bank's own page shows one.
async fn with_qr(client: &Client, snapshot: Snapshot) -> Snapshot {
    if snapshot.status != Status::Pending {
        return snapshot;
    }
    // A number here alone; a text of digits would pass as well, says the bank, but is signed alike.
    let payment_id = snapshot
        .provider_id
        .parse::<u64>()
        .map_or_else(|_| json!(snapshot.provider_id), |id| json!(id));
    let fields = RequestFields::from_iter([
        ("PaymentId".to_owned(), payment_id),
        ("DataType".to_owned(), json!("PAYLOAD")),
    ]);
    let answer: ProviderReply<Qr> = client.ask("qr", &["v2", "GetQr"], fields).await;
    let outcome = answer.word();
    let payload = answer.accepted::<()>().ok().map(|qr| qr.data);
    if payload.is_none() {
        tracing::warn!(
            payment.provider_id = snapshot.provider_id,
            outcome,
            "No QR code for a payment"
        );
    }
    Snapshot {
        qr_payload: payload,
        ..snapshot
    }
}

fn init_fields(settings: &TbankSettings, request: &CreatePayment) -> Result<RequestFields, Refused> {
    let mut fields = RequestFields::from_iter([
        ("Amount".to_owned(), json!(request.amount.minor)),
        ("OrderId".to_owned(), json!(request.reference.order())),
        ("Description".to_owned(), json!(request.description)),
        ("PayType".to_owned(), json!("O")),
        ("SuccessURL".to_owned(), json!(request.return_url.as_str())),
        ("FailURL".to_owned(), json!(request.return_url.as_str())),
    ]);
    if let Some(url) = &settings.notification_url {
        fields.insert("NotificationURL".to_owned(), json!(url));
    }
    if let Some(due) = request.pay_until {
        fields.insert("RedirectDueDate".to_owned(), json!(moment(due)));
    }
    if let Some(receipt) = &request.receipt {
        fields.insert("Receipt".to_owned(), receipts::body(receipt)?);
    }
    Ok(fields)
}

/// The bank's times end in an offset, not in `Z`, and have no fractions.
fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// Of several payments of one order the one that matters: money first, then hope.
fn furthest(snapshot: &Snapshot) -> u8 {
    match snapshot.status {
        Status::Cancelled => 0,
        Status::Other(_) => 1,
        Status::Pending => 2,
        Status::WaitingForCapture => 3,
        Status::Succeeded => 4,
    }
}

/// Whether the terminal answers at all; an order nobody ever made is asked for.
pub(super) async fn probe(client: &Client) -> ProviderReply<()> {
    match order(client, "probe").await {
        ProviderReply::Accepted(_) => ProviderReply::Accepted(()),
        ProviderReply::Refused(refused) => match refused.kind {
            RefusalKind::Rejected | RefusalKind::NotNow | RefusalKind::NotFound => {
                ProviderReply::Accepted(())
            }
            RefusalKind::Misconfigured | RefusalKind::OurBug | RefusalKind::NotOffered => {
                ProviderReply::Refused(refused)
            }
        },
        ProviderReply::Throttled { retry_after } => ProviderReply::Throttled { retry_after },
        ProviderReply::Unknown(because) => ProviderReply::Unknown(because),
    }
}
