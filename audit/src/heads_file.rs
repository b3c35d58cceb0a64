//! A file of heads that is only ever appended to: the memory of a witness, and a witness by itself.
//!
//! A line for each head that was accepted: the head, and the path that shows how it follows from the one before of its log. So the
//! file alone shows that the log only grew. It is read line by line, and of each log the last head alone is kept in memory.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use event_store::BoxFuture;
use notary::witness::Acceptance;
use notary::{Hash, HeadRefusal, PublicKey, SignedTreeHead, Witness, WitnessRefusal};
use tracing::warn;
use uuid::Uuid;

use crate::heads_lines::{self, Ending, HeadLine, HeadsFileError};
use crate::witnesses::{WitnessError, WitnessPort};

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
    /// Opens the file, or makes it. What a crash left half written at its end is cut off: it was never acknowledged. Nothing else is
    /// ever cut.
    ///
    /// # Errors
    /// When it cannot be opened, or holds anything but heads; then it stays as it is.
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
        let refreshed = state.refresh_to_write(path);
        state.file.unlock().map_err(failed)?;
        refreshed?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            keys,
            state: Mutex::new(state),
        })))
    }

    /// What the witness in this file is called.
    pub fn name_of(path: &Path) -> String {
        format!("file {}", path.display())
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
            .refresh_to_write(&self.0.path)
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
    fn refresh(&mut self, path: &Path) -> Result<Ending, HeadsFileError> {
        let failed = |error| HeadsFileError::Io(path.to_owned(), error);
        let length = self.file.metadata().map_err(failed)?.len();
        if length < self.read_bytes {
            return Err(HeadsFileError::Shrunk(path.to_owned()));
        }
        (&self.file)
            .seek(SeekFrom::Start(self.read_bytes))
            .map_err(failed)?;
        // Up to the line that cannot be read, were there one.
        let (mut lines, mut read_bytes) = (self.lines, self.read_bytes);
        let ending = heads_lines::read(&self.file, path, self.lines, |line, bytes| {
            self.witness.remember(line.head);
            lines += 1;
            read_bytes += bytes;
        });
        (self.lines, self.read_bytes) = (lines, read_bytes);
        ending
    }

    /// The same for whoever holds the file alone and writes next: behind half a line nothing may be written.
    fn refresh_to_write(&mut self, path: &Path) -> Result<(), HeadsFileError> {
        let mended = match self.refresh(path)? {
            Ending::Whole => return Ok(()),
            // Taken in as a line once it is one.
            Ending::WithoutNewline(_) => self.file.write_all(b"\n").and_then(|()| self.file.sync_data()),
            Ending::Half => self.file.set_len(self.read_bytes),
        };
        mended.map_err(|error| HeadsFileError::Io(path.to_owned(), error))?;
        self.refresh(path).map(drop)
    }

    fn observe(
        &mut self,
        head: &SignedTreeHead,
        consistency: &[Hash],
        key: &PublicKey,
    ) -> Result<Acceptance, ObserveError> {
        let mut witness = self.witness.clone();
        let acceptance = witness.observe(head, consistency, key)?;
        let path = match acceptance {
            Acceptance::Same => None,
            // It follows from nothing, whatever was shown with it.
            Acceptance::First => Some([].as_slice()),
            Acceptance::Grown => Some(consistency),
        };
        if let Some(path) = path {
            self.append(head, path)?;
        }
        if acceptance == Acceptance::First {
            tell_other_logs(&self.witness, head);
        }
        self.witness = witness;
        Ok(acceptance)
    }

    fn append(&mut self, head: &SignedTreeHead, path: &[Hash]) -> io::Result<()> {
        let line = HeadLine {
            head: *head,
            consistency: path.to_vec(),
        };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a line on a full disk. Were this to fail as well, whoever writes next cuts it off.
            drop(self.file.set_len(self.read_bytes));
            return Err(error);
        }
        self.read_bytes += text.len() as u64;
        self.lines += 1;
        Ok(())
    }
}

/// A log that nobody knew, by a key that signs one that somebody knows: restored, cloned, or rewritten under another name.
fn tell_other_logs(known: &Witness, head: &SignedTreeHead) {
    let others: Vec<String> = known
        .other_logs_of_key(head)
        .map(|log_id| log_id.to_string())
        .collect();
    if !others.is_empty() {
        warn!(
            log.id = %head.unverified().log_id,
            log.others = others.join(" "),
            notary.key = %head.key_id(),
            "A NEW LOG BY A KNOWN KEY: was its database restored or cloned? If nobody did so, its past may have been rewritten under \
             another name; `tot audit verify --witness` with this file tells"
        );
    }
}

impl WitnessPort for HeadsFile {
    fn name(&self) -> String {
        Self::name_of(&self.0.path)
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

/// Tells each head of a file, in its order, without a look at whether it is true. The file may be one that is being written.
///
/// # Errors
/// When it cannot be read, or holds anything else.
pub fn each_head(path: &Path, mut tell: impl FnMut(SignedTreeHead)) -> Result<(), HeadsFileError> {
    let failed = |error| HeadsFileError::Io(path.to_owned(), error);
    let file = File::open(path).map_err(failed)?;
    let ending = heads_lines::read(&file, path, 0, |line, _| tell(line.head))?;
    if let Ending::WithoutNewline(line) = ending {
        tell(line.head);
    }
    Ok(())
}

/// The heads of a file, as [`each_head`] tells them.
///
/// # Errors
/// As there.
pub fn read_heads(path: &Path) -> Result<Vec<SignedTreeHead>, HeadsFileError> {
    let mut heads = Vec::new();
    each_head(path, |head| heads.push(head))?;
    Ok(heads)
}
