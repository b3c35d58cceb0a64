//! What commands print: lines and tables for people, one JSON document with `--json`.

use std::error::Error;
use std::io::{self, IsTerminal as _, Write, stderr, stdout};
use std::sync::OnceLock;

use clap::ValueEnum;
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;

/// How the operator wants to read the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines and tables for people.
    Text,
    /// One JSON document: a list is an array, whatever else an object.
    Json,
}

/// When something is shown in colour or bold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How text is laid out, as it was told or found out once, at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Tables are wrapped at so many columns; without it, as behind a pipe, a row is a line.
    pub width: Option<u16>,
    /// Whether headers are bold.
    pub bold: bool,
    /// Whether errors are red.
    pub red: bool,
}

static LAYOUT: OnceLock<Layout> = OnceLock::new();

/// What draws the line below a header, for us to find: nobody prints it.
const BELOW_HEADER: char = '\u{1}';
const PLAIN: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill(BELOW_HEADER));
/// Between two columns, in spaces.
const GAP: u16 = 2;

/// Standard output is closed.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be printed")]
pub struct OutputError(#[from] io::Error);

impl Layout {
    /// What standard output and standard error are, unless it is told.
    pub fn of(width: Option<u16>, colour: Colour) -> Self {
        let of_terminal = || crossterm::terminal::size().ok().map(|(columns, _)| columns);
        let is_terminal = stdout().is_terminal();
        let coloured = |terminal: bool| match colour {
            Colour::Always => true,
            Colour::Never => false,
            // https://no-color.org: set and not empty.
            Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        Self {
            width: width.or_else(|| is_terminal.then(of_terminal).flatten()),
            bold: coloured(is_terminal),
            red: coloured(stderr().is_terminal()),
        }
    }

    /// Makes it the layout of everything this process prints; the first one counts.
    pub fn set(self) {
        LAYOUT.get_or_init(|| self);
    }

    /// The layout of this process; until one is set, a plain one.
    pub fn current() -> Self {
        LAYOUT.get().copied().unwrap_or_default()
    }
}

/// Prints `value` as JSON, or the text `text` makes of it.
pub fn print<T: Serialize>(
    format: Format,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<(), OutputError> {
    let line = match format {
        Format::Text => text(value),
        Format::Json => serde_json::to_string(value).map_err(io::Error::from)?,
    };
    Ok(write(format!("{line}\n").as_bytes())?)
}

/// Prints a list as [`print()`] does. Where there are more than it shows, `more` says how to see them: at the foot of the table, and on
/// standard error where a program, or a file, gets the list.
pub fn print_list<T: Serialize>(
    format: Format,
    shown: &T,
    more: Option<&str>,
    text: impl FnOnce(&T) -> String,
) -> Result<(), OutputError> {
    print(format, shown, |shown| {
        let text = text(shown);
        more.map_or_else(|| text.clone(), |more| format!("{text}\nmore: {more}"))
    })?;
    if let Some(more) = more
        && (format == Format::Json || !stdout().is_terminal())
    {
        // The list is there; whoever has closed standard error does not want to know.
        drop(writeln!(
            stderr().lock(),
            "tot: there are more than these: {more}"
        ));
    }
    Ok(())
}

/// An error and its causes, outermost first; what says the same as the one before it, or is told by it, is told once.
pub fn causes(error: &dyn Error) -> Vec<String> {
    let mut told = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if told.last().is_some_and(|last| !last.ends_with(&words)) {
            told.push(words);
        }
        source = cause.source();
    }
    told
}

/// Writes all of it to standard output.
///
/// # Errors
/// What it answers, but for a reader who has enough, as `head` has: that is no failure, and the command ends as it would have.
pub fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = stdout().lock();
    delivered(out.write_all(bytes).and_then(|()| out.flush()))
}

fn delivered(written: io::Result<()>) -> io::Result<()> {
    if written
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    {
        return Ok(());
    }
    written
}

/// So many of them, in the singular where it is one.
pub fn counted(number: u64, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        several => format!("{several} {one}s"),
    }
}

/// Lays rows out in columns as wide as their widest cell, below a header; on a terminal wrapped at its width.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    laid_out(header, rows, Layout::current())
}

fn laid_out(header: &[&str], rows: &[Vec<String>], layout: Layout) -> String {
    let mut table = Table::new();
    table.load_style(PLAIN).set_header(header).add_rows(rows);
    match layout.width {
        Some(width) => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    let (mut lines, mut in_header) = (Vec::with_capacity(rows.len() + 1), true);
    for line in table.lines() {
        if line.starts_with(BELOW_HEADER) {
            in_header = false;
            continue;
        }
        let line = line.trim_end();
        lines.push(if in_header && layout.bold {
            bold(line)
        } else {
            line.to_owned()
        });
    }
    lines.join("\n")
}

fn bold(text: &str) -> String {
    format!("\u{1b}[1m{text}\u{1b}[0m")
}

/// What an error begins with: red on a terminal.
pub fn red(text: &str) -> String {
    if Layout::current().red {
        format!("\u{1b}[31m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, causes, delivered, laid_out};

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec!["a".to_owned(), "1".to_owned()],
            vec!["врач на дом".to_owned(), "22".to_owned()],
        ]
    }

    #[test]
    fn behind_a_pipe_a_row_is_a_line_and_columns_are_as_wide_as_their_widest_cell() {
        let plain = laid_out(&["name", "n"], &rows(), Layout::default());
        assert_eq!(plain, "name         n\na            1\nврач на дом  22");
        let long = vec![vec!["word ".repeat(100), "1".to_owned()]];
        assert_eq!(
            laid_out(&["name", "n"], &long, Layout::default()).lines().count(),
            2
        );
    }

    #[test]
    fn on_a_terminal_cells_are_wrapped_at_its_width_and_the_header_is_bold() {
        let layout = Layout {
            width: Some(12),
            bold: true,
            red: false,
        };
        let shown = laid_out(&["name", "n"], &rows(), layout);
        assert_eq!(
            shown,
            "\u{1b}[1mname    n\u{1b}[0m\na       1\nврач    22\nна дом"
        );
    }

    #[test]
    fn a_cause_is_told_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("{0}")]
        struct Same(#[source] std::io::Error);
        #[derive(Debug, thiserror::Error)]
        #[error("--query: {0}")]
        struct Within(#[source] Same);
        #[derive(Debug, thiserror::Error)]
        #[error("nothing was found")]
        struct Other(#[source] Within);
        let error = || Other(Within(Same(std::io::Error::other("it is empty"))));
        assert_eq!(causes(&error()), ["nothing was found", "--query: it is empty"]);
        assert_eq!(causes(&error().0), ["--query: it is empty"]);
    }

    #[test]
    fn a_reader_who_has_enough_is_no_failure_and_any_other_fault_is() {
        let after = |kind: std::io::ErrorKind| delivered(Err(kind.into())).map_err(|error| error.kind());
        assert_eq!(after(std::io::ErrorKind::BrokenPipe), Ok(()));
        assert_eq!(
            after(std::io::ErrorKind::StorageFull),
            Err(std::io::ErrorKind::StorageFull)
        );
    }

    #[test]
    fn a_list_of_nothing_is_its_header() {
        assert_eq!(laid_out(&["name", "n"], &[], Layout::default()), "name  n");
    }
}
