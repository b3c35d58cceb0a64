//! JSON Lines: an object per row. Decimals are strings, since readers make binary floats of JSON's numbers.

use super::{cells, value};
use crate::column::{Column, Kind};
use crate::error::EncodeError;
use crate::row::Row;
use crate::value::{moment, rfc_3339, truth};

pub struct JsonLines {
    bytes: Vec<u8>,
    /// Each column's name with what stands before it and behind.
    keys: Vec<String>,
}

impl JsonLines {
    pub fn new(columns: &[Column]) -> Result<Self, EncodeError> {
        let key = |(index, column): (usize, &Column)| {
            let before = if index == 0 { "{" } else { "," };
            Ok(format!("{before}{}:", serde_json::to_string(&column.name)?))
        };
        let keys: Result<_, EncodeError> = columns.iter().enumerate().map(key).collect();
        Ok(Self {
            bytes: Vec::new(),
            keys: keys?,
        })
    }

    pub fn push(&mut self, columns: &[Column], row: &Row) -> Result<(), EncodeError> {
        for (cell, key) in cells(columns, row).zip(&self.keys) {
            let (column, text) = cell?;
            self.bytes.extend_from_slice(key.as_bytes());
            let Some(text) = text else {
                self.bytes.extend_from_slice(b"null");
                continue;
            };
            match column.kind {
                Kind::Bool => {
                    let truth = truth(text).ok_or_else(|| value(column))?;
                    self.bytes
                        .extend_from_slice(if truth { b"true" } else { b"false" });
                }
                Kind::Int32 | Kind::Int64 => self.bytes.extend_from_slice(text.as_bytes()),
                Kind::Timestamp => {
                    let moment = moment(text).ok_or_else(|| value(column))?;
                    serde_json::to_writer(&mut self.bytes, &rfc_3339(moment))?;
                }
                Kind::Decimal { .. } | Kind::Date | Kind::Text => {
                    serde_json::to_writer(&mut self.bytes, text)?
                }
            }
        }
        self.bytes.extend_from_slice(b"}\n");
        Ok(())
    }

    pub const fn waiting(&self) -> usize {
        self.bytes.len()
    }

    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}
