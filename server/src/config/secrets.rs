//! Secrets: each stands in its variable, or in the file that `<variable>_FILE` names, which no listing of processes shows.

use std::fs::File;
use std::io::Read;

use super::{ConfigError, Environment};

/// What follows a secret's variable in the name of the one that names its file.
const FILE: &str = "_FILE";
/// A longer file is another file than was meant.
const FILE_BYTES_MAX: u64 = 16 * 1_024;

/// The variable that names the file of a secret.
pub fn file_of(variable: &str) -> String {
    format!("{variable}{FILE}")
}

/// Whether the secret is given, in whichever way.
pub fn is_given(environment: &Environment, variable: &str) -> bool {
    environment.get(variable).is_some() || environment.get(&file_of(variable)).is_some()
}

/// The secret's text, if it is given.
///
/// # Errors
/// When it is given twice, or its file cannot be read or is empty.
pub fn text(environment: &Environment, variable: &'static str) -> Result<Option<String>, ConfigError> {
    let named = environment.get(&file_of(variable));
    match (environment.get(variable), named) {
        (Some(_), Some(_)) => Err(ConfigError::Twice { variable }),
        (Some(text), None) => Ok(Some(text.to_owned())),
        (None, None) => Ok(None),
        (None, Some(path)) => {
            let path = path.to_owned();
            let read = read(&path).map_err(|reason| ConfigError::File {
                variable,
                path,
                reason,
            });
            read.map(Some)
        }
    }
}

/// The file's text without the newline that editors and `echo` put at its end.
fn read(path: &str) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| format!("cannot be opened ({})", error.kind()))?;
    file.take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read ({})", error.kind()))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("is longer than {FILE_BYTES_MAX} bytes"));
    }
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(text)
}
