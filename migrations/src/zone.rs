//! The zone in which the platform's days and months begin, of the dates that analysts see.

use sqlx::PgPool;

use crate::error::MigrationError;

/// Fails unless Postgres knows `zone`; needs no table, so that it can be asked before anything is migrated.
///
/// # Errors
/// [`MigrationError::Zone`].
pub async fn check_zone(pool: &PgPool, zone: &str) -> Result<(), MigrationError> {
    sqlx::query("select clock_timestamp() at time zone $1::text")
        .bind(zone)
        .execute(pool)
        .await
        .map(drop)
        .map_err(MigrationError::Zone)
}

/// Sets the zone, after [`crate::run`].
///
/// # Errors
/// [`MigrationError::Zone`] when Postgres knows no such zone, or the database refuses.
pub async fn set_zone(pool: &PgPool, zone: &str) -> Result<(), MigrationError> {
    sqlx::query("update analytics_private.settings set zone = $1 where zone <> $1")
        .bind(zone)
        .execute(pool)
        .await
        .map(drop)
        .map_err(MigrationError::Zone)
}
