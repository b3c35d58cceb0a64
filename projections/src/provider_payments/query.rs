//! The questions about what providers carry: stretches of it by time, single ones by the provider's ids, sums.

use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::provider::Provider;
use domain::payment::status::PaymentStatus;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow as _, PgPool, Row};
use uuid::Uuid;

use crate::provider_payments::rows::stored_number;
use crate::provider_payments::{CarriedRow, RefundRow, TotalRow};
use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// A stretch of time of one provider, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderInterval {
    pub provider: Provider,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A refund with the payment it belongs to, as the provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOf {
    pub refund: RefundRow,
    /// The provider's id of the payment.
    pub payment_provider_id: Option<String>,
    pub captured: Money,
}

/// Payments started within the stretch, oldest first, behind the one given.
pub async fn payments(
    pool: &PgPool,
    within: ProviderInterval,
    after: Option<(Timestamp, PaymentId)>,
    rows: u32,
) -> Result<Vec<CarriedRow>, QueryError> {
    let sql = format!(
        "select * from provider_payments
         where {LIVE} and provider = $3 and started_at >= $4 and started_at < $5 and (started_at, payment_id) > ($6, $7)
         order by started_at, payment_id limit $8"
    );
    let (time, id) = after.map_or((sql_types::EARLIEST, Uuid::nil()), |(time, id)| (time, id.uuid()));
    Ok(sql_types::live_as(Model::ProviderPayments, &sql)
        .bind(within.provider.as_str())
        .bind(sql_types::time(within.from))
        .bind(sql_types::time(within.to))
        .bind(sql_types::time(time))
        .bind(id)
        .bind(i64::from(rows))
        .fetch_all(pool)
        .await?)
}

/// Payments that the provider knows under one of these ids, and those of ours with these.
pub async fn payments_known_as(
    pool: &PgPool,
    provider: Provider,
    provider_ids: &[String],
    payment_ids: &[PaymentId],
) -> Result<Vec<CarriedRow>, QueryError> {
    // Two questions, each with its index, instead of one with neither.
    let sql = format!(
        "select * from provider_payments where {LIVE} and provider = $3 and provider_id = any($4)
         union
         select * from provider_payments where {LIVE} and provider = $3 and payment_id = any($5)"
    );
    Ok(sql_types::live_as(Model::ProviderPayments, &sql)
        .bind(provider.as_str())
        .bind(provider_ids)
        .bind(payment_ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(pool)
        .await?)
}

const REFUNDS: &str = "
    select r.*, p.provider_id as payment_provider_id, p.captured
    from provider_payments__refunds r
    join provider_payments p on p.generation = r.generation and p.payment_id = r.payment_id
    where r.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and r.provider = $3";

/// Refunds decided within the stretch, oldest first, behind the one given.
pub async fn refunds(
    pool: &PgPool,
    within: ProviderInterval,
    after: Option<(Timestamp, PaymentId, u32)>,
    rows: u32,
) -> Result<Vec<RefundOf>, QueryError> {
    let sql = format!(
        "{REFUNDS} and r.requested_at >= $4 and r.requested_at < $5
           and (r.requested_at, r.payment_id, r.number) > ($6, $7, $8)
         order by r.requested_at, r.payment_id, r.number limit $9"
    );
    let (time, id, number) = after.map_or((sql_types::EARLIEST, Uuid::nil(), 0), |(time, id, number)| {
        (time, id.uuid(), stored_number(number))
    });
    let found = sql_types::live(Model::ProviderPayments, &sql)
        .bind(within.provider.as_str())
        .bind(sql_types::time(within.from))
        .bind(sql_types::time(within.to))
        .bind(sql_types::time(time))
        .bind(id)
        .bind(number)
        .bind(i64::from(rows))
        .fetch_all(pool)
        .await?;
    Ok(found.iter().map(refund_of).collect::<Result<_, _>>()?)
}

/// Refunds of payments that the provider knows under one of these ids.
pub async fn refunds_of_payments(
    pool: &PgPool,
    provider: Provider,
    payment_provider_ids: &[String],
) -> Result<Vec<RefundOf>, QueryError> {
    let sql = format!("{REFUNDS} and p.provider_id = any($4)");
    let found = sql_types::live(Model::ProviderPayments, &sql)
        .bind(provider.as_str())
        .bind(payment_provider_ids)
        .fetch_all(pool)
        .await?;
    Ok(found.iter().map(refund_of).collect::<Result<_, _>>()?)
}

/// The payments of the refunds that the provider knows under one of these ids.
pub async fn payments_of_refunds(
    pool: &PgPool,
    provider: Provider,
    provider_ids: &[String],
) -> Result<Vec<PaymentId>, QueryError> {
    let sql = format!(
        "select payment_id from provider_payments__refunds where {LIVE} and provider = $3 and provider_id = any($4)
         order by payment_id"
    );
    let rows = sql_types::live(Model::ProviderPayments, &sql)
        .bind(provider.as_str())
        .bind(provider_ids)
        .fetch_all(pool)
        .await?;
    let id = |row: &PgRow| Ok(PaymentId::from_uuid(row.try_get("payment_id")?));
    Ok(rows.iter().map(id).collect::<Result<_, sqlx::Error>>()?)
}

fn refund_of(row: &PgRow) -> Result<RefundOf, sqlx::Error> {
    Ok(RefundOf {
        refund: RefundRow::from_row(row)?,
        payment_provider_id: row.try_get("payment_provider_id")?,
        captured: sql_types::get_money(row, "captured", sql_types::get_currency(row)?)?,
    })
}

/// What the payments started within a window come to, by provider and status.
pub async fn totals(pool: &PgPool, from: Timestamp, to: Timestamp) -> Result<Vec<TotalRow>, QueryError> {
    let sql = format!(
        "select provider, status, currency, count(*) as payments, sum(held)::bigint as held,
                sum(captured)::bigint as captured, sum(refunded)::bigint as refunded,
                coalesce(sum(captured - income), 0)::bigint as fees,
                (sum(captured) - sum(refunded) - coalesce(sum(captured - income), 0))::bigint as net
         from provider_payments
         where {LIVE} and provider is not null and started_at >= $3 and started_at < $4
         group by provider, status, currency order by provider, status, currency"
    );
    let rows = sql_types::live(Model::ProviderPayments, &sql)
        .bind(sql_types::time(from))
        .bind(sql_types::time(to))
        .fetch_all(pool)
        .await?;
    let total = |row: &PgRow| {
        let currency = sql_types::get_currency(row)?;
        let sum = |column: &str| sql_types::get_money(row, column, currency);
        Ok(TotalRow {
            provider: sql_types::get_word(row, "provider", Provider::parse)?,
            status: sql_types::get_word(row, "status", PaymentStatus::parse)?,
            payments: row.try_get("payments")?,
            held: sum("held")?,
            captured: sum("captured")?,
            refunded: sum("refunded")?,
            fees: sum("fees")?,
            net: sum("net")?,
        })
    };
    Ok(rows.iter().map(total).collect::<Result<_, sqlx::Error>>()?)
}
