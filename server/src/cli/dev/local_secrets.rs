//! What `tot dev` keeps beside the servers' data: token keys and a secret, generated once, readable by their owner alone.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use dev_stack::Servers;
use identity::{KeyError, MasterKeys, TokenKeys};
use notary::PrivateKey;
use secrecy::ExposeSecret;

use crate::config::Environment;

/// Bytes of a secret, such as the one under which command digests are made.
const SECRET_BYTES: usize = 32;

/// Why keys or secrets cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum LocalSecretsError {
    #[error("the development keys cannot be used")]
    Keys(#[from] KeyError),
    #[error("the operators' settings cannot be written to {0}")]
    Operators(PathBuf, #[source] std::io::Error),
    #[error("the development secret {0} cannot be used")]
    Secret(PathBuf, #[source] std::io::Error),
}

/// Where they are kept: with the servers' data, so that `make clean` forgets all of it together.
pub fn folder(servers: &Servers) -> PathBuf {
    match servers {
        Servers::Local(stack) => stack.folder().to_owned(),
        Servers::Own(_) => PathBuf::from(".tot/data"),
    }
}

/// The key file; made when it is missing.
pub fn token_keys(folder: &Path) -> Result<PathBuf, LocalSecretsError> {
    let path = folder.join("token-keys.json");
    if !path.exists() {
        TokenKeys::generate(&path)?;
    }
    Ok(path)
}

/// The file of master keys; made when it is missing.
pub fn master_keys(folder: &Path) -> Result<PathBuf, LocalSecretsError> {
    let path = folder.join("master-keys.json");
    if !path.exists() {
        MasterKeys::generate(&path)?;
    }
    Ok(path)
}

/// The secret of this name in hexadecimal; generated when it is missing.
pub fn secret(folder: &Path, name: &str) -> Result<String, LocalSecretsError> {
    let path = folder.join(name);
    let error = |error| LocalSecretsError::Secret(path.clone(), error);
    if !path.exists() {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(error)?;
        file.write_all(random_hex().as_bytes()).map_err(error)?;
    }
    fs::read_to_string(&path).map_err(error)
}

/// The file of the notary's key; made when it is missing.
pub fn notary_key(folder: &Path) -> Result<PathBuf, LocalSecretsError> {
    let path = folder.join("notary.pem");
    let error = |error| LocalSecretsError::Secret(path.clone(), error);
    if !path.exists() {
        let pem = PrivateKey::from_seed(&rand::random()).to_pkcs8_pem();
        let pem = pem.map_err(|cause| error(std::io::Error::other(cause)))?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(error)?;
        file.write_all(pem.expose_secret().as_bytes()).map_err(error)?;
    }
    Ok(path)
}

/// Reads back what [`operators_settings`] wrote at `path`; none when nothing is there.
///
/// # Errors
/// What the file system answers.
pub fn written_settings(path: &Path) -> std::io::Result<Option<Environment>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let pairs = text.lines().filter_map(|line| {
        let (name, quoted) = line.strip_prefix("export ")?.split_once('=')?;
        let value = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
        Some((name, value.replace(r"'\''", "'")))
    });
    Ok(Some(
        pairs.fold(Environment::default(), |known, (name, value)| {
            known.with(name, value)
        }),
    ))
}

/// Writes what operators' commands (`tot reconcile`, `tot stream` …) need to reach this platform, for a shell to read; its
/// owner alone can. Answers where.
pub fn operators_settings(folder: &Path, environment: &Environment) -> Result<PathBuf, LocalSecretsError> {
    let path = folder.join("operator.env");
    let error = |error| LocalSecretsError::Operators(path.clone(), error);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .map_err(error)?;
    for (name, value) in environment.settings() {
        writeln!(file, "export {name}='{}'", value.replace('\'', r"'\''")).map_err(error)?;
    }
    Ok(path)
}

fn random_hex() -> String {
    let bytes: [u8; SECRET_BYTES] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_notarys_key_is_made_once_and_is_one() {
        let folder = std::env::temp_dir().join(format!("tot-local-secrets-{}", random_hex()));
        fs::create_dir(&folder).unwrap();
        let path = notary_key(&folder).unwrap();
        let pem = fs::read_to_string(&path).unwrap();
        assert!(PrivateKey::from_pkcs8_pem(&pem).is_ok());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        notary_key(&folder).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), pem);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_shell_reads_the_settings_back_and_nobody_else_does() {
        let folder = std::env::temp_dir().join(format!("tot-local-secrets-{}", random_hex()));
        fs::create_dir(&folder).unwrap();
        let environment = Environment::default()
            .with("HOME", "/root")
            .with("TOT_COMMAND_SECRET", "it's `a` $SECRET");
        let path = operators_settings(&folder, &environment).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let shell = std::process::Command::new("sh")
            .args(["-c", r#". "$0" && printf %s "$TOT_COMMAND_SECRET""#])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(shell.stdout).unwrap(), "it's `a` $SECRET");
        assert!(!fs::read_to_string(&path).unwrap().contains("HOME"));
        let written = written_settings(&path).unwrap().unwrap();
        assert_eq!(written.get("TOT_COMMAND_SECRET"), Some("it's `a` $SECRET"));
        assert!(written_settings(&folder.join("elsewhere")).unwrap().is_none());
        fs::remove_dir_all(&folder).unwrap();
    }
}
