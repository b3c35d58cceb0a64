//! What the notary signs with and whom it shows heads to, put together from the configuration.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use audit::witnesses::{WitnessError, WitnessPort};
use audit::{HeadsFile, Signer};
use event_store::BoxFuture;
use integrations::HttpWitness;
use notary::witness::Acceptance;
use notary::{Hash, KeyError, PrivateKey, PublicKey, SignedTreeHead};
use uuid::Uuid;

use crate::config::NotaryConfig;

/// Why there is no notary.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    #[error("the key file {0} cannot be read")]
    File(PathBuf, #[source] std::io::Error),
    #[error("the key file {0} holds no Ed25519 key in PEM")]
    Key(PathBuf, #[source] KeyError),
    /// `openssl` writes both in the same form.
    #[error(
        "{0} holds a private key, and heads are checked with the public one: `openssl pkey -in {0} -pubout -out notary.pub.pem`"
    )]
    IsPrivate(PathBuf),
    #[error(
        "{0} holds a public key, and heads are signed with the private one: TOT_NOTARY_KEY_FILE names what \
         `openssl genpkey -algorithm ed25519 -out notary.pem` wrote"
    )]
    IsPublic(PathBuf),
    #[error("TOT_NOTARY_KEY_FILE is not set: name a key made by `openssl genpkey -algorithm ed25519`")]
    NoKey,
}

/// The key that heads are signed with.
///
/// # Errors
/// None is named, or the file holds none.
pub fn private_key(config: &NotaryConfig) -> Result<PrivateKey, NotaryError> {
    let path = config.key_file.as_ref().ok_or(NotaryError::NoKey)?;
    let pem = std::fs::read_to_string(path).map_err(|error| NotaryError::File(path.clone(), error))?;
    PrivateKey::from_pkcs8_pem(&pem).map_err(|error| match pem.contains("BEGIN PUBLIC KEY") {
        true => NotaryError::IsPublic(path.clone()),
        false => NotaryError::Key(path.clone(), error),
    })
}

/// A key that heads are checked with.
///
/// # Errors
/// The file holds none.
pub fn public_key(path: &PathBuf) -> Result<PublicKey, NotaryError> {
    let pem = std::fs::read_to_string(path).map_err(|error| NotaryError::File(path.clone(), error))?;
    PublicKey::from_spki_pem(&pem).map_err(|error| match pem.contains("PRIVATE KEY") {
        true => NotaryError::IsPrivate(path.clone()),
        false => NotaryError::Key(path.clone(), error),
    })
}

/// Who keeps heads outside the database. One that cannot be used at present is among them: whoever shows it a head is told so, counts
/// it and tries again.
pub fn witnesses(config: &NotaryConfig, key: PublicKey) -> Vec<Arc<dyn WitnessPort>> {
    let mut witnesses: Vec<Arc<dyn WitnessPort>> = Vec::new();
    if let Some(path) = config.witness_file.clone() {
        let name = HeadsFile::name_of(&path);
        let open = move || HeadsFile::open(&path, vec![key]).map_err(WitnessError::unavailable);
        witnesses.push(Arc::new(OpenedOnUse::new(name, open)));
    }
    if let Some(url) = config.witness_url.clone() {
        let name = HttpWitness::name_of(&url);
        let open = move || HttpWitness::new(&url).map_err(WitnessError::unavailable);
        witnesses.push(Arc::new(OpenedOnUse::new(name, open)));
    }
    witnesses
}

/// How a witness is opened; it may block.
type Open<W> = Arc<dyn Fn() -> Result<W, WitnessError> + Send + Sync>;

/// A witness that is opened when it is first shown a head, and tried again with the next one when that fails.
struct OpenedOnUse<W> {
    name: String,
    open: Open<W>,
    opened: OnceLock<W>,
}

impl<W: WitnessPort + Clone + 'static> OpenedOnUse<W> {
    fn new(name: String, open: impl Fn() -> Result<W, WitnessError> + Send + Sync + 'static) -> Self {
        Self {
            name,
            open: Arc::new(open),
            opened: OnceLock::new(),
        }
    }

    async fn opened(&self) -> Result<W, WitnessError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened.clone());
        }
        let open = Arc::clone(&self.open);
        let opening = tokio::task::spawn_blocking(move || open());
        let opened = opening.await.map_err(WitnessError::unavailable)??;
        Ok(self.opened.get_or_init(|| opened).clone())
    }
}

impl<W: WitnessPort + Clone + 'static> WitnessPort for OpenedOnUse<W> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn last_seen(&self, log_id: Uuid) -> BoxFuture<'_, Result<Option<SignedTreeHead>, WitnessError>> {
        Box::pin(async move { self.opened().await?.last_seen(log_id).await })
    }

    fn observe<'a>(
        &'a self,
        head: &'a SignedTreeHead,
        consistency: &'a [Hash],
    ) -> BoxFuture<'a, Result<Acceptance, WitnessError>> {
        Box::pin(async move { self.opened().await?.observe(head, consistency).await })
    }
}

/// The signer of a serving process. What is missing or wrong is told and stops nothing: `/readyz` shows that nobody signs.
pub fn signer(config: &NotaryConfig) -> Signer {
    match private_key(config) {
        Ok(key) => Signer {
            witnesses: witnesses(config, key.public()),
            key: Some(key),
        },
        Err(error) => {
            tell(&error, "Facts are hashed, but no head is signed");
            Signer::default()
        }
    }
}

fn tell(error: &NotaryError, consequence: &str) {
    tracing::warn!(error = error as &dyn std::error::Error, "{consequence}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn config(witness_file: &Path) -> NotaryConfig {
        NotaryConfig {
            key_file: None,
            interval: Duration::from_secs(60),
            witness_file: Some(witness_file.to_owned()),
            witness_url: Some("https://witness.example/".parse().unwrap()),
        }
    }

    /// A witness whose file is damaged takes nothing until somebody mends it; it takes no other one with it.
    #[tokio::test]
    async fn a_witness_that_cannot_be_used_stays_one_and_is_tried_again() {
        let path = std::env::temp_dir().join(format!("tot-witness-{}.jsonl", std::process::id()));
        std::fs::write(&path, "x\n").unwrap();
        let witnesses = witnesses(&config(&path), PrivateKey::from_seed(&[1; 32]).public());
        let names: Vec<String> = witnesses.iter().map(|witness| witness.name()).collect();
        assert_eq!(
            names,
            [
                format!("file {}", path.display()),
                "https://witness.example/".to_owned()
            ]
        );
        for _ in 0..2 {
            let seen = witnesses[0].last_seen(Uuid::nil()).await;
            assert!(matches!(seen, Err(WitnessError::Unavailable(_))), "{seen:?}");
        }
        std::fs::write(&path, "").unwrap();
        assert_eq!(witnesses[0].last_seen(Uuid::nil()).await.unwrap(), None);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_key_of_the_other_kind_is_called_so_with_the_line_that_makes_the_right_one() {
        let key = PrivateKey::from_seed(&[1; 32]);
        let path = std::env::temp_dir().join(format!("tot-key-{}.pem", std::process::id()));
        std::fs::write(&path, key.to_pkcs8_pem().unwrap().expose_secret()).unwrap();
        let said = public_key(&path).unwrap_err().to_string();
        let mend = format!(
            "`openssl pkey -in {} -pubout -out notary.pub.pem`",
            path.display()
        );
        assert!(
            said.contains("holds a private key") && said.contains(&mend),
            "{said}"
        );
        std::fs::write(&path, key.public().to_spki_pem().unwrap()).unwrap();
        let config = NotaryConfig {
            key_file: Some(path.clone()),
            ..config(&path)
        };
        let said = private_key(&config).unwrap_err().to_string();
        assert!(
            said.contains("holds a public key") && said.contains("genpkey"),
            "{said}"
        );
        std::fs::write(&path, "no key").unwrap();
        assert!(matches!(private_key(&config), Err(NotaryError::Key(..))));
        std::fs::remove_file(&path).unwrap();
    }
}
