//! `tot migrate`: brings the database to this version's shape, as its owner.

use identity::{IdentityError, KeyError, MasterKeys, encrypt_what_is_plain, is_all_sealed};
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::output::{self, Format, OutputError};
use super::progress::Progress;
use crate::config::{ConfigErrors, Environment, MasterKeysConfig, MigrateConfig, OwnerConfig};

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
    /// The file of master keys is not what it should be.
    #[error("the master keys cannot be used")]
    MasterKeys(#[source] KeyError),
    /// Nothing is lost: run again, it goes on where it stopped.
    #[error(
        "personal data of before could not all be encrypted; run `tot migrate` again, it goes on from there"
    )]
    Encryption(#[source] IdentityError),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Migrates, grants and sets the zone; running it again changes nothing.
pub async fn run(environment: &Environment, format: Format) -> Result<(), MigrateError> {
    let config = MigrateConfig::read(environment)?;
    let pool = connect(&config.owner).await?;
    if let Some(zone) = &config.zone {
        // Our list of zones is newer than many a Postgres'.
        migrations::check_zone(&pool, zone.as_str()).await?;
    }
    let missing = migrations::run(&pool, &config.app_role).await?;
    if let Some(zone) = &config.zone {
        migrations::set_zone(&pool, zone.as_str()).await?;
    }
    let encrypted = encrypt(&pool, environment).await?;
    let shape = json!({"shape": migrations::digest(), "missing_roles": missing, "encrypted": encrypted});
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

/// Encrypts what a release before wrote in plain text, if anything is, in the database whose owner the environment names.
pub async fn encrypt_what_is_left(environment: &Environment) -> Result<u64, MigrateError> {
    let owner = OwnerConfig::read(environment)?;
    let pool = connect(&owner).await?;
    encrypt(&pool, environment).await
}

async fn connect(owner: &OwnerConfig) -> Result<PgPool, MigrateError> {
    PgPoolOptions::new()
        .max_connections(1)
        .connect(owner.url.expose_secret())
        .await
        .map_err(MigrateError::Unreachable)
}

/// Answers how many rows there were.
async fn encrypt(pool: &PgPool, environment: &Environment) -> Result<u64, MigrateError> {
    if is_all_sealed(pool).await.map_err(MigrateError::Encryption)? {
        return Ok(0);
    }
    let config = MasterKeysConfig::read(environment)?;
    let master = MasterKeys::load(&config.path).map_err(MigrateError::MasterKeys)?;
    let mut progress = Progress::new("encrypted");
    let done = encrypt_what_is_plain(pool, &master, |reached| progress.tell(reached.done, reached.of)).await;
    done.map_err(MigrateError::Encryption)
}
