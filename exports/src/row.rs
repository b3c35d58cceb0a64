//! One row: as `COPY … TO STDOUT` sends it in its text form (cells apart by tabs, `\N` for null, backslashes before what would
//! be mistaken), or of cells that are known.

use std::ops::Range;
use std::str::from_utf8;

/// One row, whose memory is used again for the next one.
#[derive(Debug, Default)]
pub struct Row {
    bytes: Vec<u8>,
    cells: Vec<Option<Range<usize>>>,
}

impl Row {
    /// Takes the row of this line in place of the one before.
    pub fn read(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.bytes.clear();
        self.cells.clear();
        // Tabs in values are escaped: every one that is seen ends a cell.
        for cell in line.split(|byte| *byte == b'\t') {
            if cell == br"\N" {
                self.cells.push(None);
            } else {
                let start = self.bytes.len();
                self.unescape(cell);
                self.cells.push(Some(start..self.bytes.len()));
            }
        }
    }

    /// Takes these cells in place of the row before.
    pub fn fill<'a>(&mut self, cells: impl Iterator<Item = Option<&'a str>>) {
        self.bytes.clear();
        self.cells.clear();
        for cell in cells {
            self.cells.push(cell.map(|text| {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(text.as_bytes());
                start..self.bytes.len()
            }));
        }
    }

    fn unescape(&mut self, cell: &[u8]) {
        let mut rest = cell;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
            let (plain, escaped) = rest.split_at(at);
            self.bytes.extend_from_slice(plain);
            let Some((_, [meant, after @ ..])) = escaped.split_first() else {
                return;
            };
            self.bytes.push(match meant {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 11,
                other => *other,
            });
            rest = after;
        }
        self.bytes.extend_from_slice(rest);
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells as text, nulls as none; `Err` for bytes that are no text, which the database never sends.
    pub fn cells(&self) -> impl Iterator<Item = Option<Result<&str, std::str::Utf8Error>>> {
        self.cells.iter().map(|cell| {
            cell.clone()
                .map(|range| from_utf8(self.bytes.get(range).unwrap_or_default()))
        })
    }

    /// The first cell as a number: a fact's position.
    pub fn first_number(&self) -> Option<i64> {
        self.cells().next()??.ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<Option<String>> {
        let mut row = Row::default();
        row.read(b"another\trow\tbefore\n");
        row.read(line.as_bytes());
        row.cells()
            .map(|cell| cell.map(|text| text.unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn what_copy_escapes_is_what_was_meant() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("1\t\\N\tплата\n"), [some("1"), None, some("плата")]);
        assert_eq!(read("\t\n"), [some(""), some("")], "empty text is no null");
        assert_eq!(read("a\\tb\\\\N\\nc\n"), [some("a\tb\\N\nc")]);
        assert_eq!(read("\\\\N\n"), [some("\\N")], "text that looks like a null");
    }

    #[test]
    fn cells_that_are_known_are_taken_as_they_are() {
        let mut row = Row::default();
        row.read(b"another\trow\n");
        row.fill([Some("a\tb"), None, Some(""), Some("\\N")].into_iter());
        let cells: Vec<Option<&str>> = row.cells().map(|cell| cell.map(Result::unwrap)).collect();
        assert_eq!(cells, [Some("a\tb"), None, Some(""), Some("\\N")]);
    }
}
