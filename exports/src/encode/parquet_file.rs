//! Parquet: rows are kept column by column until a row group is full, then written; the index of the groups comes last.

use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{cells, value};
use crate::column::{Column, Kind};
use crate::error::EncodeError;
use crate::row::Row;
use crate::value::{days, moment, truth, unscaled};

/// The most rows of a row group; a reader of one column reads so many at once.
const GROUP_ROWS_MAX: usize = 65_536;
/// The most bytes that wait for a row group to be full: what bounds memory where rows are long.
const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What a text costs beside its bytes.
const TEXT_BYTES: usize = 64;
/// The most digits that fit 64 bits; longer decimals take 16 bytes.
const SHORT_DECIMAL_DIGITS: u8 = 18;
const LONG_DECIMAL_BYTES: i32 = 16;

pub struct ParquetFile {
    writer: SerializedFileWriter<Shared>,
    bytes: Shared,
    columns: Vec<Waiting>,
    rows: usize,
    waiting_bytes: usize,
}

/// A column's values of the row group that fills, and for every row whether it has one.
struct Waiting {
    values: Values,
    present: Vec<i16>,
}

enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Days(Vec<i32>),
    Int64(Vec<i64>),
    Microseconds(Vec<i64>),
    Short(u8, Vec<i64>),
    Long(u8, Vec<FixedLenByteArray>),
    Text(Vec<ByteArray>),
}

impl ParquetFile {
    pub fn new(columns: &[Column]) -> Result<Self, EncodeError> {
        let fields: Result<Vec<TypePtr>, ParquetError> =
            columns.iter().map(|column| field(column).map(Arc::new)).collect();
        let schema = Type::group_type_builder("export").with_fields(fields?).build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("tot".to_owned())
            .build();
        let bytes = Shared::default();
        Ok(Self {
            writer: SerializedFileWriter::new(bytes.clone(), Arc::new(schema), Arc::new(properties))?,
            bytes,
            columns: columns.iter().map(|column| Waiting::of(column.kind)).collect(),
            rows: 0,
            waiting_bytes: 0,
        })
    }

    pub fn push(&mut self, columns: &[Column], row: &Row) -> Result<(), EncodeError> {
        for (cell, waiting) in cells(columns, row).zip(&mut self.columns) {
            let (column, text) = cell?;
            waiting.present.push(i16::from(text.is_some()));
            if let Some(text) = text {
                let taken = waiting.values.push(text);
                self.waiting_bytes += taken.ok_or_else(|| value(column))?;
            }
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS_MAX || self.waiting_bytes >= GROUP_BYTES_MAX {
            self.end_group()?;
        }
        Ok(())
    }

    pub fn waiting(&self) -> usize {
        self.bytes.len()
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.bytes.take()
    }

    pub fn finish(mut self) -> Result<Vec<u8>, EncodeError> {
        if self.rows > 0 {
            self.end_group()?;
        }
        self.writer.close()?;
        Ok(self.bytes.take())
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for waiting in &mut self.columns {
            let present = take(&mut waiting.present);
            match &mut waiting.values {
                Values::Bool(values) => column::<BoolType>(&mut group, &take(values), &present)?,
                Values::Int32(values) | Values::Days(values) => {
                    column::<Int32Type>(&mut group, &take(values), &present)?;
                }
                Values::Int64(values) | Values::Microseconds(values) | Values::Short(_, values) => {
                    column::<Int64Type>(&mut group, &take(values), &present)?;
                }
                Values::Long(_, values) => {
                    column::<FixedLenByteArrayType>(&mut group, &take(values), &present)?
                }
                Values::Text(values) => column::<ByteArrayType>(&mut group, &take(values), &present)?,
            }
        }
        group.close()?;
        (self.rows, self.waiting_bytes) = (0, 0);
        Ok(())
    }
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Shared>,
    values: &[T::T],
    present: &[i16],
) -> Result<(), ParquetError> {
    let mut column = group
        .next_column()?
        .ok_or_else(|| ParquetError::General("more columns than the schema has".to_owned()))?;
    column.typed::<T>().write_batch(values, Some(present), None)?;
    column.close()
}

impl Waiting {
    const fn of(kind: Kind) -> Self {
        let values = match kind {
            Kind::Bool => Values::Bool(Vec::new()),
            Kind::Int32 => Values::Int32(Vec::new()),
            Kind::Date => Values::Days(Vec::new()),
            Kind::Int64 => Values::Int64(Vec::new()),
            Kind::Timestamp => Values::Microseconds(Vec::new()),
            Kind::Decimal { precision, scale } if precision <= SHORT_DECIMAL_DIGITS => {
                Values::Short(scale, Vec::new())
            }
            Kind::Decimal { scale, .. } => Values::Long(scale, Vec::new()),
            Kind::Text => Values::Text(Vec::new()),
        };
        Self {
            values,
            present: Vec::new(),
        }
    }
}

impl Values {
    /// Keeps a value; answers the bytes it takes, or nothing if it cannot be said.
    fn push(&mut self, text: &str) -> Option<usize> {
        match self {
            Self::Bool(values) => values.push(truth(text)?),
            Self::Int32(values) => values.push(text.parse().ok()?),
            Self::Days(values) => values.push(days(text)?),
            Self::Int64(values) => values.push(text.parse().ok()?),
            Self::Microseconds(values) => values.push(moment(text)?.as_microsecond()),
            Self::Short(scale, values) => values.push(i64::try_from(unscaled(text, *scale)?).ok()?),
            Self::Long(scale, values) => {
                let bytes = unscaled(text, *scale)?.to_be_bytes().to_vec();
                values.push(FixedLenByteArray::from(bytes));
                return Some(TEXT_BYTES);
            }
            Self::Text(values) => {
                values.push(ByteArray::from(text.as_bytes().to_vec()));
                return Some(TEXT_BYTES + text.len());
            }
        }
        Some(size_of::<i64>())
    }
}

/// Every column may be null: the catalogue does not tell of a view which cannot.
fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical, length) = match column.kind {
        Kind::Bool => (Physical::BOOLEAN, None, None),
        Kind::Int32 => (Physical::INT32, None, None),
        Kind::Int64 => (Physical::INT64, None, None),
        Kind::Date => (Physical::INT32, Some(LogicalType::Date), None),
        Kind::Timestamp => {
            let utc = LogicalType::timestamp(true, TimeUnit::MICROS);
            (Physical::INT64, Some(utc), None)
        }
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), None),
        Kind::Decimal { precision, scale } => {
            let decimal = LogicalType::decimal(scale.into(), precision.into());
            if precision <= SHORT_DECIMAL_DIGITS {
                (Physical::INT64, Some(decimal), None)
            } else {
                (
                    Physical::FIXED_LEN_BYTE_ARRAY,
                    Some(decimal),
                    Some(LONG_DECIMAL_BYTES),
                )
            }
        }
    };
    let mut builder = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_converted_type(ConvertedType::NONE)
        .with_logical_type(logical);
    if let Some(length) = length {
        builder = builder.with_length(length);
    }
    if let Kind::Decimal { precision, scale } = column.kind {
        builder = builder.with_precision(precision.into()).with_scale(scale.into());
    }
    builder.build()
}

/// What the writer has written and nobody has taken.
#[derive(Clone, Debug, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn len(&self) -> usize {
        self.with(|bytes| bytes.len())
    }

    fn take(&self) -> Vec<u8> {
        self.with(take)
    }
}

impl Write for Shared {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        self.with(|bytes| bytes.extend_from_slice(written));
        Ok(written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
