//! What the notary signs with and whom it shows heads to, put together from the configuration.

use std::path::PathBuf;
use std::sync::Arc;

use audit::witnesses::WitnessPort;
use audit::{HeadsFile, HeadsFileError, Signer};
use integrations::{HttpError, HttpWitness};
use notary::{KeyError, PrivateKey, PublicKey};

use crate::config::NotaryConfig;

/// Why there is no notary, or one without a witness.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    #[error("the key file {0} cannot be read")]
    File(PathBuf, #[source] std::io::Error),
    #[error("the key file {0} holds no Ed25519 key in PEM")]
    Key(PathBuf, #[source] KeyError),
    #[error("TOT_NOTARY_KEY_FILE is not set: name a key made by `openssl genpkey -algorithm ed25519`")]
    NoKey,
    #[error(transparent)]
    Heads(#[from] HeadsFileError),
    #[error("TOT_WITNESS_URL cannot be used")]
    Witness(#[from] HttpError),
}

/// The key that heads are signed with.
///
/// # Errors
/// None is named, or the file holds none.
pub fn private_key(config: &NotaryConfig) -> Result<PrivateKey, NotaryError> {
    let path = config.key_file.as_ref().ok_or(NotaryError::NoKey)?;
    let pem = std::fs::read_to_string(path).map_err(|error| NotaryError::File(path.clone(), error))?;
    PrivateKey::from_pkcs8_pem(&pem).map_err(|error| NotaryError::Key(path.clone(), error))
}

/// A key that heads are checked with.
///
/// # Errors
/// The file holds none.
pub fn public_key(path: &PathBuf) -> Result<PublicKey, NotaryError> {
    let pem = std::fs::read_to_string(path).map_err(|error| NotaryError::File(path.clone(), error))?;
    PublicKey::from_spki_pem(&pem).map_err(|error| NotaryError::Key(path.clone(), error))
}

/// Who keeps heads outside the database.
///
/// # Errors
/// The first that cannot be used.
pub fn witnesses(config: &NotaryConfig, key: PublicKey) -> Result<Vec<Arc<dyn WitnessPort>>, NotaryError> {
    let mut witnesses: Vec<Arc<dyn WitnessPort>> = Vec::new();
    if let Some(path) = &config.witness_file {
        witnesses.push(Arc::new(HeadsFile::open(path, vec![key])?));
    }
    if let Some(url) = &config.witness_url {
        witnesses.push(Arc::new(HttpWitness::new(url)?));
    }
    Ok(witnesses)
}

/// The signer of a serving process. What is missing or wrong is told and stops nothing: `/readyz` shows that nobody signs.
pub fn signer(config: &NotaryConfig) -> Signer {
    let key = match private_key(config) {
        Ok(key) => key,
        Err(error) => {
            tell(&error, "Facts are hashed, but no head is signed");
            return Signer::default();
        }
    };
    let witnesses = witnesses(config, key.public()).unwrap_or_else(|error| {
        tell(
            &error,
            "Heads are signed, but shown to nobody outside the database",
        );
        Vec::new()
    });
    Signer {
        key: Some(key),
        witnesses,
    }
}

fn tell(error: &NotaryError, consequence: &str) {
    tracing::warn!(error = error as &dyn std::error::Error, "{consequence}");
}
