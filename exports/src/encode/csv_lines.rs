//! CSV: a header, then a line per row.

use csv::{ByteRecord, Writer, WriterBuilder};

use super::{cells, value};
use crate::column::{Column, Kind};
use crate::error::EncodeError;
use crate::row::Row;
use crate::value::{moment, rfc_3339, truth};

pub struct CsvLines {
    writer: Writer<Vec<u8>>,
    record: ByteRecord,
    waiting: usize,
}

impl CsvLines {
    pub fn new(columns: &[Column], goes_on: bool) -> Result<Self, EncodeError> {
        let mut lines = Self {
            writer: writer(),
            record: ByteRecord::new(),
            waiting: 0,
        };
        if !goes_on {
            lines
                .writer
                .write_record(columns.iter().map(|column| &column.name))?;
        }
        Ok(lines)
    }

    pub fn push(&mut self, columns: &[Column], row: &Row) -> Result<(), EncodeError> {
        self.record.clear();
        for cell in cells(columns, row) {
            let (column, text) = cell?;
            let Some(text) = text else {
                self.record.push_field(b"");
                continue;
            };
            match column.kind {
                Kind::Bool => {
                    let truth = truth(text).ok_or_else(|| value(column))?;
                    self.record.push_field(if truth { b"true" } else { b"false" });
                }
                Kind::Timestamp => {
                    let moment = moment(text).ok_or_else(|| value(column))?;
                    self.record.push_field(rfc_3339(moment).as_bytes());
                }
                // As Postgres writes them: exact, and ISO 8601.
                Kind::Int32 | Kind::Int64 | Kind::Decimal { .. } | Kind::Date => {
                    self.record.push_field(text.as_bytes());
                }
                Kind::Text if is_formula(text) => self.record.push_field(format!("'{text}").as_bytes()),
                Kind::Text => self.record.push_field(text.as_bytes()),
            }
        }
        self.waiting += self.record.as_slice().len() + self.record.len();
        Ok(self.writer.write_byte_record(&self.record)?)
    }

    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    pub fn take(&mut self) -> Result<Vec<u8>, EncodeError> {
        self.waiting = 0;
        let full = std::mem::replace(&mut self.writer, writer());
        full.into_inner()
            .map_err(|error| csv::Error::from(error.into_error()).into())
    }
}

/// Whether a spreadsheet would calculate it. No word, id or document of ours begins so; a title that somebody typed may.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().from_writer(Vec::new())
}
