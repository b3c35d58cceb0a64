//! What the API and whoever delivers are given.

use std::sync::Arc;

use sqlx::PgPool;

use crate::address::Loopback;
use crate::secret::WebhookKeys;

/// The webhooks of one platform. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    /// Where endpoints and deliveries are kept: the log's own database.
    pub pool: PgPool,
    /// What secrets are sealed under.
    pub keys: Arc<WebhookKeys>,
    /// Whether endpoints on this machine are allowed: for development alone.
    pub loopback: Loopback,
}
