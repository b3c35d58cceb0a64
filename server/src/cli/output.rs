//! What commands print: lines for people, one JSON document per line with `--json`.

use std::io::Write;

use serde::Serialize;

/// How the operator wants to read the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines for people.
    Text,
    /// One JSON document per line.
    Json,
}

/// Standard output is closed.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be printed")]
pub struct OutputError(#[from] std::io::Error);

/// Prints `value` as JSON, or the text `text` makes of it.
pub fn print<T: Serialize>(
    format: Format,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<(), OutputError> {
    let line = match format {
        Format::Text => text(value),
        Format::Json => serde_json::to_string(value).map_err(std::io::Error::from)?,
    };
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

/// Lays rows out in columns as wide as their widest cell.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(header.to_vec())];
    lines.extend(
        rows.iter()
            .map(|row| line(row.iter().map(String::as_str).collect())),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![
            vec!["a".to_owned(), "1".to_owned()],
            vec!["longer".to_owned(), "22".to_owned()],
        ];
        assert_eq!(table(&["name", "n"], &rows), "name    n\na       1\nlonger  22");
    }
}
