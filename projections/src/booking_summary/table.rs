//! Tables whose rows are exactly booking lines: kept, and listed in one of two orders.

use event_store::{ApplyError, PgConnection};
use sqlx::PgPool;
use uuid::Uuid;

use crate::booking_facts;
use crate::booking_summary::{BookingSummary, LineFilter, rows};
use crate::bulk_copy::CopyRows;
use crate::bulk_write::BulkWrite;
use crate::facts::Decoded;
use crate::page::{Cursor, Limit, List, NEWEST_FIRST, OLDEST_FIRST, Page};
use crate::sql_types::{self, EARLIEST, LATEST, LIVE};
use crate::{Model, QueryError};

/// Takes a batch into the table of the model's name.
pub(crate) async fn project(
    tx: &mut PgConnection,
    model: Model,
    generation: i32,
    events: &[Decoded<'_>],
) -> Result<(), ApplyError> {
    let table = model.name();
    let load = format!(
        "select {} from {table} where generation = $1 and booking_id = any($2)",
        rows::COLUMNS
    );
    let folded = booking_facts::load_and_fold(tx, &load, generation, events, |line: &BookingSummary| {
        line.booking_id
    })
    .await?;
    let mut copy = CopyRows::new(rows::COLUMN_COUNT);
    for line in &folded.new {
        rows::copy(copy.row(), generation, line)?;
    }
    copy.send(tx, &format!("{table} ({})", rows::COLUMNS)).await?;
    let update = format!(
        "update {table} as t set {} from unnest({}) as r ({}) \
         where t.generation = $1 and t.booking_id = any ($2) and t.booking_id = r.booking_id",
        rows::CHANGE_SETS,
        rows::CHANGE_TYPES,
        rows::CHANGE_NAMES,
    );
    let changed = &folded.changed;
    let write = BulkWrite::new(&update, generation, changed);
    Ok(rows::add_changes(write, changed, |line| line)?
        .execute(tx)
        .await?)
}

/// The orders of lists, each with the time that `from` and `to` bound and that cursors hold.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    /// By when they were asked for, newest first.
    Requested,
    /// By the visit's start, earliest first.
    Visit,
}

/// A page of the lines of a model that fulfil `owner`, a condition over `$3`.
pub(crate) async fn page(
    pool: &PgPool,
    (model, order): (Model, Order),
    owner: (&str, Option<Uuid>),
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    let (list, start, (time, behind, direction)) = match order {
        Order::Requested => (List::Bookings, NEWEST_FIRST, ("requested_at", "<", "desc")),
        Order::Visit => (List::Agenda, OLDEST_FIRST, ("starts_at", ">", "asc")),
    };
    let (at, id) = Cursor::time_place(cursor, list, start)?;
    let (condition, owner) = owner;
    let sql = format!(
        "select {} from {}
         where {LIVE} and {condition} and ({time}, booking_id) {behind} ($4, $5) and {time} >= $6 and {time} < $7
           and ($8::text is null or status = $8) and ($9::text is null or call_type = $9)
           and ($10::boolean is null or (escalation is not null) = $10)
         order by {time} {direction}, booking_id {direction}
         limit $11",
        rows::COLUMNS,
        model.name(),
    );
    let query = sql_types::live_as(model, &sql)
        .bind(owner)
        .bind(at)
        .bind(id)
        .bind(sql_types::time(filter.from.unwrap_or(EARLIEST)))
        .bind(sql_types::time(filter.to.unwrap_or(LATEST)))
        .bind(filter.status.map(|status| status.as_str()))
        .bind(filter.call_type.map(|call_type| call_type.as_str()))
        .bind(filter.escalated);
    let place = |line: &BookingSummary| {
        let at = match order {
            Order::Requested => line.requested_at,
            Order::Visit => line.visit.map_or(EARLIEST, |visit| visit.start()),
        };
        Cursor::at(list, at, line.booking_id.uuid())
    };
    Page::fetch(pool, query, limit, place).await
}
