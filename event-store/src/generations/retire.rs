//! Drops a generation that readers have left, and keeps no reader waiting meanwhile.

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool};

/// How long one statement waits for a lock; whoever comes behind it waits as long at most.
const LOCK_WAIT: &str = "1s";
/// The pause before the next try, in which those who waited behind the last one go on.
const PAUSE: Duration = Duration::from_millis(500);
/// How often a lock is tried for before the operator is told; another run goes on where this one ended.
const TRIES_MAX: u32 = 60;
/// SQLSTATEs of a lock that was not granted in time, or that could never be.
const LOCK_WAITS: [&str; 2] = ["55P03", "40P01"];

/// How the next partition of the generation leaves its table: beside readers, who at no moment find the table locked; or to
/// the end, where a try before was interrupted. Nothing of a generation that readers see.
const NEXT: &str = "select format('alter table public.%I detach partition public.%I %s', parent.relname, part.relname,
            case when i.inhdetachpending then 'finalize' else 'concurrently' end)
     from pg_inherits i
     join pg_class part on part.oid = i.inhrelid
     join pg_class parent on parent.oid = i.inhparent
     where parent.relnamespace = 'public'::regnamespace
       and (parent.relname = $1 or parent.relname in (select t.table_name from model_tables t where t.model = $1))
       and part.relname = format('%s_g%s', parent.relname, $2)
       and not exists (select from read_models r where r.model = $1 and r.live_generation = $2)
     order by part.relname limit 1";

/// Drops the tables and the checkpoints of a generation nobody reads. `owner` connects as the owner of the tables: nobody
/// else may take a partition out of its table without locking its readers out.
///
/// # Errors
/// When it is live (SQLSTATE `object_in_use`), when somebody keeps a lock on it for too long (`lock_not_available`; again
/// goes on), or when the database cannot be used.
pub async fn drop_generation(owner: &PgPool, model: &str, generation: i32) -> Result<(), sqlx::Error> {
    let options = owner.connect_options().as_ref().clone();
    let mut connection = PgConnection::connect_with(&options.options([("lock_timeout", LOCK_WAIT)])).await?;
    let mut tries = 0;
    loop {
        match step(&mut connection, model, generation).await {
            Ok(true) => return connection.close().await,
            Ok(false) => {}
            Err(error) if tries < TRIES_MAX && is_lock_wait(&error) => {
                tries += 1;
                tracing::info!(
                    model,
                    generation,
                    "the tables are in use, their drop is tried again"
                );
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Takes one partition out, or drops what has been taken out; whether that was the end.
async fn step(connection: &mut PgConnection, model: &str, generation: i32) -> Result<bool, sqlx::Error> {
    let next: Option<String> = sqlx::query_scalar(NEXT)
        .bind(model)
        .bind(generation)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(detach) = next else {
        sqlx::query("select drop_generation($1, $2)")
            .bind(model)
            .bind(generation)
            .execute(connection)
            .await?;
        return Ok(true);
    };
    sqlx::raw_sql(&detach).execute(connection).await?;
    Ok(false)
}

fn is_lock_wait(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| LOCK_WAITS.contains(&code.as_ref()))
}
