//! Where an export of the log that was cut off can be gone on with.

use std::io::{BufRead, BufReader, Read};

use serde_json::{Map, Value};

use crate::column::Column;
use crate::export::Position;
use crate::format::Format;

/// The column that every fact has first.
const POSITION: &str = "position";

/// A file that ends in the midst of things. Its last whole record is read again, with what began behind it: only of the same log they
/// come out the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutOff {
    /// How many bytes stay: all records before the last whole one.
    pub kept_bytes: u64,
    /// The position of the last whole fact, which is read again.
    pub position: Position,
    /// The bytes behind what stays: the last whole fact, and what there is of the next one.
    pub reread: Vec<u8>,
    names: Vec<String>,
}

/// Why a file cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum CutOffError {
    /// Its end holds what is needed to read it.
    #[error(
        "a Parquet file that was cut off cannot be gone on with: what tells its parts apart stands at its end"
    )]
    Parquet,
    /// It was cut off too early.
    #[error("it holds no whole fact, so nothing would be saved")]
    TooShort,
    /// It is something else.
    #[error("it is no export of the log in this format")]
    NotAnExport,
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
}

impl CutOff {
    /// Finds where `file`, which was written in `format`, can be gone on with. Reads all of it, in constant memory.
    ///
    /// # Errors
    /// [`CutOffError`].
    pub fn find(format: Format, file: impl Read) -> Result<Self, CutOffError> {
        if !format.can_go_on() {
            return Err(CutOffError::Parquet);
        }
        let records = Records::read(format, file)?;
        let names = records.first.as_deref().and_then(|first| names_of(format, first));
        let names = names.ok_or(CutOffError::NotAnExport)?;
        let position = position_of(&records.last).ok_or(CutOffError::TooShort)?;
        let reread = [records.last, records.current].concat();
        let reread_bytes = u64::try_from(reread.len()).unwrap_or(u64::MAX);
        Ok(Self {
            kept_bytes: records.read_bytes.saturating_sub(reread_bytes),
            position,
            reread,
            names,
        })
    }

    /// Whether the file has exactly these columns.
    pub fn has(&self, columns: &[Column]) -> bool {
        let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        names.sort_unstable();
        self.names == names
    }
}

/// The records of a file as they end, of which the first and the last two are kept.
#[derive(Default)]
struct Records {
    first: Option<Vec<u8>>,
    /// The last that has ended.
    last: Vec<u8>,
    /// Has not ended yet.
    current: Vec<u8>,
    read_bytes: u64,
}

impl Records {
    /// Reads all of `file`. A record ends with its line, in CSV unless the line's end stands in quotes: a quote within quotes
    /// is written twice, so that it changes nothing here.
    fn read(format: Format, file: impl Read) -> Result<Self, std::io::Error> {
        let mut file = BufReader::new(file);
        let mut records = Self::default();
        let mut in_quotes = false;
        loop {
            let bytes = file.fill_buf()?;
            let count = bytes.len();
            if count == 0 {
                return Ok(records);
            }
            for byte in bytes {
                records.current.push(*byte);
                match byte {
                    b'"' if format == Format::Csv => in_quotes = !in_quotes,
                    b'\n' if !in_quotes => records.end(),
                    _ => {}
                }
            }
            records.read_bytes += u64::try_from(count).unwrap_or(u64::MAX);
            file.consume(count);
        }
    }

    fn end(&mut self) {
        if self.first.is_none() {
            self.first = Some(self.current.clone());
        }
        std::mem::swap(&mut self.last, &mut self.current);
        self.current.clear();
    }
}

/// The columns' names of a file, in order of the alphabet.
fn names_of(format: Format, first: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(first).ok()?.trim_end();
    let mut names: Vec<String> = match format {
        Format::Csv => text.split(',').map(str::to_owned).collect(),
        Format::JsonLines => {
            let object: Map<String, Value> = serde_json::from_str(text).ok()?;
            object.into_iter().map(|(name, _)| name).collect()
        }
        Format::Parquet => return None,
    };
    names.sort_unstable();
    names.iter().any(|name| name == POSITION).then_some(names)
}

/// A record's first value.
fn position_of(record: &[u8]) -> Option<Position> {
    let start = record.iter().position(u8::is_ascii_digit)?;
    let digits = record.get(start..)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(digits.get(..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "position,payload\n41,\"{\"\"a\"\":1}\"\n42,\"{\"\"line\"\":\n7}\"\n43,\"{}\"\n";
    const JSON: &str = "{\"position\":41,\"payload\":\"{}\"}\n{\"position\":42,\"payload\":\"{}\"}\n";

    /// The last whole fact, and what is read again.
    fn found(format: Format, text: &str) -> Result<(Position, String), CutOffError> {
        let cut_off = CutOff::find(format, text.as_bytes())?;
        let kept = usize::try_from(cut_off.kept_bytes).unwrap();
        assert_eq!(
            [&text.as_bytes()[..kept], &cut_off.reread].concat(),
            text.as_bytes()
        );
        Ok((cut_off.position, String::from_utf8(cut_off.reread).unwrap()))
    }

    #[test]
    fn wherever_it_is_cut_the_last_whole_fact_is_read_again_with_what_follows() {
        let starts = ["41", "42", "43"].map(|position| CSV.find(position).unwrap());
        for end in starts[0]..=CSV.len() {
            let answer = found(Format::Csv, &CSV[..end]);
            // A fact is whole with its line's end.
            let (position, start) = match end {
                end if end < starts[1] => {
                    assert!(matches!(answer, Err(CutOffError::TooShort)), "{end}: {answer:?}");
                    continue;
                }
                end if end < starts[2] => (41, starts[0]),
                end if end < CSV.len() => (42, starts[1]),
                _ => (43, starts[2]),
            };
            assert_eq!(answer.unwrap(), (position, CSV[start..end].to_owned()), "{end}");
        }
        assert_eq!(found(Format::JsonLines, JSON).unwrap().0, 42);
        let cut = &JSON[..JSON.len() - 3];
        assert_eq!(found(Format::JsonLines, cut).unwrap(), (41, cut.to_owned()));
    }

    #[test]
    fn what_is_no_export_of_the_log_is_refused() {
        for text in ["", "booking_id,status\n1,paid\n2,paid\n", "hello\nworld\n"] {
            let refused = found(Format::Csv, text);
            assert!(
                matches!(refused, Err(CutOffError::NotAnExport)),
                "{text}: {refused:?}"
            );
        }
        assert!(matches!(
            found(Format::JsonLines, CSV),
            Err(CutOffError::NotAnExport)
        ));
        assert!(matches!(
            found(Format::Parquet, "PAR1"),
            Err(CutOffError::Parquet)
        ));
    }

    #[test]
    fn other_columns_are_noticed() {
        let columns = ["payload", "position"].map(|name| Column::new(name, crate::column::Kind::Text));
        let cut_off = CutOff::find(Format::Csv, CSV.as_bytes()).unwrap();
        assert!(cut_off.has(&columns));
        assert!(!cut_off.has(&columns[..1]));
    }
}
