//! The text of a file of heads: one line for each, read one at a time, and what may stand behind the last.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use notary::{Hash, SignedTreeHead};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

/// A head is some 450 bytes, its path at most 64 hashes of 67.
const LINE_BYTES_MAX: u64 = 64 * 1_024;
/// How each line begins, so that half a line is told from what was never one.
const BEGINNING: &[u8] = br#"{"head":{"form":"tot-tree-head/"#;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadLine {
    /// The head.
    pub head: SignedTreeHead,
    /// How it follows from the head before of its log; empty for the first.
    pub consistency: Vec<Hash>,
}

/// Why a file is no file of heads.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum HeadsFileError {
    #[error("the file of heads {0} cannot be opened, read or written")]
    Io(PathBuf, #[source] io::Error),
    /// A line that this program never wrote: somebody else did, or the disk lost it.
    #[error(
        "line {line} of the file of heads {path} is none; nothing was changed: is it another file, or damaged?"
    )]
    Line {
        path: PathBuf,
        line: usize,
        #[source]
        source: serde_json::Error,
    },
    #[error("the file of heads {0} is shorter than it was: somebody cut it off while it was open")]
    Shrunk(PathBuf),
}

/// What stands behind the last whole line.
#[derive(Debug)]
pub enum Ending {
    /// Nothing.
    Whole,
    /// A line that lacks nothing but its end: somebody copied or edited the file.
    WithoutNewline(HeadLine),
    /// The beginning of a line, which a crash left.
    Half,
}

/// Tells each whole line, with its length in bytes, and what stands behind the last; `behind` lines were read before.
///
/// # Errors
/// When it cannot be read, or holds anything but heads and half of one at its end.
pub fn read(
    file: impl Read,
    path: &Path,
    behind: usize,
    mut tell: impl FnMut(HeadLine, u64),
) -> Result<Ending, HeadsFileError> {
    let (mut reader, mut text) = (BufReader::new(file), Vec::new());
    for line in behind + 1.. {
        text.clear();
        let read = reader
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut text)
            .map_err(|error| HeadsFileError::Io(path.to_owned(), error))? as u64;
        if read == 0 {
            break;
        }
        let parsed = serde_json::from_slice::<HeadLine>(&text);
        let none = |source| HeadsFileError::Line {
            path: path.to_owned(),
            line,
            source,
        };
        if text.ends_with(b"\n") {
            tell(parsed.map_err(none)?, read);
        } else if read == LINE_BYTES_MAX {
            return Err(none(serde_json::Error::custom("it is too long")));
        } else {
            return match parsed {
                Ok(line) => Ok(Ending::WithoutNewline(line)),
                Err(_) if begins_a_line(&text) => Ok(Ending::Half),
                Err(source) => Err(none(source)),
            };
        }
    }
    Ok(Ending::Whole)
}

fn begins_a_line(text: &[u8]) -> bool {
    let both = text.len().min(BEGINNING.len());
    text.get(..both) == BEGINNING.get(..both)
}
