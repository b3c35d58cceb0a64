//! Signing secrets: drawn here, shown once, sealed in the database, and what is signed with them (Standard Webhooks, `v1`).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore as _;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use uuid::Uuid;

use crate::error::WebhookError;

/// What every secret of Standard Webhooks begins with.
const PREFIX: &str = "whsec_";
/// The specification asks for 24 to 64 bytes.
const SECRET_BYTES: usize = 32;

/// The secret of one endpoint.
#[derive(Clone)]
pub struct SigningSecret(SecretSlice<u8>);

impl SigningSecret {
    /// One nobody can foresee.
    pub fn draw() -> Self {
        let mut bytes = [0; SECRET_BYTES];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes.to_vec().into())
    }

    /// As its owner is told it, once: `whsec_` and base64.
    pub fn to_text(&self) -> SecretString {
        format!("{PREFIX}{}", STANDARD.encode(self.0.expose_secret())).into()
    }

    /// The signature of a message: `v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`; the timestamp is in seconds since the Unix
    /// epoch. Source: the specification of Standard Webhooks, "Signature scheme".
    pub fn sign(&self, message_id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret()));
        context.update(format!("{message_id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(hidden)")
    }
}

/// What secrets are sealed under: AES-256-GCM, each for its endpoint alone.
pub struct WebhookKeys {
    current: LessSafeKey,
    previous: Option<LessSafeKey>,
}

impl WebhookKeys {
    /// The deployment's key, and the one before while a new one is brought in. Any text will do: it is hashed.
    ///
    /// # Errors
    /// None that can come: the hash has the length of a key.
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Result<Self, WebhookError> {
        let key = |text: &[u8]| {
            let hash = digest::digest(&digest::SHA256, text);
            UnboundKey::new(&AES_256_GCM, hash.as_ref())
                .map(LessSafeKey::new)
                .map_err(|_| WebhookError::Secret)
        };
        Ok(Self {
            current: key(current)?,
            previous: previous.map(key).transpose()?,
        })
    }

    /// Seals a secret for the endpoint.
    ///
    /// # Errors
    /// [`WebhookError::Secret`]; none that can come with a secret of ours.
    pub fn seal(&self, endpoint_id: Uuid, secret: &SigningSecret) -> Result<Vec<u8>, WebhookError> {
        let mut nonce = [0; NONCE_LEN];
        rand::rng().fill_bytes(&mut nonce);
        let mut sealed = secret.0.expose_secret().to_vec();
        self.current
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(endpoint_id.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| WebhookError::Secret)?;
        let mut stored = nonce.to_vec();
        stored.append(&mut sealed);
        Ok(stored)
    }

    /// Opens what [`WebhookKeys::seal`] made for the same endpoint, under this key or the one before.
    ///
    /// # Errors
    /// [`WebhookError::Secret`].
    pub fn open(&self, endpoint_id: Uuid, stored: &[u8]) -> Result<SigningSecret, WebhookError> {
        let (nonce, sealed) = stored
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(WebhookError::Secret)?;
        let keys = std::iter::once(&self.current).chain(&self.previous);
        for key in keys {
            let mut sealed = sealed.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            if let Ok(bytes) = key.open_in_place(nonce, Aad::from(endpoint_id.as_bytes()), &mut sealed) {
                return Ok(SigningSecret(bytes.to_vec().into()));
            }
        }
        Err(WebhookError::Secret)
    }
}

impl fmt::Debug for WebhookKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKeys(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: Uuid = Uuid::from_u128(7);

    fn keys(current: &str, previous: Option<&str>) -> WebhookKeys {
        WebhookKeys::new(current.as_bytes(), previous.map(str::as_bytes)).unwrap()
    }

    /// The specification's own example, as the reference libraries check it.
    #[test]
    fn a_message_is_signed_as_the_specification_says() {
        let bytes = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let secret = SigningSecret(bytes.into());
        assert_eq!(
            secret.sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                br#"{"test": 2432232314}"#
            ),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(
            secret.to_text().expose_secret(),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        );
    }

    #[test]
    fn a_sealed_secret_opens_for_its_endpoint_under_this_key_or_the_one_before() {
        let secret = SigningSecret::draw();
        let sealed = keys("old", None).seal(ENDPOINT, &secret).unwrap();
        let same = |keys: WebhookKeys, endpoint, sealed: &[u8]| {
            keys.open(endpoint, sealed)
                .is_ok_and(|opened| opened.0.expose_secret() == secret.0.expose_secret())
        };
        assert!(same(keys("old", None), ENDPOINT, &sealed));
        assert!(same(keys("new", Some("old")), ENDPOINT, &sealed));
        assert!(!same(keys("new", None), ENDPOINT, &sealed));
        assert!(!same(keys("old", None), Uuid::from_u128(8), &sealed));
        assert!(!same(keys("old", None), ENDPOINT, &sealed[..20]));
        let mut changed = sealed.clone();
        changed[20] ^= 1;
        assert!(!same(keys("old", None), ENDPOINT, &changed));
    }

    #[test]
    fn nothing_of_a_secret_is_shown() {
        let secret = SigningSecret::draw();
        assert_eq!(
            format!("{secret:?} {:?}", keys("x", None)),
            "SigningSecret(hidden) WebhookKeys(hidden)"
        );
        let sealed = keys("x", None).seal(ENDPOINT, &secret).unwrap();
        assert!(
            !sealed
                .windows(8)
                .any(|part| secret.0.expose_secret().windows(8).any(|of| of == part))
        );
    }
}
