//! Work on tables in use: a lock is waited for briefly, given up, and tried for again.

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool};

use crate::error::MigrationError;

/// How a lock is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long at once; whoever comes behind waits as long at most.
    pub wait: Duration,
    /// The pause before the next try, in which those behind go on.
    pub pause: Duration,
    /// How many tries are made.
    pub tries_max: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(1),
            pause: Duration::from_millis(500),
            tries_max: 600,
        }
    }
}

/// Does the work on a connection of its own, anew on another one each time it met a lock that was not granted in time.
///
/// # Errors
/// What the work ends with.
pub async fn with<T>(
    pool: &PgPool,
    patience: Patience,
    mut work: impl AsyncFnMut(&mut PgConnection) -> Result<T, MigrationError>,
) -> Result<T, MigrationError> {
    let options = pool
        .connect_options()
        .as_ref()
        .clone()
        .options([("lock_timeout", patience.wait.as_millis().to_string())]);
    let mut tries = 0;
    loop {
        let mut connection = PgConnection::connect_with(&options)
            .await
            .map_err(MigrationError::Unreachable)?;
        tries += 1;
        match work(&mut connection).await {
            Ok(done) => {
                connection.close().await.map_err(MigrationError::Unreachable)?;
                return Ok(done);
            }
            // The connection goes, and with it the lock that keeps other runs waiting.
            Err(error) if error.is_lock_wait() && tries < patience.tries_max => {
                tracing::info!(tries, "a table is in use, the migration is tried again");
            }
            Err(error) => return Err(error),
        }
        drop(connection);
        tokio::time::sleep(patience.pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use dev_stack::TestDatabase;

    use super::*;

    #[tokio::test]
    async fn a_migration_waits_for_who_uses_a_table_and_nobody_waits_long_behind_it() {
        let database = TestDatabase::create().await.unwrap();
        let (owner, app) = (database.owner_url(), database.app_url());
        let mut analyst = PgConnection::connect(app).await.unwrap();
        let mut reader = PgConnection::connect(app).await.unwrap();
        // Only the owner sees what the owner's sessions wait for.
        let mut watcher = PgConnection::connect(owner).await.unwrap();
        let count = "select count(*) from process_starts";
        let mut looking = analyst.begin().await.unwrap();
        sqlx::query(count).execute(&mut *looking).await.unwrap();

        let pool = PgPool::connect_lazy(owner).unwrap();
        let patience = Patience {
            wait: Duration::from_millis(200),
            pause: Duration::from_millis(50),
            ..Patience::default()
        };
        let mut tries = 0;
        let migrating = with(&pool, patience, async |connection| {
            tries += 1;
            let change = sqlx::query("alter table process_starts add column remark text");
            change.execute(connection).await?;
            Ok(())
        });
        let reading = async {
            while !waits(&mut watcher).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let began = Instant::now();
            sqlx::query(count).execute(&mut reader).await.unwrap();
            let took = began.elapsed();
            // Only now the one whom the migration waits for is gone.
            looking.commit().await.unwrap();
            took
        };
        let (migrated, took) = tokio::join!(migrating, reading);
        migrated.unwrap();
        assert!(tries > 1, "it was tried again");
        assert!(took < Duration::from_secs(2), "a reader waited {took:?}");
        sqlx::query("select remark from process_starts")
            .execute(&mut reader)
            .await
            .unwrap();
    }

    /// Whether somebody waits for a lock in this database.
    async fn waits(connection: &mut PgConnection) -> bool {
        sqlx::query_scalar(
            "select exists (select from pg_stat_activity
                            where datname = current_database() and wait_event_type = 'Lock')",
        )
        .fetch_one(connection)
        .await
        .unwrap()
    }
}
