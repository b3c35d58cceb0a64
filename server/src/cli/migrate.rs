//! `tot migrate`: brings the database to this version's shape, as its owner.

use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::postgres::PgPoolOptions;

use super::output::{self, Format, OutputError};
use crate::config::{ConfigErrors, Environment, MigrateConfig};

/// Why the database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The database cannot be reached.
    #[error("the database at TOT_DATABASE_OWNER_URL cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    #[error("the database could not be migrated")]
    Migration(#[from] migrations::MigrationError),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Migrates, grants and sets the zone; running it again changes nothing.
pub async fn run(environment: &Environment, format: Format) -> Result<(), MigrateError> {
    let config = MigrateConfig::read(environment)?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(config.owner.url.expose_secret())
        .await
        .map_err(MigrateError::Unreachable)?;
    if let Some(zone) = &config.zone {
        // Our list of zones is newer than many a Postgres'.
        migrations::check_zone(&pool, zone.as_str()).await?;
    }
    let missing = migrations::run(&pool, &config.app_role).await?;
    if let Some(zone) = &config.zone {
        migrations::set_zone(&pool, zone.as_str()).await?;
    }
    let shape = json!({"shape": migrations::digest(), "missing_roles": missing});
    output::print(format, &shape, |_| {
        let shape = "The database has this version's shape.";
        match missing.as_slice() {
            [] => shape.to_owned(),
            missing => format!(
                "{shape} There is no role {}: until they are made (docs/how-to/go-live.md), these processes need the rights \
                 of {}.",
                missing.join(", "),
                config.app_role
            ),
        }
    })?;
    Ok(())
}
