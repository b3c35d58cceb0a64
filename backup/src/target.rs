//! The database that a backup is restored into: empty before, with an identity of its own at the end.

use audit::verify::other_logs::FormerLog;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::error::BackupError;

/// What somebody made in a database: all but what every database has, and what extensions brought.
const OBJECTS: &str = "
    with ours as (
        select oid from pg_namespace
        where nspname !~ '^pg_' and nspname <> 'information_schema'
    ), made as (
        select c.oid, 'pg_class'::regclass as of from pg_class c join ours on ours.oid = c.relnamespace
        union all select p.oid, 'pg_proc'::regclass from pg_proc p join ours on ours.oid = p.pronamespace
        union all select t.oid, 'pg_type'::regclass from pg_type t join ours on ours.oid = t.typnamespace
            where t.typrelid = 0 and t.typelem = 0
    )
    select count(*) from made
    where not exists (
        select from pg_depend d where d.classid = made.of and d.objid = made.oid and d.deptype = 'e')";

/// How many tables, functions and types somebody made in the database.
pub async fn objects(connection: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar(OBJECTS).fetch_one(connection).await
}

/// How many facts the log holds, and the position of the last one.
pub async fn facts(connection: &mut PgConnection) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as("select count(*), coalesce(max(position), 0) from events")
        .fetch_one(connection)
        .await
}

/// Statistics, without which the first queries would be planned blindly.
pub async fn analyze(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("analyze").execute(connection).await.map(drop)
}

/// Keeps which logs this one comes from, and draws its identity: from here on processes open it.
///
/// # Errors
/// There is one already, so somebody else was here; or what Postgres answers.
pub async fn draw_identity(
    connection: &mut PgConnection,
    former_logs: &[FormerLog],
) -> Result<Uuid, BackupError> {
    let mut tx = connection.begin().await?;
    for former in former_logs {
        // Of an empty log nothing was ever signed, and of one without a position nothing is known.
        let until = former.until.and_then(|until| i64::try_from(until).ok());
        let Some(until) = until.filter(|until| *until > 0) else {
            continue;
        };
        sqlx::query(
            "insert into former_logs (log_id, until) values ($1, $2) on conflict (log_id) do nothing",
        )
        .bind(former.log_id)
        .bind(until)
        .execute(&mut *tx)
        .await?;
    }
    let drawn = sqlx::query_scalar(
        "insert into log_identity (log_id, drawn_at) values (gen_random_uuid(), clock_timestamp()) returning log_id",
    );
    let log_id = drawn.fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(log_id)
}
