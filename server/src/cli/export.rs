//! `tot export`: writes a view of the analysts' schema, or the log, to a file, and goes on with one that was cut off.

mod error;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use exports::{CutOff, Export, ExportError, Format as FileFormat, Part, Position, Source};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use self::error::ExportCommandError;
use super::date::moment;
use super::exit::INTERRUPTED;
use super::output::{self, Format, OutputError};
use super::serve::stop_on_signal;
use super::whole_file;
use crate::config::{Environment, OperatorConfig};

/// How long a view may take; the log is read in short statements.
const STATEMENT_WITHIN: Duration = Duration::from_hours(1);
/// Arguments of `tot export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A view of the schema analytics, such as bookings, or `events`: the log. An unknown name is answered with all names.
    #[arg(value_parser = source)]
    name: Source,
    /// csv, jsonl or parquet.
    #[arg(long, value_parser = file_format, default_value = "csv")]
    format: FileFormat,
    /// The file. Until it is whole it is called `<file>.part`.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Of the log: from this position on.
    #[arg(long, value_name = "POSITION", conflicts_with = "since")]
    from_position: Option<Position>,
    /// Of the log: what was recorded from this instant on, such as 2026-12-01T09:30:00Z, or from the beginning of a date in UTC.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    since: Option<Timestamp>,
    /// Of the log, as csv or jsonl: go on with `<file>.part` behind the last whole fact in it.
    #[arg(long, conflicts_with_all = ["from_position", "since"])]
    resume: bool,
}

fn source(name: &str) -> Result<Source, String> {
    Source::parse(name).ok_or_else(|| format!("there are {}", Source::names()))
}

fn file_format(name: &str) -> Result<FileFormat, String> {
    FileFormat::parse(name).ok_or_else(|| format!("there are {}", FileFormat::names()))
}

/// Exports, and answers the exit code: 0 for a whole file, 130 after an interruption.
pub async fn run(
    args: ExportArgs,
    environment: &Environment,
    format: Format,
) -> Result<ExitCode, ExportCommandError> {
    called_as_its_format(&args)?;
    let config = OperatorConfig::read(environment)?;
    let stop = stop_on_signal().map_err(ExportCommandError::Signals)?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy(config.database_url.expose_secret())
        .map_err(ExportCommandError::Database)?;
    let target = Target::of(&args.out);
    whole_file::is_there(&args.out).map_err(ExportCommandError::NoFile)?;
    let cut_off = if args.resume {
        Some(target.cut_off(&args)?)
    } else {
        None
    };
    let mut written = Written::behind(cut_off.as_ref());
    let mut export = tokio::select! {
        export = open(&args, &pool, cut_off.as_ref()) => export?,
        () = stop.cancelled() => return written.interrupted(&args, &target, format),
    };
    if cut_off
        .as_ref()
        .is_some_and(|cut_off| !cut_off.has(export.columns()))
    {
        return Err(ExportCommandError::OtherColumns(target.part));
    }
    let bar = bar(export.total(), format);
    let start = Instant::now();
    let mut file = target.waiting_for(cut_off.as_ref());
    loop {
        let next = tokio::select! {
            next = export.next() => next,
            () = stop.cancelled() => {
                bar.finish_and_clear();
                return written.interrupted(&args, &target, format);
            }
        };
        let piece = next.map_err(|source| ExportCommandError::EndedEarly {
            mend: target.mend(&args, written.position),
            source,
        })?;
        let Some(piece) = piece else { break };
        file.write(&piece.bytes)?;
        written.add(&piece);
        bar.inc(piece.rows);
    }
    bar.finish_and_clear();
    file.finish()?;
    written.tell(&args, start.elapsed(), format)?;
    Ok(ExitCode::SUCCESS)
}

/// A file that is called as one of another format would be opened by the wrong program, or replace one of that format.
fn called_as_its_format(args: &ExportArgs) -> Result<(), ExportCommandError> {
    let ending = args.out.extension().and_then(|ending| ending.to_str());
    let named = ending.and_then(FileFormat::parse).map(FileFormat::name);
    match named {
        Some(named) if named != args.format.name() => Err(ExportCommandError::OtherFormat {
            path: args.out.clone(),
            named,
            format: args.format.name(),
        }),
        Some(_) | None => Ok(()),
    }
}

/// Begins to read.
async fn open(
    args: &ExportArgs,
    pool: &PgPool,
    cut_off: Option<&CutOff>,
) -> Result<Export, ExportCommandError> {
    let part = part(args, pool, cut_off).await?;
    let export = Export::open(pool, args.name, args.format, part, STATEMENT_WITHIN).await;
    export.map_err(|error| match (error, cut_off) {
        // The file came further than this log.
        (ExportError::BeyondHead { .. }, Some(cut_off)) => Target::of(&args.out).other_log(cut_off),
        (error, _) => ExportCommandError::NothingExported(error),
    })
}

/// Which part is asked for.
async fn part(
    args: &ExportArgs,
    pool: &PgPool,
    cut_off: Option<&CutOff>,
) -> Result<Part, ExportCommandError> {
    if let Some(cut_off) = cut_off {
        return Ok(Part::Rest(cut_off.position));
    }
    let Some(since) = args.since else {
        return Ok(args.from_position.map_or(Part::All, Part::From));
    };
    if !args.name.has_positions() {
        return Err(ExportCommandError::NoTimes(args.name));
    }
    exports::position_at(pool, since)
        .await
        .map(Part::From)
        .map_err(ExportCommandError::Database)
}

/// The file, and what it is called until it is whole.
struct Target {
    whole: PathBuf,
    part: PathBuf,
}

impl Target {
    fn of(out: &Path) -> Self {
        Self {
            whole: out.to_owned(),
            part: whole_file::part_of(out),
        }
    }

    fn fault(&self, source: io::Error) -> ExportCommandError {
        ExportCommandError::File {
            path: self.part.clone(),
            source,
        }
    }

    fn other_log(&self, cut_off: &CutOff) -> ExportCommandError {
        ExportCommandError::OtherLog {
            path: self.part.clone(),
            position: cut_off.position,
        }
    }

    /// Where the file was cut off.
    fn cut_off(&self, args: &ExportArgs) -> Result<CutOff, ExportCommandError> {
        if !args.name.has_positions() {
            return Err(ExportCommandError::NothingToGoOnWith(args.name));
        }
        let refused = |source| ExportCommandError::CutOff {
            path: self.part.clone(),
            source,
        };
        let file = File::open(&self.part).map_err(|error| refused(error.into()))?;
        CutOff::find(args.format, file).map_err(refused)
    }

    /// The file, which is not touched before its first bytes are there.
    const fn waiting_for<'a>(&'a self, cut_off: Option<&'a CutOff>) -> PartFile<'a> {
        PartFile {
            target: self,
            cut_off,
            first: Vec::new(),
            file: None,
        }
    }

    /// Opens the file for its first bytes: empty, or behind what stays of it, if these are its continuation.
    fn begin(&self, cut_off: Option<&CutOff>, first: &[u8]) -> Result<File, ExportCommandError> {
        let Some(cut_off) = cut_off else {
            return File::create(&self.part).map_err(|error| self.fault(error));
        };
        if !first.starts_with(&cut_off.reread) {
            return Err(self.other_log(cut_off));
        }
        let mut file = OpenOptions::new()
            .write(true)
            .open(&self.part)
            .map_err(|error| self.fault(error))?;
        file.set_len(cut_off.kept_bytes)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map_err(|error| self.fault(error))?;
        Ok(file)
    }

    /// What to do with a file that is not whole.
    fn mend(&self, args: &ExportArgs, position: Option<Position>) -> String {
        let part = self.part.display();
        match position {
            Some(position) if args.format.can_go_on() => {
                format!(
                    "{part} holds the log up to position {position}: the same command with --resume goes on"
                )
            }
            Some(_) => format!("{part} cannot be gone on with, being Parquet: begin anew"),
            None if args.name.has_positions() => "nothing was written: begin anew".to_owned(),
            None => format!("{part} cannot be gone on with, since a view shows the present: begin anew"),
        }
    }
}

/// The file while it is not whole.
struct PartFile<'a> {
    target: &'a Target,
    cut_off: Option<&'a CutOff>,
    /// What there is of it as long as that is too little to tell whether it goes on with the file that was cut off.
    first: Vec<u8>,
    file: Option<File>,
}

impl PartFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), ExportCommandError> {
        if let Some(file) = &mut self.file {
            return file.write_all(bytes).map_err(|error| self.target.fault(error));
        }
        self.first.extend_from_slice(bytes);
        let enough = self.cut_off.map_or(0, |cut_off| cut_off.reread.len());
        if self.first.len() >= enough {
            self.file = Some(self.open()?);
        }
        Ok(())
    }

    /// Opens it and writes its first bytes.
    fn open(&mut self) -> Result<File, ExportCommandError> {
        let first = std::mem::take(&mut self.first);
        let mut file = self.target.begin(self.cut_off, &first)?;
        file.write_all(&first).map_err(|error| self.target.fault(error))?;
        Ok(file)
    }

    /// The file is whole.
    fn finish(mut self) -> Result<(), ExportCommandError> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        file.sync_all()
            .and_then(|()| fs::rename(&self.target.part, &self.target.whole))
            .map_err(|error| self.target.fault(error))
    }
}

/// What has been written.
#[derive(Default)]
struct Written {
    rows: u64,
    bytes: usize,
    position: Option<Position>,
}

impl Written {
    /// Nothing yet, but for what stays of a file that was cut off.
    fn behind(cut_off: Option<&CutOff>) -> Self {
        Self {
            position: cut_off.map(|cut_off| cut_off.position),
            ..Self::default()
        }
    }

    /// Tells how to go on, and answers the exit code.
    fn interrupted(
        &self,
        args: &ExportArgs,
        target: &Target,
        format: Format,
    ) -> Result<ExitCode, ExportCommandError> {
        let mend = target.mend(args, self.position);
        let said = json!({"export": args.name.name(), "interrupted": true, "mend": mend});
        output::print(format, &said, |_| format!("interrupted: {mend}"))?;
        Ok(INTERRUPTED.into())
    }

    fn add(&mut self, piece: &exports::Piece) {
        self.rows += piece.rows;
        self.bytes += piece.bytes.len();
        self.position = piece.position.or(self.position);
    }

    fn tell(&self, args: &ExportArgs, took: Duration, format: Format) -> Result<(), OutputError> {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let pace = self.rows.saturating_mul(1_000) / millis;
        let said = json!({
            "export": args.name.name(), "format": args.format.name(), "file": args.out, "rows": self.rows,
            "bytes": self.bytes, "position": self.position, "took_ms": millis, "rows_per_s": pace,
        });
        output::print(format, &said, |_| {
            let upto = self
                .position
                .map(|position| format!(", up to position {position}"));
            format!(
                "{}: {}, {} bytes, {pace} rows a second{}",
                args.out.display(),
                output::counted(self.rows, "row"),
                self.bytes,
                upto.unwrap_or_default()
            )
        })
    }
}

fn bar(total: Option<u64>, format: Format) -> ProgressBar {
    let (bar, template) = match (format, total) {
        (Format::Json, _) => return ProgressBar::hidden(),
        (Format::Text, Some(total)) => (
            ProgressBar::new(total),
            "{bar:40} {pos}/{len} facts, {per_sec}, {eta} to go",
        ),
        // How many rows a view has is known when it has been read.
        (Format::Text, None) => (ProgressBar::new_spinner(), "{spinner} {pos} rows, {per_sec}"),
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}
