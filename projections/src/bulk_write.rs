//! One statement for many rows: each column of them is bound as an array that the statement unnests.

use jiff::Timestamp;
use sqlx::encode::Encode;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Type};

use crate::sql_types::{maybe_time, time};

/// A statement whose `$1` is the generation and whose further parameters are columns, in the order in which they are added.
pub(crate) struct BulkWrite<'q, R> {
    query: Query<'q, Postgres, PgArguments>,
    rows: &'q [R],
}

impl<'q, R> BulkWrite<'q, R> {
    pub(crate) fn new(sql: &'q str, generation: i32, rows: &'q [R]) -> Self {
        let query = sqlx::query(sql).bind(generation);
        Self { query, rows }
    }

    /// One value of each row.
    pub(crate) fn column<T>(self, value: impl Fn(&'q R) -> T) -> Self
    where
        Vec<T>: Encode<'q, Postgres> + Type<Postgres> + 'q,
    {
        let column = self.rows.iter().map(value).collect();
        self.values(column)
    }

    /// One value of each row, in the order of the rows.
    pub(crate) fn values<T>(self, column: Vec<T>) -> Self
    where
        Vec<T>: Encode<'q, Postgres> + Type<Postgres> + 'q,
    {
        let Self { query, rows } = self;
        let query = query.bind(column);
        Self { query, rows }
    }

    /// One instant of each row.
    pub(crate) fn time(self, at: impl Fn(&'q R) -> Timestamp) -> Self {
        self.column(|row| time(at(row)))
    }

    /// One instant of each row that has it.
    pub(crate) fn maybe_time(self, at: impl Fn(&'q R) -> Option<Timestamp>) -> Self {
        self.column(|row| maybe_time(at(row)))
    }

    /// Runs the statement, unless there are no rows.
    pub(crate) async fn execute(self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        if !self.rows.is_empty() {
            self.query.execute(tx).await?;
        }
        Ok(())
    }
}
