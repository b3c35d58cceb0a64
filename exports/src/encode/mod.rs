//! Rows as bytes of a format, handed over as they come.

mod csv_lines;
mod json_lines;
mod parquet_file;

use crate::column::Column;
use crate::error::EncodeError;
use crate::format::Format;
use crate::row::Row;

use csv_lines::CsvLines;
use json_lines::JsonLines;
use parquet_file::ParquetFile;

/// Writes rows of these columns in one format. What has been written is taken with [`Encoder::take`], what remains with
/// [`Encoder::finish`]; between them it holds a piece of the file and never the whole.
pub struct Encoder {
    columns: Vec<Column>,
    writer: Writer,
}

enum Writer {
    Csv(Box<CsvLines>),
    JsonLines(JsonLines),
    Parquet(Box<ParquetFile>),
}

impl Encoder {
    /// A writer of `format`. `goes_on` leaves out what a file begins with, to write on where one was cut off.
    pub fn new(format: Format, columns: &[Column], goes_on: bool) -> Result<Self, EncodeError> {
        let writer = match format {
            Format::Csv => Writer::Csv(Box::new(CsvLines::new(columns, goes_on)?)),
            Format::JsonLines => Writer::JsonLines(JsonLines::new(columns)?),
            Format::Parquet => Writer::Parquet(Box::new(ParquetFile::new(columns)?)),
        };
        Ok(Self {
            columns: columns.to_vec(),
            writer,
        })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// When it has other columns, or a value that cannot be said.
    pub fn push(&mut self, row: &Row) -> Result<(), EncodeError> {
        if row.len() != self.columns.len() {
            return Err(EncodeError::Shape {
                found: row.len(),
                wanted: self.columns.len(),
            });
        }
        match &mut self.writer {
            Writer::Csv(lines) => lines.push(&self.columns, row),
            Writer::JsonLines(lines) => lines.push(&self.columns, row),
            Writer::Parquet(file) => file.push(&self.columns, row),
        }
    }

    /// How many bytes wait to be taken, about.
    pub fn waiting(&self) -> usize {
        match &self.writer {
            Writer::Csv(lines) => lines.waiting(),
            Writer::JsonLines(lines) => lines.waiting(),
            Writer::Parquet(file) => file.waiting(),
        }
    }

    /// The bytes written since the last time.
    pub fn take(&mut self) -> Result<Vec<u8>, EncodeError> {
        match &mut self.writer {
            Writer::Csv(lines) => lines.take(),
            Writer::JsonLines(lines) => Ok(lines.take()),
            Writer::Parquet(file) => Ok(file.take()),
        }
    }

    /// The bytes that remain, and the end of the file.
    pub fn finish(self) -> Result<Vec<u8>, EncodeError> {
        match self.writer {
            Writer::Csv(mut lines) => lines.take(),
            Writer::JsonLines(mut lines) => Ok(lines.take()),
            Writer::Parquet(file) => file.finish(),
        }
    }
}

/// The text of every cell with its column; text that is none is a value that cannot be said.
fn cells<'a>(
    columns: &'a [Column],
    row: &'a Row,
) -> impl Iterator<Item = Result<(&'a Column, Option<&'a str>), EncodeError>> {
    columns.iter().zip(row.cells()).map(|(column, cell)| {
        let text = cell.transpose().map_err(|_| value(column))?;
        Ok((column, text))
    })
}

fn value(column: &Column) -> EncodeError {
    EncodeError::Value(column.name.clone())
}

#[cfg(test)]
mod tests;
