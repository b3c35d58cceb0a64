//! A file of heads that is only ever appended to: the memory of a witness, and a witness by itself.
//!
//! A line for each head that was accepted: the head, and the path that shows how it follows from the one before of its log. So the
//! file alone shows that the log only grew.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use event_store::BoxFuture;
use notary::witness::Acceptance;
use notary::{Hash, HeadRefusal, PublicKey, SignedTreeHead, Witness, WitnessRefusal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::witnesses::{WitnessError, WitnessPort};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadLine {
    /// The head.
    pub head: SignedTreeHead,
    /// How it follows from the head before of its log; empty for the first.
    pub consistency: Vec<Hash>,
}

/// An open file of heads. Cheap to clone; all clones write in turn.
#[derive(Clone, Debug)]
pub struct HeadsFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    keys: Vec<PublicKey>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    witness: Witness,
}

/// Why a file is no file of heads.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum HeadsFileError {
    #[error("the file of heads {0} cannot be opened or read")]
    Io(PathBuf, #[source] io::Error),
    /// A line that this program never wrote: somebody else did, or the disk lost it.
    #[error("line {line} of the file of heads {path} is none")]
    Line {
        path: PathBuf,
        line: usize,
        #[source]
        source: serde_json::Error,
    },
}

/// Why a head was not kept.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    #[error(transparent)]
    Refused(#[from] WitnessRefusal),
    #[error("the file of heads cannot be written")]
    Io(#[from] io::Error),
}

impl HeadsFile {
    /// Opens the file, or makes it. What a crash left half written at its end is cut off: it was never acknowledged.
    ///
    /// # Errors
    /// When it cannot be opened, or holds anything but heads.
    pub fn open(path: &Path, keys: Vec<PublicKey>) -> Result<Self, HeadsFileError> {
        let failed = |error| HeadsFileError::Io(path.to_owned(), error);
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let whole = text.rfind('\n').map_or(0, |last| last + 1);
        if whole < text.len() {
            file.set_len(whole as u64).map_err(failed)?;
            file.seek(SeekFrom::End(0)).map_err(failed)?;
        }
        let mut seen = serde_json::Map::new();
        for line in read_lines(path, text.get(..whole).unwrap_or_default())? {
            // What stands there was verified when it was written.
            let log_id = line.head.unverified().log_id.to_string();
            seen.insert(log_id, serde_json::to_value(line.head).unwrap_or_default());
        }
        let line = text.lines().count();
        let witness =
            serde_json::from_value(seen.into()).map_err(|source| HeadsFileError::Line {
                path: path.to_owned(),
                line,
                source,
            })?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            keys,
            state: Mutex::new(State { file, witness }),
        })))
    }

    /// The last head it holds of a log.
    pub fn last_seen(&self, log_id: Uuid) -> Option<SignedTreeHead> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.witness.last_seen(log_id).copied()
    }

    /// Keeps a head, on the disk, if the rule of a witness accepts it. Blocks while it writes.
    ///
    /// # Errors
    /// Why it was refused, or that it could not be written; then it is as if it had not been shown.
    pub fn observe(&self, head: &SignedTreeHead, consistency: &[Hash]) -> Result<Acceptance, ObserveError> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut witness = state.witness.clone();
        let acceptance = witness.observe(head, consistency, &self.key_of(head)?)?;
        if acceptance != Acceptance::Same {
            let line = HeadLine {
                head: *head,
                consistency: consistency.to_vec(),
            };
            let mut text = serde_json::to_vec(&line).map_err(io::Error::from)?;
            text.push(b'\n');
            state.file.write_all(&text)?;
            state.file.sync_data()?;
        }
        state.witness = witness;
        Ok(acceptance)
    }

    /// The trusted key that the head names; were none, the first one refuses it by name.
    fn key_of(&self, head: &SignedTreeHead) -> Result<PublicKey, WitnessRefusal> {
        let keys = &self.0.keys;
        let named = keys.iter().find(|key| key.id() == head.key_id());
        named.or(keys.first()).copied().ok_or(WitnessRefusal::Head(HeadRefusal::SignatureWrong))
    }
}

impl WitnessPort for HeadsFile {
    fn name(&self) -> String {
        format!("file {}", self.0.path.display())
    }

    fn last_seen(&self, log_id: Uuid) -> BoxFuture<'_, Result<Option<SignedTreeHead>, WitnessError>> {
        Box::pin(async move { Ok(Self::last_seen(self, log_id)) })
    }

    fn observe<'a>(
        &'a self,
        head: &'a SignedTreeHead,
        consistency: &'a [Hash],
    ) -> BoxFuture<'a, Result<Acceptance, WitnessError>> {
        Box::pin(async move {
            let (file, head, consistency) = (self.clone(), *head, consistency.to_vec());
            let observing = tokio::task::spawn_blocking(move || Self::observe(&file, &head, &consistency));
            match observing.await.map_err(WitnessError::unavailable)? {
                Ok(acceptance) => Ok(acceptance),
                Err(ObserveError::Refused(refusal)) => Err(refusal.into()),
                Err(ObserveError::Io(error)) => Err(WitnessError::unavailable(error)),
            }
        })
    }
}

/// The heads of a file, in its order, without a look at whether they are true.
///
/// # Errors
/// When it cannot be read, or holds anything else.
pub fn read_heads(path: &Path) -> Result<Vec<SignedTreeHead>, HeadsFileError> {
    let text = std::fs::read_to_string(path).map_err(|error| HeadsFileError::Io(path.to_owned(), error))?;
    let lines = read_lines(path, &text)?;
    Ok(lines.into_iter().map(|line| line.head).collect())
}

fn read_lines(path: &Path, text: &str) -> Result<Vec<HeadLine>, HeadsFileError> {
    let lines = text.lines().zip(1..);
    lines
        .map(|(text, line)| {
            serde_json::from_str(text).map_err(|source| HeadsFileError::Line {
                path: path.to_owned(),
                line,
                source,
            })
        })
        .collect()
}
