//! How the domain's values stand in columns, and back.

use domain::ids::Id;
use domain::money::{Currency, Money};
use domain::time::TimeRange;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{FromRow, PgConnection, Postgres, Row};
use uuid::Uuid;

use crate::Model;

/// Before everything that is stored.
pub(crate) const EARLIEST: Timestamp = Timestamp::UNIX_EPOCH;
/// After everything that is stored.
pub(crate) const LATEST: Timestamp = Timestamp::MAX;

/// What every question to a model's tables begins with, asked by [`live`] or [`live_as`]: the generation that readers see.
pub(crate) const LIVE: &str =
    "generation = (select live_generation from read_models where model = $1 and schema_version = $2)";

/// A question to the live generation of a model: `$1` and `$2` of `sql` are its name and its schema version.
pub(crate) fn live(model: Model, sql: &str) -> Query<'_, Postgres, PgArguments> {
    sqlx::query(sql).bind(model.name()).bind(model.schema_version())
}

/// The same, answered in rows of one type.
pub(crate) fn live_as<R>(model: Model, sql: &str) -> QueryAs<'_, Postgres, R, PgArguments>
where
    R: for<'r> FromRow<'r, PgRow>,
{
    sqlx::query_as(sql)
        .bind(model.name())
        .bind(model.schema_version())
}

/// The rows of a generation with these keys; nothing is asked when there are none. `$1` of `sql` is the generation, `$2`
/// the keys.
pub(crate) async fn load<R>(
    tx: &mut PgConnection,
    sql: &str,
    generation: i32,
    keys: Vec<Uuid>,
) -> Result<Vec<R>, sqlx::Error>
where
    R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_as(sql)
        .bind(generation)
        .bind(keys)
        .fetch_all(tx)
        .await
}

/// One column of many rows, to be bound as an array.
pub(crate) fn column<'r, R, T>(rows: &'r [R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// The instant as Postgres keeps it: whole microseconds, cut off like everywhere in this crate.
pub(crate) fn time(at: Timestamp) -> jiff_sqlx::Timestamp {
    Timestamp::from_microsecond(at.as_microsecond())
        .unwrap_or(at)
        .to_sqlx()
}

/// The same for an instant that may be absent.
pub(crate) fn maybe_time(at: Option<Timestamp>) -> Option<jiff_sqlx::Timestamp> {
    at.map(time)
}

/// The error of a column that does not hold what it should.
pub(crate) fn unreadable(column: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: "not a value of this column".into(),
    }
}

pub(crate) fn get_time(row: &PgRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    Ok(row.try_get::<jiff_sqlx::Timestamp, _>(column)?.to_jiff())
}

/// An instant that may be absent.
pub(crate) fn get_maybe_time(row: &PgRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row
        .try_get::<Option<jiff_sqlx::Timestamp>, _>(column)?
        .map(jiff_sqlx::Timestamp::to_jiff))
}

/// The range between two columns; absent when both are.
pub(crate) fn get_range(row: &PgRow, start: &str, end: &str) -> Result<Option<TimeRange>, sqlx::Error> {
    match (get_maybe_time(row, start)?, get_maybe_time(row, end)?) {
        (Some(from), Some(until)) => TimeRange::new(from, until)
            .map(Some)
            .map_err(|_| unreadable(start)),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => Err(unreadable(start)),
    }
}

pub(crate) fn get_id<Kind>(row: &PgRow, column: &str) -> Result<Id<Kind>, sqlx::Error> {
    row.try_get(column).map(Id::from_uuid)
}

/// A typed id that may be absent.
pub(crate) fn get_maybe_id<Kind>(row: &PgRow, column: &str) -> Result<Option<Id<Kind>>, sqlx::Error> {
    Ok(row.try_get::<Option<Uuid>, _>(column)?.map(Id::from_uuid))
}

/// A word of a closed vocabulary.
pub(crate) fn get_word<T>(row: &PgRow, column: &str, parse: fn(&str) -> Option<T>) -> Result<T, sqlx::Error> {
    parse(row.try_get::<&str, _>(column)?).ok_or_else(|| unreadable(column))
}

/// A word of a closed vocabulary that may be absent.
pub(crate) fn get_maybe_word<T>(
    row: &PgRow,
    column: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, sqlx::Error> {
    match row.try_get::<Option<&str>, _>(column)? {
        Some(word) => parse(word).map(Some).ok_or_else(|| unreadable(column)),
        None => Ok(None),
    }
}

pub(crate) fn get_currency(row: &PgRow) -> Result<Currency, sqlx::Error> {
    get_word(row, "currency", Currency::parse)
}

/// An amount in the row's currency.
pub(crate) fn get_money(row: &PgRow, column: &str, currency: Currency) -> Result<Money, sqlx::Error> {
    Ok(Money {
        minor: row.try_get(column)?,
        currency,
    })
}

/// An amount in the row's currency that may be absent.
pub(crate) fn get_maybe_money(row: &PgRow, column: &str) -> Result<Option<Money>, sqlx::Error> {
    let Some(minor) = row.try_get(column)? else {
        return Ok(None);
    };
    let currency = get_currency(row)?;
    Ok(Some(Money { minor, currency }))
}
