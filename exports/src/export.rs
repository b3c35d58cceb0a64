//! One export under way: rows read by `COPY`, encoded, and handed over piece by piece to whoever asks for the next one.

use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use jiff::Timestamp;
use sqlx::PgPool;
use sqlx::postgres::{PgPoolCopyExt, PgPoolOptions};

use crate::column::{Column, columns_of, refused};
use crate::encode::Encoder;
use crate::error::ExportError;
use crate::format::Format;
use crate::row::Row;
use crate::source::Source;

/// A place in the log.
pub type Position = i64;

/// How many bytes are handed over at once, about; a Parquet row group comes as one.
const PIECE_BYTES: usize = 256 * 1024;
/// How many facts one statement reads, so that none of them lasts.
const PAGE_FACTS: i64 = 20_000;
/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How often Postgres looks whether anybody still listens, as it writes it.
const LOOK_EVERY: &str = "2s";
/// An export of which nobody takes anything for so long has ended.
const UNREAD_MAX: &str = "60s";

/// Which part of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// From its beginning.
    All,
    /// The log from this position on.
    From(Position),
    /// The same into a file that was cut off: without what a file begins with.
    Rest(Position),
}

/// Bytes of the file, in order, and what they hold.
#[derive(Debug)]
pub struct Piece {
    /// The next bytes of the file.
    pub bytes: Bytes,
    /// How many rows have been read since the piece before.
    pub rows: u64,
    /// The last position that has been read.
    pub position: Option<Position>,
}

/// An export under way. It has a connection of its own, which ends with it.
pub struct Export {
    pool: PgPool,
    source: Source,
    within: Duration,
    columns: Vec<Column>,
    encoder: Option<Encoder>,
    rows: Option<BoxStream<'static, Result<Bytes, sqlx::Error>>>,
    row: Row,
    /// What statements remain to be asked.
    ahead: Ahead,
    total: Option<u64>,
    read: u64,
    position: Option<Position>,
}

enum Ahead {
    View,
    Facts { next: Position, last: Position },
    Nothing,
}

impl Export {
    /// Begins to export `part` of `source` from the database that `pool` is connected to, with a connection beside it. The log is
    /// read up to where it ends now. No statement of it may last longer than `within`, time in which nobody asks for a piece
    /// included.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn open(
        pool: &PgPool,
        source: Source,
        format: Format,
        part: Part,
        within: Duration,
    ) -> Result<Self, ExportError> {
        let milliseconds = within.as_millis().to_string();
        let options = (*pool.connect_options())
            .clone()
            .application_name("tot export")
            .options([
                ("default_transaction_read_only", "on"),
                ("statement_timeout", milliseconds.as_str()),
                ("client_connection_check_interval", LOOK_EVERY),
                // Nothing else ends a statement whose answer is not read.
                ("tcp_user_timeout", UNREAD_MAX),
                // As an analyst's query: one core, and no more, is kept from those who book.
                ("max_parallel_workers_per_gather", "0"),
                ("jit", "off"),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(CONNECT_WITHIN)
            .connect_lazy_with(options);
        let columns = columns_of(&pool, source).await?;
        let (goes_on, from) = match part {
            Part::All => (false, None),
            Part::From(position) => (false, Some(position)),
            Part::Rest(position) => (true, Some(position)),
        };
        let ahead = ahead(&pool, source, from).await?;
        let total = match ahead {
            Ahead::Facts { next, last } => u64::try_from(last + 1 - next).ok(),
            Ahead::View | Ahead::Nothing => None,
        };
        Ok(Self {
            encoder: Some(Encoder::new(format, &columns, goes_on)?),
            pool,
            source,
            within,
            columns,
            rows: None,
            row: Row::default(),
            ahead,
            total,
            read: 0,
            position: None,
        })
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows there will be, where that is known: of the log.
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// The next piece; none after the last one.
    ///
    /// # Errors
    /// [`ExportError`]; the file is then incomplete and nothing more comes.
    pub async fn next(&mut self) -> Result<Option<Piece>, ExportError> {
        let Some(mut encoder) = self.encoder.take() else {
            return Ok(None);
        };
        while let Some(line) = self.line().await? {
            self.row.read(&line);
            encoder.push(&self.row)?;
            self.read += 1;
            if self.source.has_positions() {
                self.position = self.row.first_number();
            }
            if encoder.waiting() >= PIECE_BYTES {
                let bytes = encoder.take()?;
                self.encoder = Some(encoder);
                return Ok(Some(self.piece(bytes)));
            }
        }
        let bytes = encoder.finish()?;
        Ok(Some(self.piece(bytes)))
    }

    fn piece(&mut self, bytes: Vec<u8>) -> Piece {
        Piece {
            bytes: bytes.into(),
            rows: std::mem::take(&mut self.read),
            position: self.position,
        }
    }

    /// The next row as it comes: Postgres sends each in a message of its own.
    async fn line(&mut self) -> Result<Option<Bytes>, ExportError> {
        loop {
            if let Some(rows) = &mut self.rows {
                if let Some(line) = rows.try_next().await.map_err(|error| self.refused(error))? {
                    return Ok(Some(line));
                }
                self.rows = None;
            }
            let Some(statement) = self.next_statement() else {
                return Ok(None);
            };
            let rows = self.pool.copy_out_raw(&statement).await;
            self.rows = Some(rows.map_err(|error| self.refused(error))?);
        }
    }

    fn next_statement(&mut self) -> Option<String> {
        let columns: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.expression.as_str())
            .collect();
        let select = format!("select {} from {}", columns.join(", "), self.source.relation());
        let statement = match self.ahead {
            Ahead::Nothing => return None,
            Ahead::View => {
                self.ahead = Ahead::Nothing;
                select
            }
            Ahead::Facts { next, last } => {
                let until = last.min(next + PAGE_FACTS - 1);
                self.ahead = if until < last {
                    Ahead::Facts {
                        next: until + 1,
                        last,
                    }
                } else {
                    Ahead::Nothing
                };
                format!("{select} where position between {next} and {until} order by position")
            }
        };
        Some(format!("copy ({statement}) to stdout"))
    }

    fn refused(&self, error: sqlx::Error) -> ExportError {
        let cancelled = error
            .as_database_error()
            .and_then(|error| error.code())
            .is_some_and(|code| code == "57014");
        if cancelled {
            return ExportError::TooSlow {
                seconds: self.within.as_secs(),
            };
        }
        refused(self.source, error)
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        // A closed pool ends its connection with what is still on its way, where an open one would read it to the end.
        drop(self.pool.close());
    }
}

/// The position of the first fact that was recorded at `since` or later.
///
/// # Errors
/// When the database cannot be used.
pub async fn position_at(pool: &PgPool, since: Timestamp) -> Result<Position, sqlx::Error> {
    sqlx::query_scalar("select analytics.position_at($1::timestamptz)")
        .bind(since.to_string())
        .fetch_one(pool)
        .await
}

async fn ahead(pool: &PgPool, source: Source, from: Option<Position>) -> Result<Ahead, ExportError> {
    if !source.has_positions() {
        return match from {
            None => Ok(Ahead::View),
            Some(_) => Err(ExportError::NoPositions(source)),
        };
    }
    let last: Position = sqlx::query_scalar("select coalesce(max(position), 0) from public.events")
        .fetch_one(pool)
        .await
        .map_err(|error| refused(source, error))?;
    let next = from.unwrap_or(1).max(1);
    if next > last + 1 {
        return Err(ExportError::BeyondHead { head: last });
    }
    Ok(if next > last {
        Ahead::Nothing
    } else {
        Ahead::Facts { next, last }
    })
}
