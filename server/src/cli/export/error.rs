//! Why `tot export` wrote no file, or no whole one.

use std::io;
use std::path::PathBuf;

use exports::{CutOffError, ExportError, Position, Source};

use crate::cli::output::OutputError;
use crate::cli::whole_file::FileError;
use crate::config::ConfigErrors;

/// Why there is no file, or no whole one.
#[derive(Debug, thiserror::Error)]
pub enum ExportCommandError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The database's address, or its answer to a time.
    #[error("the database at TOT_DATABASE_URL cannot be asked")]
    Database(#[source] sqlx::Error),
    #[error("nothing is exported")]
    NothingExported(#[source] ExportError),
    /// The reading ended before its end.
    #[error("the export ended early; {mend}")]
    EndedEarly {
        /// What to do.
        mend: String,
        #[source]
        source: ExportError,
    },
    #[error("--out: {0}")]
    NoFile(#[source] FileError),
    #[error("--out: {path} is called as a file of {named}, and --format is {format}: change one of the two", path = .path.display())]
    OtherFormat {
        path: PathBuf,
        named: &'static str,
        format: &'static str,
    },
    #[error("{path} cannot be written")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("--resume: {name} shows the present, and read again it shows another one: begin anew without --resume", name = .0.name())]
    NothingToGoOnWith(Source),
    #[error("--resume: {path} cannot be gone on with: begin anew without --resume")]
    CutOff {
        path: PathBuf,
        #[source]
        source: CutOffError,
    },
    #[error("--resume: {0} has other columns than this version writes: begin anew without --resume")]
    OtherColumns(PathBuf),
    #[error(
        "--resume: {path} ends otherwise than this log at position {position}: it is of another database"
    )]
    OtherLog { path: PathBuf, position: Position },
    #[error("--since: {name} has no time of recording: only events can be read from an instant on", name = .0.name())]
    NoTimes(Source),
    /// A signal handler.
    #[error("a signal handler failed")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Output(#[from] OutputError),
}
