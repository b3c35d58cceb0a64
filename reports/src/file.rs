//! An answer as JSON and as CSV, by the rules that exports have.

use exports::column::Kind as FileKind;
use exports::{Encoder, Format, Row};
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::column::{Column, Kind};
use crate::error::ReportError;

/// Digits that a decimal of a file may have.
const PRECISION: u8 = 38;

impl Answer {
    /// The rows as objects: whole numbers are numbers, decimals and all else strings, as everywhere in the API.
    ///
    /// # Errors
    /// [`ReportError::Value`].
    pub fn objects(&self) -> Result<Vec<Map<String, Value>>, ReportError> {
        self.rows
            .iter()
            .map(|row| {
                let named = self.columns.iter().zip(row);
                named
                    .map(|(column, cell)| Ok((column.name.to_owned(), value(*column, cell.as_deref())?)))
                    .collect()
            })
            .collect()
    }

    /// The rows as CSV with a header.
    ///
    /// # Errors
    /// [`ReportError::Encode`].
    pub fn csv(&self) -> Result<Vec<u8>, ReportError> {
        let columns: Vec<exports::column::Column> = self
            .columns
            .iter()
            .map(|column| exports::column::Column::new(column.name, file_kind(column.kind)))
            .collect();
        let mut encoder = Encoder::new(Format::Csv, &columns, false)?;
        let mut line = Row::default();
        for row in &self.rows {
            line.fill(row.iter().map(Option::as_deref));
            encoder.push(&line)?;
        }
        Ok(encoder.finish()?)
    }
}

fn value(column: Column, cell: Option<&str>) -> Result<Value, ReportError> {
    let Some(text) = cell else {
        return Ok(Value::Null);
    };
    match column.kind {
        Kind::Integer | Kind::Seconds => {
            let number: i64 = text.parse().map_err(|_| ReportError::Value(column.name))?;
            Ok(number.into())
        }
        Kind::Text | Kind::Id | Kind::Money | Kind::Percent | Kind::Degrees | Kind::Date | Kind::Month => {
            Ok(text.into())
        }
    }
}

fn file_kind(kind: Kind) -> FileKind {
    let decimal = |scale| FileKind::Decimal {
        precision: PRECISION,
        scale,
    };
    match kind {
        Kind::Integer | Kind::Seconds => FileKind::Int64,
        Kind::Money | Kind::Degrees => decimal(2),
        Kind::Percent => decimal(1),
        Kind::Date => FileKind::Date,
        Kind::Text | Kind::Id | Kind::Month => FileKind::Text,
    }
}
