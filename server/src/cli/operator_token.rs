//! Where a sign-in of the command line is kept: a file that its owner alone can read, or a variable for programs.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use identity::OperatorToken;

use crate::config::{ConfigError, Environment, secret};

/// The variable that holds a token, or `…_FILE` the path of a file that does; it wins over the kept sign-in.
const VARIABLE: &str = "TOT_OPERATOR_TOKEN";
/// What the file is called below the folder of settings.
const FILE: &str = "tot/operator-token";
/// A longer file is another one.
const FILE_BYTES_MAX: u64 = 256;

/// Why a sign-in cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error(transparent)]
    Variable(#[from] ConfigError),
    #[error("{VARIABLE} does not hold what `tot login --print` printed")]
    NotAToken,
    #[error("{0} does not hold a sign-in: `tot login --email <address>` writes it anew")]
    NotASignIn(PathBuf),
    #[error("{0} is open to others: chmod 600 it, and `tot logout` if others may have read it")]
    OpenToOthers(PathBuf),
    #[error(
        "neither XDG_CONFIG_HOME nor HOME is set, so nothing can be kept: `tot login --print`, and {VARIABLE}"
    )]
    NoFolder,
    #[error("{path} could not be used")]
    File { path: PathBuf, source: io::Error },
}

/// The token that commands act with, if there is one.
///
/// # Errors
/// [`TokenError`] where there is something else in its place.
pub fn given(environment: &Environment) -> Result<Option<OperatorToken>, TokenError> {
    if let Some(text) = secret(environment, VARIABLE)? {
        return OperatorToken::parse(text.trim())
            .map(Some)
            .ok_or(TokenError::NotAToken);
    }
    match path(environment) {
        Ok(path) => read(&path),
        Err(_) => Ok(None),
    }
}

/// Keeps a sign-in for the next commands; answers where.
///
/// # Errors
/// [`TokenError::NoFolder`], [`TokenError::File`].
pub fn keep(environment: &Environment, token: &OperatorToken) -> Result<PathBuf, TokenError> {
    let path = path(environment)?;
    let at = |source| TokenError::File {
        path: path.clone(),
        source,
    };
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(at)?;
    }
    // Written beside and put in place whole, so that nobody reads half.
    let draft = path.with_extension("new");
    drop(fs::remove_file(&draft));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(at)?;
    writeln!(file, "{}", token.expose())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&draft, &path))
        .map_err(at)?;
    Ok(path)
}

/// Forgets the kept sign-in, unless a variable holds another one, which won over it and is all that was ended.
///
/// # Errors
/// [`TokenError::File`].
pub fn forget(environment: &Environment) -> Result<(), TokenError> {
    if secret(environment, VARIABLE)?.is_some() {
        return Ok(());
    }
    let Ok(path) = path(environment) else {
        return Ok(());
    };
    match fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(TokenError::File { path, source }),
    }
}

fn read(path: &Path) -> Result<Option<OperatorToken>, TokenError> {
    let at = |source| TokenError::File {
        path: path.to_owned(),
        source,
    };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(error)),
    };
    if metadata.mode() & 0o077 != 0 {
        return Err(TokenError::OpenToOthers(path.to_owned()));
    }
    let wrong = || TokenError::NotASignIn(path.to_owned());
    if metadata.len() > FILE_BYTES_MAX {
        return Err(wrong());
    }
    let text = fs::read_to_string(path).map_err(at)?;
    OperatorToken::parse(text.trim()).map(Some).ok_or_else(wrong)
}

/// Below `XDG_CONFIG_HOME`, or where that is by convention.
fn path(environment: &Environment) -> Result<PathBuf, TokenError> {
    let folder = match (environment.get("XDG_CONFIG_HOME"), environment.get("HOME")) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(home)) => Path::new(home).join(".config"),
        (None, None) => return Err(TokenError::NoFolder),
    };
    Ok(folder.join(FILE))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder of settings of its own, and a token.
    fn fixture() -> (PathBuf, Environment, OperatorToken) {
        let folder = std::env::temp_dir().join(format!("tot-operator-{:016x}", rand::random::<u64>()));
        let environment = Environment::default().with("XDG_CONFIG_HOME", folder.display().to_string());
        let token = OperatorToken::parse(&format!("toto_{}", "A".repeat(43))).unwrap();
        (folder, environment, token)
    }

    #[test]
    fn a_sign_in_is_kept_for_its_owner_alone_until_it_is_forgotten() {
        let (folder, environment, token) = fixture();
        assert!(given(&environment).unwrap().is_none());
        let path = keep(&environment, &token).unwrap();
        keep(&environment, &token).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(given(&environment).unwrap().unwrap().expose(), token.expose());
        forget(&environment).unwrap();
        forget(&environment).unwrap();
        assert!(given(&environment).unwrap().is_none());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_others_can_read_or_what_is_no_token_is_refused_and_a_variable_wins() {
        let (folder, environment, token) = fixture();
        let path = keep(&environment, &token).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(given(&environment), Err(TokenError::OpenToOthers(_))));
        let other = format!("toto_{}", "E".repeat(43));
        let with = |value: &str| environment.clone().with(VARIABLE, value);
        assert_eq!(given(&with(&other)).unwrap().unwrap().expose(), other);
        assert!(matches!(given(&with("toto_")), Err(TokenError::NotAToken)));
        forget(&with(&other)).unwrap();
        assert!(path.is_file(), "another sign-in was ended");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "something else").unwrap();
        assert!(matches!(given(&environment), Err(TokenError::NotASignIn(_))));
        fs::remove_dir_all(folder).unwrap();
    }
}
