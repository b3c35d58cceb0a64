//! Columns and the meanings that every reader of our formats shares.

use sqlx::{PgPool, Row as _};

use crate::error::ExportError;
use crate::source::{EVENT_COLUMNS, Source};

/// The types of Postgres that have a meaning here.
pub const KNOWN_TYPES: &str =
    "bool, smallint, int, bigint, numeric(p,s), date, timestamptz, interval, uuid, text, json, jsonb";

/// The widest decimals that the readers have.
const PRECISION_MAX: u8 = 38;
/// An interval as decimal seconds.
const SECONDS: Kind = Kind::Decimal {
    precision: 20,
    scale: 6,
};

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// Fits 32 bits.
    Int32,
    /// Fits 64 bits.
    Int64,
    /// An exact decimal.
    Decimal {
        /// Digits in all, at most 38.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// A day of the calendar.
    Date,
    /// A moment, in microseconds.
    Timestamp,
    /// Text; ids and JSON documents too.
    Text,
}

/// A column of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// What is selected.
    pub(crate) expression: String,
}

impl Column {
    /// A column that is selected by its name.
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            expression: quoted(name),
        }
    }

    /// The column `stored` of a table as `name`, by its type in the catalogue.
    fn of(stored: &str, name: &str, type_name: &str, modifier: i32) -> Result<Self, ExportError> {
        if type_name == "interval" {
            return Ok(Self {
                name: format!("{name}_seconds"),
                kind: SECONDS,
                expression: format!("extract(epoch from {})::numeric(20,6)", quoted(stored)),
            });
        }
        let kind = Kind::of(type_name, modifier).ok_or_else(|| ExportError::UnknownType {
            column: name.to_owned(),
            found: type_name.to_owned(),
        })?;
        Ok(Self {
            name: name.to_owned(),
            kind,
            expression: quoted(stored),
        })
    }
}

impl Kind {
    fn of(type_name: &str, modifier: i32) -> Option<Self> {
        match type_name {
            "bool" => Some(Self::Bool),
            "int2" | "int4" => Some(Self::Int32),
            "int8" => Some(Self::Int64),
            "numeric" => Self::decimal(modifier),
            "date" => Some(Self::Date),
            "timestamptz" => Some(Self::Timestamp),
            "uuid" | "text" | "varchar" | "json" | "jsonb" => Some(Self::Text),
            _ => None,
        }
    }

    /// Of `numeric(p,s)`, as Postgres keeps it: 4 bytes more than the precision in the upper half, the scale in the lower
    /// eleven bits. Without both there is no exact type that readers share.
    fn decimal(modifier: i32) -> Option<Self> {
        let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
        let precision = u8::try_from(packed >> 16).ok()?;
        let scale = u8::try_from(packed & 0x7ff).ok()?;
        (precision <= PRECISION_MAX && scale <= precision).then_some(Self::Decimal { precision, scale })
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The columns of `source` as this database has them, if this login may read them.
pub(crate) async fn columns_of(pool: &PgPool, source: Source) -> Result<Vec<Column>, ExportError> {
    let rows = sqlx::query(
        "select a.attname::text, t.typname::text, a.atttypmod, has_table_privilege(a.attrelid, 'select')
         from pg_attribute a join pg_type t on t.oid = a.atttypid
         where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
         order by a.attnum",
    )
    .bind(source.relation())
    .fetch_all(pool)
    .await
    .map_err(|error| refused(source, error))?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        if !row.try_get(3).map_err(ExportError::Database)? {
            return Err(ExportError::NotAllowed(source));
        }
        let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        let one: (String, String, i32) = read().map_err(ExportError::Database)?;
        found.push(one);
    }
    if found.is_empty() {
        return Err(ExportError::Absent(source));
    }
    if !source.has_positions() {
        return found
            .iter()
            .map(|(name, type_name, modifier)| Column::of(name, name, type_name, *modifier))
            .collect();
    }
    EVENT_COLUMNS
        .into_iter()
        .map(|(stored, name)| {
            let one = found.iter().find(|(found, ..)| found == stored);
            let (_, type_name, modifier) = one.ok_or(ExportError::Absent(source))?;
            Column::of(stored, name, type_name, *modifier)
        })
        .collect()
}

/// What the database's refusal means.
pub(crate) fn refused(source: Source, error: sqlx::Error) -> ExportError {
    let code = error
        .as_database_error()
        .and_then(|error| error.code().map(|code| code.into_owned()));
    match code.as_deref() {
        Some("42501") => ExportError::NotAllowed(source),
        Some("42P01" | "3F000") => ExportError::Absent(source),
        Some(_) | None => ExportError::Database(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_precision_and_scale_and_endless_ones_are_refused() {
        let modifier = |precision: i32, scale: i32| ((precision << 16) | scale) + 4;
        let kind = |precision, scale| Kind::of("numeric", modifier(precision, scale));
        assert_eq!(
            kind(14, 2),
            Some(Kind::Decimal {
                precision: 14,
                scale: 2
            })
        );
        assert_eq!(
            kind(38, 38),
            Some(Kind::Decimal {
                precision: 38,
                scale: 38
            })
        );
        assert_eq!(kind(39, 2), None, "no reader has more than 38 digits");
        assert_eq!(kind(2, 2047), None, "numeric(2,-1)");
        assert_eq!(Kind::of("numeric", -1), None, "numeric");
    }

    #[test]
    fn an_unknown_type_is_refused_with_its_name_and_the_choices() {
        for unknown in ["float8", "timestamp", "money", "_text", "bytea"] {
            let error = Column::of("weight", "weight", unknown, -1)
                .unwrap_err()
                .to_string();
            assert!(error.contains("weight") && error.contains(unknown), "{error}");
            assert!(error.contains("timestamptz"), "{error}");
        }
    }

    #[test]
    fn an_interval_becomes_seconds_and_says_so() {
        let column = Column::of("rest", "rest", "interval", -1).unwrap();
        assert_eq!((column.name.as_str(), column.kind), ("rest_seconds", SECONDS));
    }
}
