#![doc = include_str!("../README.md")]

mod analysts;
mod error;
mod grants;
mod logins;
mod patience;
mod roles;
mod sessions;
mod zone;

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use uuid::Uuid;

pub use error::MigrationError;
pub use logins::{AnalystError, AnalystLogin, create_analyst, list_analysts};
pub use sessions::{ServerSessions, server_sessions};
pub use zone::{check_zone, set_zone};

use patience::Patience;

static MIGRATOR: Migrator = sqlx::migrate!("./sql");

/// Brings the database behind `pool` (connected as its owner) to the newest shape, then grants the role `app_role` what
/// the application as a whole needs and nothing more, and each serving role (`tot_api`, `tot_worker`, `tot_relay`,
/// `tot_intents`, `tot_webhooks`) what its processes need. Facts may be read, and added by `append_facts`, never changed. Answers the
/// serving roles that do not exist: making them takes rights that the owner need not have. The groups of analysts
/// (`tot_analyst`, `tot_clinic_analyst`) are made by an owner who may, else passed over until somebody else has.
///
/// Running it again changes nothing. Concurrent runs wait for each other. A lock that is not granted within a second is
/// given up and tried for again later, so that nobody waits long behind a migration that waits for somebody.
///
/// # Errors
/// [`MigrationError`] when the role's name is not a plain one, a migration was edited after it ran here, or the
/// database refuses.
pub async fn run(pool: &PgPool, app_role: &str) -> Result<Vec<&'static str>, MigrationError> {
    let role = grants::Role::parse(app_role)?;
    patience::with(pool, Patience::default(), async |connection| {
        MIGRATOR.run(&mut *connection).await?;
        grants::apply(connection, &role).await
    })
    .await
}

/// A name for exactly this set of migrations and grants: 32 lower-case hex digits that change when any of them does.
pub fn digest() -> String {
    let mut content = Vec::new();
    for migration in MIGRATOR.iter() {
        content.extend_from_slice(&migration.version.to_be_bytes());
        content.extend_from_slice(&migration.checksum);
    }
    content.extend_from_slice(grants::text().as_bytes());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &content).simple().to_string()
}

/// The number of the newest migration: a database with a higher one was made by a newer release.
pub fn newest() -> i64 {
    MIGRATOR
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_a_name_that_stays_the_same() {
        assert_eq!(digest(), digest());
        assert_eq!(digest().len(), 32);
        assert!(digest().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn migrations_are_numbered_once_each_and_in_order() {
        // Numbers are handed out to work that goes on side by side: one that is not used after all stays free.
        let versions: Vec<i64> = MIGRATOR.iter().map(|migration| migration.version).collect();
        assert!(
            versions.is_sorted_by(|before, after| before < after),
            "{versions:?}"
        );
    }
}
