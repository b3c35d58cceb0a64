//! Files for the eyes of their owner alone, who may be the user that the servers run as.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::Path;

use crate::error::StackError;
use crate::launcher::RunAs;

/// Writes it, anew if it is there.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), StackError> {
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(StackError::file("write", path))
}

/// Gives it to the owner of `folder`, where that is somebody else than us.
pub(crate) fn hand_over(path: &Path, folder: &Path, run_as: RunAs) -> Result<(), StackError> {
    match run_as {
        RunAs::None | RunAs::Namespace => Ok(()),
        RunAs::Nobody => {
            let owner = fs::metadata(folder).map_err(StackError::file("read", folder))?;
            chown(path, Some(owner.uid()), Some(owner.gid())).map_err(StackError::file("hand over", path))
        }
    }
}
