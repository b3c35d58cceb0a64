//! What the log of a database is at the moment of a snapshot that `pg_dump` copies too.

use audit::verify::other_logs;
use audit::{heads, stored_tree};
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::address::DatabaseAddress;
use crate::error::BackupError;
use crate::manifest::SourceLog;

/// A snapshot that others may take part in as long as this lives.
pub struct Snapshot {
    connection: PgConnection,
    /// What `pg_dump` is told.
    pub name: String,
    /// When it was taken, by the server's clock.
    pub taken_at: Timestamp,
    /// The server's version as a number, such as 180006.
    pub server_version: u32,
    /// The number of the newest migration of the tables.
    pub migration: i64,
    /// The log.
    pub log: SourceLog,
}

impl Snapshot {
    /// Takes one.
    ///
    /// # Errors
    /// The database cannot be reached, or holds no platform.
    pub async fn take(address: &DatabaseAddress) -> Result<Self, BackupError> {
        let mut connection = connect(address).await?;
        sqlx::raw_sql("begin transaction isolation level repeatable read read only")
            .execute(&mut connection)
            .await?;
        let server_version = server_version(&mut connection).await?;
        let has_log: bool = sqlx::query_scalar(
            "select to_regclass('log_identity') is not null and to_regclass('_sqlx_migrations') is not null",
        )
        .fetch_one(&mut connection)
        .await?;
        if !has_log {
            return Err(BackupError::NoPlatform(address.to_string()));
        }
        let name = sqlx::query_scalar("select pg_export_snapshot()")
            .fetch_one(&mut connection)
            .await?;
        let migration = sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations")
            .fetch_one(&mut connection)
            .await?;
        let taken_us: i64 =
            sqlx::query_scalar("select (extract(epoch from clock_timestamp()) * 1000000)::bigint")
                .fetch_one(&mut connection)
                .await?;
        let log = log_of(&mut connection).await?;
        let log = log.ok_or_else(|| BackupError::NoIdentity(address.to_string()))?;
        Ok(Self {
            connection,
            name,
            taken_at: Timestamp::from_microsecond(taken_us).unwrap_or(Timestamp::UNIX_EPOCH),
            server_version,
            migration,
            log,
        })
    }

    /// Lets it go.
    pub async fn end(self) {
        // Nothing was written in it.
        drop(self.connection.close().await);
    }
}

/// None of a log without an identity.
async fn log_of(connection: &mut PgConnection) -> Result<Option<SourceLog>, BackupError> {
    let log_id: Option<Uuid> = sqlx::query_scalar("select log_id from log_identity")
        .fetch_optional(&mut *connection)
        .await?;
    let Some(log_id) = log_id else { return Ok(None) };
    let last: Option<(i64, i64)> = sqlx::query_as(
        "select position, (extract(epoch from recorded_at) * 1000000)::bigint from events order by position desc limit 1",
    )
    .fetch_optional(&mut *connection)
    .await?;
    let tree = stored_tree(connection).await?;
    let head = heads::last(connection, log_id).await?;
    let former_logs = other_logs::claimed(connection).await?;
    Ok(Some(SourceLog {
        log_id,
        position: last.map_or(0, |(position, _)| position),
        recorded_at: last.and_then(|(_, microseconds)| Timestamp::from_microsecond(microseconds).ok()),
        tree,
        head: head.map(|head| head.head),
        former_logs,
    }))
}

/// A connection to the database of this address.
pub async fn connect(address: &DatabaseAddress) -> Result<PgConnection, BackupError> {
    PgConnection::connect_with(&address.options())
        .await
        .map_err(|error| BackupError::Unreachable(address.to_string(), error))
}

/// The server's version as a number, such as 180006.
pub async fn server_version(connection: &mut PgConnection) -> Result<u32, BackupError> {
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(connection)
        .await?;
    Ok(version.unsigned_abs())
}

/// The major version in a version's number.
pub const fn major(version: u32) -> u32 {
    version / 10_000
}
