//! The questions about payouts.

use domain::ids::{AccountId, PayoutId};
use sqlx::{FromRow as _, PgPool};
use uuid::Uuid;

use crate::page::{Cursor, Limit, List, Page};
use crate::payouts::view::{PayoutFilter, PayoutRow};
use crate::{Model, QueryFault, stored};

const ONE: &str = "
    select payout_id, owner_id, purpose, amount, currency, status, checking, code, requested_at, ended_at, version
    from payouts
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and payout_id = $3 and ($4::uuid is null or owner_id = $4)";

/// Whose payouts stands as a condition of its own: it has its index.
fn many(owner: Option<Uuid>) -> String {
    let of_owner = if owner.is_some() {
        "owner_id = $5"
    } else {
        "$5::uuid is null"
    };
    format!(
        "select payout_id, owner_id, purpose, amount, currency, status, checking, code, requested_at, ended_at, version
         from payouts
         where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
           and (requested_at, payout_id) < ($3, $4) and {of_owner} and ($6::text is null or status = $6)
         order by requested_at desc, payout_id desc
         limit $7"
    )
}

/// An owner's own payout.
///
/// # Errors
/// What the database answers.
pub async fn for_owner(
    pool: &PgPool,
    owner: AccountId,
    payout: PayoutId,
) -> Result<Option<PayoutRow>, QueryFault> {
    one(pool, payout, Some(owner.uuid())).await
}

/// Any payout; for admins.
///
/// # Errors
/// What the database answers.
pub async fn for_staff(pool: &PgPool, payout: PayoutId) -> Result<Option<PayoutRow>, QueryFault> {
    one(pool, payout, None).await
}

/// A page of payouts, newest first, of one owner or, for admins, of everybody.
///
/// # Errors
/// [`QueryFault::Cursor`] when the cursor is not one of this list, or what the database answers.
pub async fn page(
    pool: &PgPool,
    filter: PayoutFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<PayoutRow>, QueryFault> {
    let (before, id) = match cursor {
        Some(cursor) => {
            let (micros, id) = cursor.place(List::Payouts)?;
            (stored::cursor_time(micros)?, id)
        }
        None => (stored::LATEST, Uuid::max()),
    };
    let owner = filter.owner.map(AccountId::uuid);
    let rows: Vec<PayoutRow> = sqlx::query_as(&many(owner))
        .bind(Model::Payouts.name())
        .bind(Model::Payouts.schema_version())
        .bind(stored::time(before))
        .bind(id)
        .bind(owner)
        .bind(filter.status.map(|status| status.as_str()))
        .bind(limit.and_one_more())
        .fetch_all(pool)
        .await?;
    Ok(Page::cut(rows, limit, |row| {
        Cursor::new(
            List::Payouts,
            row.requested_at.as_microsecond(),
            row.payout_id.uuid(),
        )
    }))
}

async fn one(pool: &PgPool, payout: PayoutId, owner: Option<Uuid>) -> Result<Option<PayoutRow>, QueryFault> {
    let row = sqlx::query(ONE)
        .bind(Model::Payouts.name())
        .bind(Model::Payouts.schema_version())
        .bind(payout.uuid())
        .bind(owner)
        .fetch_optional(pool)
        .await?;
    Ok(row.as_ref().map(PayoutRow::from_row).transpose()?)
}
