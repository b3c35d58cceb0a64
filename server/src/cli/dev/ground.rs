//! What `tot dev` keeps beside the servers' data: token keys and a secret, drawn once, readable by their owner alone.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use dev_stack::Servers;
use identity::{KeyFault, TokenKeys};

/// Bytes of the secret under which command digests are made.
const SECRET_BYTES: usize = 32;

/// Why keys or secrets cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum GroundFault {
    /// The keys.
    #[error("the development keys cannot be used")]
    Keys(#[from] KeyFault),
    /// The secret.
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
///
/// # Errors
/// [`GroundFault::Keys`].
pub fn token_keys(folder: &Path) -> Result<PathBuf, GroundFault> {
    let path = folder.join("token-keys.json");
    if !path.exists() {
        TokenKeys::generate(&path)?;
    }
    Ok(path)
}

/// The command secret in hexadecimal; drawn when it is missing.
///
/// # Errors
/// [`GroundFault::Secret`].
pub fn command_secret(folder: &Path) -> Result<String, GroundFault> {
    let path = folder.join("command-secret");
    let fault = |fault| GroundFault::Secret(path.clone(), fault);
    if !path.exists() {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(fault)?;
        file.write_all(drawn_hex().as_bytes()).map_err(fault)?;
    }
    fs::read_to_string(&path).map_err(fault)
}

fn drawn_hex() -> String {
    let bytes: [u8; SECRET_BYTES] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
