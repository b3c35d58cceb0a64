//! New rows in bulk: Postgres' binary COPY format, which costs a third of the same rows as an insert.
//!
//! Format: <https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-BINARY>

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: &[u8] = &(-1_i16).to_be_bytes();
/// 2000-01-01T00:00:00Z, from which Postgres counts, in microseconds after the Unix epoch.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Sent at once; more only costs memory.
const CHUNK_BYTES: usize = 256 * 1024;

/// Rows to be copied into one table, every row with the same fields in the same order.
pub(crate) struct CopyRows {
    buffer: Vec<u8>,
    fields: i16,
    rows: u64,
}

impl CopyRows {
    /// No rows yet, of `fields` fields each.
    pub(crate) fn new(fields: i16) -> Self {
        Self {
            buffer: HEADER.to_vec(),
            fields,
            rows: 0,
        }
    }

    /// Begins the next row; exactly `fields` values must follow.
    pub(crate) fn row(&mut self) -> &mut Self {
        self.rows += 1;
        self.buffer.extend_from_slice(&self.fields.to_be_bytes());
        self
    }

    fn value(&mut self, bytes: &[u8]) -> &mut Self {
        // A value is far below 2 GiB: payloads are bounded where they enter.
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.buffer.extend_from_slice(&length.to_be_bytes());
        self.buffer.extend_from_slice(bytes);
        self
    }

    fn null(&mut self) -> &mut Self {
        self.buffer.extend_from_slice(&(-1_i32).to_be_bytes());
        self
    }

    pub(crate) fn uuid(&mut self, uuid: Option<Uuid>) -> &mut Self {
        match uuid {
            Some(uuid) => self.value(uuid.as_bytes()),
            None => self.null(),
        }
    }

    pub(crate) fn text(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.value(text.as_bytes()),
            None => self.null(),
        }
    }

    /// A value of type jsonb, as JSON text.
    pub(crate) fn jsonb(&mut self, json: Option<&str>) -> &mut Self {
        match json {
            Some(json) => {
                let length = i32::try_from(json.len() + 1).unwrap_or(i32::MAX);
                self.buffer.extend_from_slice(&length.to_be_bytes());
                self.buffer.push(1); // the version of the wire format of jsonb
                self.buffer.extend_from_slice(json.as_bytes());
                self
            }
            None => self.null(),
        }
    }

    pub(crate) fn big(&mut self, number: Option<i64>) -> &mut Self {
        match number {
            Some(number) => self.value(&number.to_be_bytes()),
            None => self.null(),
        }
    }

    pub(crate) fn int(&mut self, number: i32) -> &mut Self {
        self.value(&number.to_be_bytes())
    }

    pub(crate) fn small(&mut self, number: i16) -> &mut Self {
        self.value(&number.to_be_bytes())
    }

    pub(crate) fn flag(&mut self, flag: bool) -> &mut Self {
        self.value(&[u8::from(flag)])
    }

    pub(crate) fn time(&mut self, at: Option<Timestamp>) -> &mut Self {
        match at {
            Some(at) => self.value(&(at.as_microsecond() - POSTGRES_EPOCH_MICROS).to_be_bytes()),
            None => self.null(),
        }
    }

    /// Copies the rows into `target`: a table with its list of columns. Nothing is sent when there are none.
    pub(crate) async fn send(mut self, tx: &mut PgConnection, target: &str) -> Result<(), sqlx::Error> {
        if self.rows == 0 {
            return Ok(());
        }
        self.buffer.extend_from_slice(TRAILER);
        let mut copy = tx
            .copy_in_raw(&format!("copy {target} from stdin (format binary)"))
            .await?;
        for chunk in self.buffer.chunks(CHUNK_BYTES) {
            copy.send(chunk).await?;
        }
        copy.finish().await?;
        Ok(())
    }
}
