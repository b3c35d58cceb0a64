//! Rows as Postgres sends them for `copy … to stdout (format binary)`: a third of the cost of a query's rows.
//!
//! Format: <https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-BINARY>

use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::BoxStream;
use sqlx::PgConnection;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Behind the signature: flags, and the length of an extension that no server sends.
const HEADER_REST: usize = 8;
/// What stands for the number of fields behind the last row.
const END: i16 = -1;

/// One row of `N` fields; a field that is null has no range.
#[derive(Clone, Debug)]
pub struct Tuple<const N: usize> {
    bytes: Bytes,
    fields: [Option<Range<u32>>; N],
}

impl<const N: usize> Tuple<N> {
    /// The bytes of a field; none when it is null.
    pub fn field(&self, number: usize) -> Option<&[u8]> {
        let range = self.fields.get(number)?.as_ref()?;
        self.bytes.get(range.start as usize..range.end as usize)
    }
}

/// The rows of one statement, in its order.
pub struct CopyOut<'c, const N: usize> {
    stream: BoxStream<'c, sqlx::Result<Bytes>>,
    buffer: Bytes,
    begun: bool,
}

impl<'c, const N: usize> CopyOut<'c, N> {
    /// Asks for the rows of `query`, which must have `N` columns.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn of(connection: &'c mut PgConnection, query: &str) -> sqlx::Result<Self> {
        let statement = format!("copy ({query}) to stdout (format binary)");
        let stream = connection.copy_out_raw(&statement).await?;
        Ok(Self {
            stream,
            buffer: Bytes::new(),
            begun: false,
        })
    }

    /// The next row; none behind the last. It must be read to its end, or the connection has rows left over.
    ///
    /// # Errors
    /// What Postgres answers, or that this is not the format.
    pub async fn next(&mut self) -> sqlx::Result<Option<Tuple<N>>> {
        loop {
            if !self.begun && self.buffer.len() >= SIGNATURE.len() + HEADER_REST {
                if !self.buffer.starts_with(SIGNATURE) {
                    return Err(malformed("no signature"));
                }
                self.buffer.advance(SIGNATURE.len() + HEADER_REST);
                self.begun = true;
            }
            if self.begun
                && let Some(parsed) = parse(&mut self.buffer)?
            {
                return match parsed {
                    Parsed::Row(tuple) => Ok(Some(tuple)),
                    Parsed::End => self.finish().await,
                };
            }
            let Some(chunk) = self.stream.next().await.transpose()? else {
                return Err(malformed("no end"));
            };
            self.take(chunk);
        }
    }

    fn take(&mut self, chunk: Bytes) {
        if self.buffer.is_empty() {
            self.buffer = chunk; // The rule: the server sends row by row.
        } else {
            let mut joined = BytesMut::from(self.buffer.as_ref());
            joined.extend_from_slice(&chunk);
            self.buffer = joined.freeze();
        }
    }

    async fn finish(&mut self) -> sqlx::Result<Option<Tuple<N>>> {
        while let Some(chunk) = self.stream.next().await {
            drop(chunk?);
        }
        Ok(None)
    }
}

enum Parsed<const N: usize> {
    Row(Tuple<N>),
    End,
}

/// Takes one row off the front, if all of it is there.
fn parse<const N: usize>(buffer: &mut Bytes) -> sqlx::Result<Option<Parsed<N>>> {
    let Some(count) = number(buffer, 0).map(i16::from_be_bytes) else {
        return Ok(None);
    };
    if count == END {
        return Ok(Some(Parsed::End));
    }
    if usize::try_from(count) != Ok(N) {
        return Err(malformed("another number of fields"));
    }
    let mut at = size_of::<i16>();
    let mut fields = [const { None }; N];
    for field in &mut fields {
        let Some(length) = number(buffer, at).map(i32::from_be_bytes) else {
            return Ok(None);
        };
        at += size_of::<i32>();
        let Ok(length) = usize::try_from(length) else {
            continue; // Null.
        };
        if buffer.len() < at + length {
            return Ok(None);
        }
        let bound = |place: usize| u32::try_from(place).map_err(|_| malformed("too long a row"));
        *field = Some(bound(at)?..bound(at + length)?);
        at += length;
    }
    let bytes = buffer.split_to(at);
    Ok(Some(Parsed::Row(Tuple { bytes, fields })))
}

fn number<const BYTES: usize>(buffer: &Bytes, at: usize) -> Option<[u8; BYTES]> {
    buffer.get(at..at + BYTES)?.try_into().ok()
}

fn malformed(what: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("binary COPY: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Vec<u8> {
        let mut bytes = 2_i16.to_be_bytes().to_vec();
        bytes.extend((-1_i32).to_be_bytes());
        bytes.extend(3_i32.to_be_bytes());
        bytes.extend(b"abc");
        bytes
    }

    #[test]
    fn a_row_is_taken_once_all_of_it_is_there() {
        let whole = row();
        for length in 0..whole.len() {
            let mut part = Bytes::copy_from_slice(&whole[..length]);
            assert!(parse::<2>(&mut part).unwrap().is_none(), "{length} bytes");
            assert_eq!(part.len(), length);
        }
        let mut buffer = Bytes::from([whole.clone(), END.to_be_bytes().to_vec()].concat());
        let Some(Parsed::Row(tuple)) = parse::<2>(&mut buffer).unwrap() else {
            panic!("a row");
        };
        assert_eq!((tuple.field(0), tuple.field(1)), (None, Some(&b"abc"[..])));
        assert!(matches!(parse::<2>(&mut buffer), Ok(Some(Parsed::End))));
        assert!(parse::<3>(&mut Bytes::from(whole)).is_err());
    }
}
