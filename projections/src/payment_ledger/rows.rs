//! The columns of the ledger and of payments: written in bulk, read back by name.

use domain::payment::events::PaymentMethod;
use domain::payment::provider::Provider;
use domain::payment::purpose::Purpose;
use domain::payment::status::PaymentStatus;
use event_store::Position;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row};

use crate::bulk_copy::CopyRows;
use crate::bulk_write::BulkWrite;
use crate::payment_ledger::projector::LedgerChanges;
use crate::payment_ledger::{Account, Entry, EntryKind, PaymentRow, StatementLine};
use crate::refunds::Refunds;
use crate::sql_types;

const ENTRY_TARGET: &str = "payment_ledger (generation, position, line, account, subject_id, kind, amount, currency, \
     booking_id, payment_id, transfer_id, at)";
const ENTRY_FIELDS: i16 = 12;

const PAYMENT_TARGET: &str = "payment_ledger__payments (generation, payment_id, booking_id, patient_id, method, \
     provider, amount, currency, status, checking, held, captured, refunded, failure, started_at, authorised_at, captured_at, \
     ended_at, refunded_at, version, refunds)";
const PAYMENT_FIELDS: i16 = 21;

pub(crate) const LOAD: &str = "
    select payment_id, booking_id, patient_id, method, provider, amount, currency, status, checking, held, captured, refunded, refunds,
           failure, started_at, authorised_at, captured_at, ended_at, refunded_at, version
    from payment_ledger__payments where generation = $1 and payment_id = any($2)";

const UPDATE: &str = "
    update payment_ledger__payments as t
    set provider = r.provider, status = r.status, checking = r.checking, held = r.held, captured = r.captured, refunded = r.refunded,
        failure = r.failure, authorised_at = r.authorised_at, captured_at = r.captured_at, ended_at = r.ended_at,
        refunded_at = r.refunded_at, version = r.version, refunds = r.refunds::jsonb
    from unnest($2::uuid[], $3::text[], $4::boolean[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
                $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::bigint[], $14::text[],
                $15::text[])
         as r (payment_id, status, checking, held, captured, refunded, failure, authorised_at, captured_at, ended_at,
               refunded_at, version, provider, refunds)
    where t.generation = $1 and t.payment_id = any ($2) and t.payment_id = r.payment_id";

/// Adds entries and new payments, and rewrites the changed payments.
pub(crate) async fn write(
    tx: &mut PgConnection,
    generation: i32,
    changes: &LedgerChanges,
) -> Result<(), sqlx::Error> {
    entries(generation, changes).send(tx, ENTRY_TARGET).await?;
    payments(generation, &changes.payments.new)?
        .send(tx, PAYMENT_TARGET)
        .await?;
    update(tx, generation, &changes.payments.changed).await
}

fn entries(generation: i32, changes: &LedgerChanges) -> CopyRows {
    let mut copy = CopyRows::new(ENTRY_FIELDS);
    let mut next: (Position, i16) = (0, 0);
    for (position, movement) in &changes.movements {
        for (account, amount) in &movement.lines {
            // One fact of an old version may say several movements: their lines are counted on.
            let line = if next.0 == *position { next.1 } else { 0 };
            next = (*position, line + 1);
            copy.row()
                .int(generation)
                .big(Some(*position))
                .small(line)
                .text(Some(account.name()))
                .uuid(account.subject())
                .text(Some(movement.kind.as_str()))
                .big(Some(amount.minor))
                .text(Some(amount.currency.code()))
                .uuid(movement.booking_id.map(|id| id.uuid()))
                .uuid(movement.payment_id.map(|id| id.uuid()))
                .uuid(movement.transfer_id.map(|id| id.uuid()))
                .time(Some(movement.at));
        }
    }
    copy
}

fn payments(generation: i32, new: &[PaymentRow]) -> Result<CopyRows, sqlx::Error> {
    let mut copy = CopyRows::new(PAYMENT_FIELDS);
    for row in new {
        copy.row()
            .int(generation)
            .uuid(Some(row.payment_id.uuid()))
            .uuid(row.purpose.booking().map(|id| id.uuid()))
            .uuid(Some(row.patient_id.uuid()))
            .text(Some(row.method.as_str()))
            .text(row.provider.map(Provider::as_str))
            .big(Some(row.amount.minor))
            .text(Some(row.amount.currency.code()))
            .text(Some(row.status.as_str()))
            .flag(row.checking)
            .big(Some(row.held.minor))
            .big(Some(row.captured.minor))
            .big(Some(row.refunded.minor))
            .text(row.failure.as_deref())
            .time(Some(row.started_at))
            .time(row.authorised_at)
            .time(row.captured_at)
            .time(row.ended_at)
            .time(row.refunded_at)
            .big(Some(row.version))
            .jsonb(refunds(row)?.as_deref());
    }
    Ok(copy)
}

/// The refunds as JSON; none where there are none, as nearly always.
fn refunds(row: &PaymentRow) -> Result<Option<String>, sqlx::Error> {
    if row.refunds.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(&row.refunds)
        .map(Some)
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

async fn update(tx: &mut PgConnection, generation: i32, changed: &[PaymentRow]) -> Result<(), sqlx::Error> {
    let refunds = changed.iter().map(refunds).collect::<Result<Vec<_>, _>>()?;
    BulkWrite::new(UPDATE, generation, changed)
        .column(|row| row.payment_id.uuid())
        .column(|row| row.status.as_str())
        .column(|row| row.checking)
        .column(|row| row.held.minor)
        .column(|row| row.captured.minor)
        .column(|row| row.refunded.minor)
        .column(|row| row.failure.as_deref())
        .maybe_time(|row| row.authorised_at)
        .maybe_time(|row| row.captured_at)
        .maybe_time(|row| row.ended_at)
        .maybe_time(|row| row.refunded_at)
        .column(|row| row.version)
        .column(|row| row.provider.map(Provider::as_str))
        .values(refunds)
        .execute(tx)
        .await
}

impl FromRow<'_, PgRow> for PaymentRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let currency = sql_types::get_currency(row)?;
        let refunds: Option<Json<Refunds>> = row.try_get("refunds")?;
        Ok(Self {
            payment_id: sql_types::get_id(row, "payment_id")?,
            // A payment for no booking is one for a wallet: there is nothing else.
            purpose: sql_types::get_maybe_id(row, "booking_id")?.map_or(Purpose::Deposit, Purpose::Booking),
            patient_id: sql_types::get_id(row, "patient_id")?,
            method: sql_types::get_word(row, "method", PaymentMethod::parse)?,
            provider: sql_types::get_maybe_word(row, "provider", Provider::parse)?,
            amount: sql_types::get_money(row, "amount", currency)?,
            status: sql_types::get_word(row, "status", PaymentStatus::parse)?,
            checking: row.try_get("checking")?,
            held: sql_types::get_money(row, "held", currency)?,
            captured: sql_types::get_money(row, "captured", currency)?,
            refunded: sql_types::get_money(row, "refunded", currency)?,
            refunds: refunds.map(|Json(refunds)| refunds).unwrap_or_default(),
            failure: row.try_get("failure")?,
            started_at: sql_types::get_time(row, "started_at")?,
            authorised_at: sql_types::get_maybe_time(row, "authorised_at")?,
            captured_at: sql_types::get_maybe_time(row, "captured_at")?,
            ended_at: sql_types::get_maybe_time(row, "ended_at")?,
            refunded_at: sql_types::get_maybe_time(row, "refunded_at")?,
            version: row.try_get("version")?,
        })
    }
}

pub(super) fn get_account(row: &PgRow) -> Result<Account, sqlx::Error> {
    Account::of(row.try_get("account")?, row.try_get("subject_id")?)
        .ok_or_else(|| sql_types::unreadable("account"))
}

impl FromRow<'_, PgRow> for Entry {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            position: row.try_get("position")?,
            line: row.try_get("line")?,
            account: get_account(row)?,
            kind: sql_types::get_word(row, "kind", EntryKind::parse)?,
            amount: sql_types::get_money(row, "amount", sql_types::get_currency(row)?)?,
            booking_id: sql_types::get_maybe_id(row, "booking_id")?,
            payment_id: sql_types::get_maybe_id(row, "payment_id")?,
            transfer_id: sql_types::get_maybe_id(row, "transfer_id")?,
            at: sql_types::get_time(row, "at")?,
        })
    }
}

impl FromRow<'_, PgRow> for StatementLine {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let amount = sql_types::get_money(row, "freed", sql_types::get_currency(row)?)?;
        let kind = sql_types::get_word(row, "kind", EntryKind::parse)?;
        Ok(Self {
            position: row.try_get("position")?,
            line: row.try_get("line")?,
            kind: kind.at_its_source(amount.is_positive()),
            amount,
            fee: sql_types::get_maybe_money(row, "fee")?,
            booking_id: sql_types::get_maybe_id(row, "booking_id")?,
            payment_id: sql_types::get_maybe_id(row, "payment_id")?,
            transfer_id: sql_types::get_maybe_id(row, "transfer_id")?,
            at: sql_types::get_time(row, "at")?,
        })
    }
}
