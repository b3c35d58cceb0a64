//! The webhooks' part of the configuration.

use secrecy::SecretString;

use super::{Reader, SECRET_BYTES_MIN};

/// What endpoints' secrets are sealed under, and where endpoints may be.
#[derive(Debug)]
pub struct WebhooksConfig {
    /// The key that secrets are sealed under (`TOT_WEBHOOK_KEY`), at least 32 bytes.
    pub key: SecretString,
    /// The key before, under which older secrets are still opened (`TOT_WEBHOOK_KEY_PREVIOUS`).
    pub key_previous: Option<SecretString>,
    /// Whether endpoints on this machine are called, with `http`, too (`TOT_WEBHOOK_LOOPBACK`): for development alone.
    pub loopback: bool,
}

impl WebhooksConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            key: reader.secret("TOT_WEBHOOK_KEY", SECRET_BYTES_MIN),
            key_previous: reader.optional_secret("TOT_WEBHOOK_KEY_PREVIOUS", SECRET_BYTES_MIN),
            loopback: reader.switch("TOT_WEBHOOK_LOOPBACK"),
        }
    }
}
