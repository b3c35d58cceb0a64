//! One payment.

use axum::extract::State;
use commands::policy::MayReadPayments;
use domain::ids::{AccountId, PaymentId, PrivateId, kind};
use domain::payment::Payment;
use domain::payment::events::PaymentMethod;
use domain::payment::receipt::ReceiptEntry;
use domain::payment::status::PaymentStatus;
use domain::people::Role;
use event_store::Position;
use identity::vault;
use projections::Model;
use projections::payment_ledger::PaymentRow;
use projections::payment_ledger::query;
use serde_json::Value;

use crate::app::App;
use crate::extract::head::{At, QueryParams, ReadAfter};
use crate::extract::request::Caller;
use crate::problem::{Code, Problem};
use crate::read_consistency::{self, ReadResponse};
use crate::representation::payment::{LinkView, PaymentView};
use crate::representation::receipt::{ReceiptView, receipts_of};
use crate::routes::payments::link;

/// Read a payment
///
/// For its patient and admins. Waits shortly for what just happened; `Read-After` insists. With the fiscal receipts of it, as far as
/// the cash register tells.
#[utoipa::path(get, path = "/payments/{id}", tag = "payments", security(("bearer" = [])),
    params(("id" = String, Path, description = "The payment", format = Uuid)),
    responses((status = 200, description = "The payment", body = PaymentView)))]
pub async fn show(
    State(app): State<App>,
    At(payment_id): At<kind::Payment>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayReadPayments>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PaymentView>, Problem> {
    let (row, as_of) = read(&app, &caller, payment_id, read_after).await?;
    let view = PaymentView::of_row(&row);
    Ok(ReadResponse {
        body: match row.method {
            // Nobody confirms what comes from a wallet, and no cash register hears of it.
            PaymentMethod::Wallet => view.with_receipts(Vec::new()),
            PaymentMethod::Yookassa | PaymentMethod::Sbp => {
                let current = link::current(&app, payment_id).await?;
                let receipts = receipts(&app, &current.payment, caller.role()).await?;
                let where_to = link::opened(&app, &current.payment).await?;
                view.with_receipts(receipts).confirmed_at(where_to)
            }
        },
        as_of,
        version: Some(row.version),
    })
}

/// Its receipts, for the payer with where copies of them are read, as far as that is known and was not erased.
async fn receipts(app: &App, payment: &Payment, reader: Role) -> Result<Vec<ReceiptView>, Problem> {
    let Some(attempt) = payment.attempt() else {
        return Ok(Vec::new());
    };
    let copy_of = |receipt: &ReceiptEntry| {
        let copy = receipt.copy.as_ref().filter(|_| reader == Role::Patient);
        copy.map(|copy| copy.id)
    };
    let ids: Vec<PrivateId> = attempt.receipts.iter().filter_map(copy_of).collect();
    let rows = vault::open(app.people(), &ids).await?;
    let payer = AccountId::from(attempt.terms.patient_id);
    let url = |receipt: &ReceiptEntry| {
        let row = rows
            .get(&copy_of(receipt)?)
            .filter(|row| row.subject_id == payer)?;
        row.body.get("url").and_then(Value::as_str).map(str::to_owned)
    };
    let urls: Vec<Option<String>> = attempt.receipts.iter().map(url).collect();
    let mut views = receipts_of(attempt);
    for (view, copy_url) in views.iter_mut().zip(urls) {
        view.copy_url = copy_url;
    }
    Ok(views)
}

/// The payment as its patient or an admin sees it, with what just happened, and the position that is true at.
///
/// # Errors
/// `not_found`, also for another's payment; `not_fresh`; those of waiting for the read model.
pub async fn read(
    app: &App,
    caller: &Caller<MayReadPayments>,
    payment_id: PaymentId,
    read_after: ReadAfter,
) -> Result<(PaymentRow, Option<Position>), Problem> {
    read_consistency::wait_for_position(app, Model::PaymentLedger, read_after).await?;
    let row = find(app, caller, payment_id).await?;
    // A payment lives in its booking's or owner's shard, which only its row names: known, it is read again when that is
    // fresh.
    let state = match row {
        Some(row) => {
            let key = row.partition().to_string();
            read_consistency::wait_for_key(app, Model::PaymentLedger, &key, ReadAfter(None)).await?
        }
        None => read_consistency::wait_briefly(app, Model::PaymentLedger).await?,
    };
    let row = match state.found(find(app, caller, payment_id).await?) {
        Ok(row) => row,
        Err(absent) => return Err(somebody_elses(app, payment_id, absent).await?),
    };
    if let Some(booking_id) = row.purpose.booking() {
        traces::note_booking(booking_id.uuid());
    }
    Ok((row, state.as_of))
}

/// Where the payment is confirmed, while it waits for that.
///
/// # Errors
/// `needs_newer_code`, `unavailable`.
pub async fn where_to(app: &App, row: &PaymentRow) -> Result<LinkView, Problem> {
    if row.method == PaymentMethod::Wallet || row.status != PaymentStatus::Pending {
        return Ok(LinkView::default());
    }
    let current = link::current(app, row.payment_id).await?;
    link::opened(app, &current.payment).await
}

/// The same problem; that the payment is there and another's is for the audit trail alone.
async fn somebody_elses(app: &App, payment_id: PaymentId, absent: Problem) -> Result<Problem, Problem> {
    let is_there = absent.code() == Code::NotFound
        && query::payment_for_staff(&app.models().pool, payment_id)
            .await?
            .is_some();
    Ok(if is_there {
        absent.for_somebody_else()
    } else {
        absent
    })
}

async fn find(
    app: &App,
    caller: &Caller<MayReadPayments>,
    payment_id: PaymentId,
) -> Result<Option<PaymentRow>, Problem> {
    let pool = &app.models().pool;
    let row = match caller.role() {
        Role::Admin => query::payment_for_staff(pool, payment_id).await?,
        Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => {
            query::payment_for_patient(pool, caller.patient_id(), payment_id).await?
        }
    };
    Ok(row)
}
