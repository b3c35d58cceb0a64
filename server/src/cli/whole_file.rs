//! Files that commands write: whole or not at all, and never in place of what is no plain file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A device, a pipe, a folder or a link: writing a file in its place would replace it.
    #[error(
        "{path} is {what}, and would be replaced by a file: name a new or a plain file (`cat` it afterwards to wherever it shall go)"
    )]
    NotPlain {
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// What other programs mean by it, and we cannot: a file is put in place when it is whole.
    #[error(
        "`-` is not taken for standard output, since a file is put in place when it is whole: name a file (`./-` for one called so)"
    )]
    StandardOutput,
    #[error("{0} is there already: name another file, or --force to replace it")]
    Exists(PathBuf),
    #[error("{path} cannot be written")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} cannot be read")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// The whole of a file that somebody named.
///
/// # Errors
/// [`FileError::Unreadable`], which names it.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// What the file is called until it is whole.
pub fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Whether a plain file is there already.
///
/// # Errors
/// [`FileError::NotPlain`] when something else is, here or at [`part_of`] it; [`FileError::StandardOutput`] for `-`; [`FileError::Io`] when
/// that cannot be told.
pub fn is_there(path: &Path) -> Result<bool, FileError> {
    if path.as_os_str() == "-" {
        return Err(FileError::StandardOutput);
    }
    is_plain(&part_of(path))?;
    is_plain(path)
}

/// Writes it beside and puts it in place whole; what was there before stays until then, and for good when it fails.
///
/// # Errors
/// [`FileError::NotPlain`], [`FileError::Io`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    is_there(path)?;
    let part = part_of(path);
    let written = File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    written.map_err(|source| {
        // Half a file is of no use to anybody; that it cannot be removed either is told by what failed.
        drop(fs::remove_file(&part));
        FileError::Io {
            path: path.to_owned(),
            source,
        }
    })
}

fn is_plain(path: &Path) -> Result<bool, FileError> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => {
            return Err(FileError::Io {
                path: path.to_owned(),
                source,
            });
        }
    };
    if kind.is_file() {
        return Ok(true);
    }
    let what = match (kind.is_symlink(), kind.is_dir()) {
        (true, _) => "a link",
        (_, true) => "a folder",
        (false, false) => "a device or a pipe",
    };
    Err(FileError::NotPlain {
        path: path.to_owned(),
        what,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all_and_nothing_else_is_replaced() {
        let folder = std::env::temp_dir().join(format!("tot-whole-file-{:016x}", rand::random::<u64>()));
        fs::create_dir(&folder).unwrap();
        let file = folder.join("proof.json");
        assert!(!is_there(&file).unwrap());
        write(&file, b"one").unwrap();
        write(&file, b"two").unwrap();
        assert!(is_there(&file).unwrap());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        let link = folder.join("link");
        symlink(&file, &link).unwrap();
        for (path, expected) in [
            (link.as_path(), "a link"),
            (folder.as_path(), "a folder"),
            (Path::new("/dev/full"), "a device or a pipe"),
        ] {
            let refused = write(path, b"three");
            assert!(
                matches!(&refused, Err(FileError::NotPlain { what, .. }) if *what == expected),
                "{refused:?}"
            );
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        let refused = write(Path::new("-"), b"three");
        assert!(matches!(refused, Err(FileError::StandardOutput)), "{refused:?}");
        // What is written beside it, likewise: here nothing can be written at all.
        symlink("/dev/full", folder.join("full.part")).unwrap();
        assert!(matches!(
            write(&folder.join("full"), b"x"),
            Err(FileError::NotPlain { .. })
        ));
        assert!(matches!(
            write(&folder.join("nowhere").join("file"), b"x"),
            Err(FileError::Io { .. })
        ));
        let mut left: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["full.part", "link", "proof.json"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
