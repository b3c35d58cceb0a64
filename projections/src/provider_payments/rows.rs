//! The columns of what providers carry: written in bulk, read back by name.

use std::collections::BTreeSet;

use domain::ids::PaymentId;
use domain::payment::attempt::RefundStage;
use domain::payment::provider::Provider;
use domain::payment::status::PaymentStatus;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::bulk_copy::CopyRows;
use crate::bulk_write::BulkWrite;
use crate::provider_payments::fold::ProjectionState;
use crate::provider_payments::{CarriedRow, Purpose, RefundRow};
use crate::rows::Rows;
use crate::sql_types::{self, column};

const BOOKING: &str = "booking";
const DEPOSIT: &str = "deposit";

const PAYMENT_TARGET: &str = "provider_payments (generation, payment_id, purpose, purpose_id, provider, provider_id, \
     attempt, status, amount, currency, held, captured, refunded, income, started_at, changed_at, version)";
const PAYMENT_FIELDS: i16 = 17;

const LOAD_PAYMENTS: &str = "select * from provider_payments where generation = $1 and payment_id = any($2)";
const LOAD_REFUNDS: &str =
    "select * from provider_payments__refunds where generation = $1 and payment_id = any($2)";
const UPDATE_PAYMENTS: &str = "
    update provider_payments as t
    set provider = r.provider, provider_id = r.provider_id, attempt = r.attempt, status = r.status, held = r.held,
        captured = r.captured, refunded = r.refunded, income = r.income, changed_at = r.changed_at, version = r.version
    from unnest($2::uuid[], $3::text[], $4::text[], $5::int[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
                $10::bigint[], $11::timestamptz[], $12::bigint[])
         as r (payment_id, provider, provider_id, attempt, status, held, captured, refunded, income, changed_at, version)
    where t.generation = $1 and t.payment_id = any ($2) and t.payment_id = r.payment_id";

const PUT_REFUNDS: &str = "
    insert into provider_payments__refunds
        (generation, payment_id, number, provider, provider_id, stage, amount, currency, requested_at, changed_at)
    select $1, r.* from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
                               $9::timestamptz[], $10::timestamptz[]) as r
    on conflict (generation, payment_id, number) do update
    set provider_id = excluded.provider_id, stage = excluded.stage, changed_at = excluded.changed_at";

/// Loads these payments, with their refunds, as far as a provider carries them.
pub(crate) async fn load(
    tx: &mut PgConnection,
    generation: i32,
    payments: &[PaymentId],
) -> Result<ProjectionState, sqlx::Error> {
    let ids = column(payments, |id| id.uuid());
    let found: Vec<CarriedRow> = sql_types::load(tx, LOAD_PAYMENTS, generation, ids).await?;
    let ids = column(&found, |row| row.payment_id.uuid());
    let refunds: Vec<RefundRow> = sql_types::load(tx, LOAD_REFUNDS, generation, ids).await?;
    let refunds = refunds.into_iter().map(|row| ((row.payment_id, row.number), row));
    Ok(ProjectionState {
        payments: Rows::loaded(found, |row| row.payment_id),
        refunds: refunds.collect(),
        changed_refunds: BTreeSet::new(),
    })
}

/// Adds what is new and rewrites what has changed.
pub(crate) async fn write(
    tx: &mut PgConnection,
    generation: i32,
    state: &ProjectionState,
) -> Result<(), sqlx::Error> {
    let mut copy = CopyRows::new(PAYMENT_FIELDS);
    state
        .payments
        .new
        .iter()
        .for_each(|row| copied(&mut copy, generation, row));
    copy.send(tx, PAYMENT_TARGET).await?;
    update(tx, generation, &state.payments.changed).await?;
    let refunds = state
        .changed_refunds
        .iter()
        .filter_map(|key| state.refunds.get(key));
    put_refunds(tx, generation, &refunds.collect::<Vec<_>>()).await
}

fn copied(copy: &mut CopyRows, generation: i32, row: &CarriedRow) {
    let (purpose, purpose_id) = match row.purpose {
        Purpose::Booking(booking_id) => (BOOKING, booking_id.uuid()),
        Purpose::Deposit(transfer_id) => (DEPOSIT, transfer_id.uuid()),
    };
    copy.row()
        .int(generation)
        .uuid(Some(row.payment_id.uuid()))
        .text(Some(purpose))
        .uuid(Some(purpose_id))
        .text(row.provider.map(Provider::as_str))
        .text(row.provider_id.as_deref())
        .int(i32::from(row.attempt))
        .text(Some(row.status.as_str()))
        .big(Some(row.amount.minor))
        .text(Some(row.amount.currency.code()))
        .big(Some(row.held.minor))
        .big(Some(row.captured.minor))
        .big(Some(row.refunded.minor))
        .big(row.income.map(|income| income.minor))
        .time(Some(row.started_at))
        .time(Some(row.changed_at))
        .big(Some(row.version));
}

async fn update(tx: &mut PgConnection, generation: i32, rows: &[CarriedRow]) -> Result<(), sqlx::Error> {
    BulkWrite::new(UPDATE_PAYMENTS, generation, rows)
        .column(|row| row.payment_id.uuid())
        .column(|row| row.provider.map(Provider::as_str))
        .column(|row| row.provider_id.as_deref())
        .column(|row| i32::from(row.attempt))
        .column(|row| row.status.as_str())
        .column(|row| row.held.minor)
        .column(|row| row.captured.minor)
        .column(|row| row.refunded.minor)
        .column(|row| row.income.map(|income| income.minor))
        .time(|row| row.changed_at)
        .column(|row| row.version)
        .execute(tx)
        .await
}

async fn put_refunds(tx: &mut PgConnection, generation: i32, rows: &[&RefundRow]) -> Result<(), sqlx::Error> {
    BulkWrite::new(PUT_REFUNDS, generation, rows)
        .column(|row| row.payment_id.uuid())
        .column(|row| stored_number(row.number))
        .column(|row| row.provider.map(Provider::as_str))
        .column(|row| row.provider_id.as_deref())
        .column(|row| row.stage.as_str())
        .column(|row| row.amount.minor)
        .column(|row| row.amount.currency.code())
        .time(|row| row.requested_at)
        .time(|row| row.changed_at)
        .execute(tx)
        .await
}

/// Numbers within a payment are small; a column has a sign.
pub(crate) fn stored_number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn get_number(row: &PgRow) -> Result<u32, sqlx::Error> {
    u32::try_from(row.try_get::<i32, _>("number")?).map_err(|_| sql_types::unreadable("number"))
}

impl FromRow<'_, PgRow> for CarriedRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let currency = sql_types::get_currency(row)?;
        let attempt: i32 = row.try_get("attempt")?;
        let purpose = match row.try_get::<&str, _>("purpose")? {
            BOOKING => Purpose::Booking(sql_types::get_id(row, "purpose_id")?),
            DEPOSIT => Purpose::Deposit(sql_types::get_id(row, "purpose_id")?),
            _ => return Err(sql_types::unreadable("purpose")),
        };
        Ok(Self {
            payment_id: sql_types::get_id(row, "payment_id")?,
            purpose,
            provider: sql_types::get_maybe_word(row, "provider", Provider::parse)?,
            provider_id: row.try_get("provider_id")?,
            attempt: u16::try_from(attempt).map_err(|_| sql_types::unreadable("attempt"))?,
            status: sql_types::get_word(row, "status", PaymentStatus::parse)?,
            amount: sql_types::get_money(row, "amount", currency)?,
            held: sql_types::get_money(row, "held", currency)?,
            captured: sql_types::get_money(row, "captured", currency)?,
            refunded: sql_types::get_money(row, "refunded", currency)?,
            income: sql_types::get_maybe_money(row, "income")?,
            started_at: sql_types::get_time(row, "started_at")?,
            changed_at: sql_types::get_time(row, "changed_at")?,
            version: row.try_get("version")?,
        })
    }
}

impl FromRow<'_, PgRow> for RefundRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            payment_id: sql_types::get_id(row, "payment_id")?,
            number: get_number(row)?,
            provider: sql_types::get_maybe_word(row, "provider", Provider::parse)?,
            provider_id: row.try_get("provider_id")?,
            stage: sql_types::get_word(row, "stage", RefundStage::parse)?,
            amount: sql_types::get_money(row, "amount", sql_types::get_currency(row)?)?,
            requested_at: sql_types::get_time(row, "requested_at")?,
            changed_at: sql_types::get_time(row, "changed_at")?,
        })
    }
}
