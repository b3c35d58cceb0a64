//! A file of heads that is only ever appended to: the memory of a witness, and a witness by itself.
//!
//! A line for each head that was accepted: the head, and the path that shows how it follows from the one before of its log. So the
//! file alone shows that the log only grew.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
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
    /// How much of the file is known, to the end of a line.
    read_bytes: u64,
    lines: usize,
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
    #[error(transparent)]
    File(#[from] HeadsFileError),
}

impl HeadsFile {
    /// Opens the file, or makes it. What a crash left half written at its end is cut off: it was never acknowledged.
    ///
    /// # Errors
    /// When it cannot be opened, or holds anything but heads.
    pub fn open(path: &Path, keys: Vec<PublicKey>) -> Result<Self, HeadsFileError> {
        let failed = |error| HeadsFileError::Io(path.to_owned(), error);
        let file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        let mut state = State {
            file,
            read_bytes: 0,
            lines: 0,
            witness: Witness::default(),
        };
        state.file.lock().map_err(failed)?;
        let refreshed = state.refresh(path);
        let cut = state.file.set_len(state.read_bytes);
        state.file.unlock().map_err(failed)?;
        refreshed?;
        cut.map_err(failed)?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            keys,
            state: Mutex::new(state),
        })))
    }

    /// The last head it holds of a log, whoever wrote it.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn last_seen(&self, log_id: Uuid) -> Result<Option<SignedTreeHead>, ObserveError> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.file.lock_shared()?;
        let refreshed = state.refresh(&self.0.path);
        state.file.unlock()?;
        refreshed?;
        Ok(state.witness.last_seen(log_id).copied())
    }

    /// Keeps a head, on the disk, if the rule of a witness accepts it. Blocks while it writes, and while another process does.
    ///
    /// # Errors
    /// Why it was refused, or that it could not be written; then it is as if it had not been shown.
    pub fn observe(&self, head: &SignedTreeHead, consistency: &[Hash]) -> Result<Acceptance, ObserveError> {
        let key = self.key_of(head)?;
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.file.lock()?;
        let observed = state
            .refresh(&self.0.path)
            .map_err(ObserveError::from)
            .and_then(|()| state.observe(head, consistency, &key));
        state.file.unlock()?;
        observed
    }

    /// The trusted key that the head names; were none, the first one refuses it by name.
    fn key_of(&self, head: &SignedTreeHead) -> Result<PublicKey, WitnessRefusal> {
        let keys = &self.0.keys;
        let named = keys.iter().find(|key| key.id() == head.key_id());
        let key = named.or(keys.first()).copied();
        key.ok_or(WitnessRefusal::Head(HeadRefusal::SignatureWrong))
    }
}

impl State {
    /// Takes in what others have written since. What stands there was verified by whoever wrote it.
    fn refresh(&mut self, path: &Path) -> Result<(), HeadsFileError> {
        let failed = |error| HeadsFileError::Io(path.to_owned(), error);
        let length = self.file.metadata().map_err(failed)?.len();
        let new = usize::try_from(length.saturating_sub(self.read_bytes)).unwrap_or(0);
        if new == 0 {
            return Ok(());
        }
        let mut bytes = vec![0; new];
        self.file
            .read_exact_at(&mut bytes, self.read_bytes)
            .map_err(failed)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        let text = String::from_utf8_lossy(bytes.get(..whole).unwrap_or_default());
        let lines = read_lines(path, &text, self.lines)?;
        self.lines += lines.len();
        self.read_bytes += whole as u64;
        // The memory of a witness is had through its text alone.
        let mut seen = serde_json::to_value(&self.witness).unwrap_or_default();
        for line in lines {
            let log_id = line.head.unverified().log_id.to_string();
            if let Some(seen) = seen.as_object_mut() {
                seen.insert(log_id, serde_json::to_value(line.head).unwrap_or_default());
            }
        }
        self.witness = serde_json::from_value(seen).map_err(|source| HeadsFileError::Line {
            path: path.to_owned(),
            line: self.lines,
            source,
        })?;
        Ok(())
    }

    fn observe(
        &mut self,
        head: &SignedTreeHead,
        consistency: &[Hash],
        key: &PublicKey,
    ) -> Result<Acceptance, ObserveError> {
        let mut witness = self.witness.clone();
        let acceptance = witness.observe(head, consistency, key)?;
        if acceptance != Acceptance::Same {
            let line = HeadLine {
                head: *head,
                consistency: consistency.to_vec(),
            };
            let mut text = serde_json::to_vec(&line).map_err(io::Error::from)?;
            text.push(b'\n');
            self.file.write_all(&text)?;
            self.file.sync_data()?;
            self.read_bytes += text.len() as u64;
            self.lines += 1;
        }
        self.witness = witness;
        Ok(acceptance)
    }
}

impl WitnessPort for HeadsFile {
    fn name(&self) -> String {
        format!("file {}", self.0.path.display())
    }

    fn last_seen(&self, log_id: Uuid) -> BoxFuture<'_, Result<Option<SignedTreeHead>, WitnessError>> {
        let file = self.clone();
        Box::pin(async move {
            let reading = tokio::task::spawn_blocking(move || Self::last_seen(&file, log_id));
            let seen = reading.await.map_err(WitnessError::unavailable)?;
            seen.map_err(WitnessError::unavailable)
        })
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
                Err(error @ (ObserveError::Io(_) | ObserveError::File(_))) => {
                    Err(WitnessError::unavailable(error))
                }
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
    let lines = read_lines(path, &text, 0)?;
    Ok(lines.into_iter().map(|line| line.head).collect())
}

/// The heads of a part of a file that begins behind so many lines.
fn read_lines(path: &Path, text: &str, behind: usize) -> Result<Vec<HeadLine>, HeadsFileError> {
    let lines = text.lines().zip(behind + 1..);
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
