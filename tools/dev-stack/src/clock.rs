//! Database time that can be moved: for development and tests, where a database's `house_now()` is replaced by one with an
//! offset. A deployment's is the real clock, and nothing here moves that.

use url::Url;

use crate::cluster::{connect, execute};
use crate::error::StackError;

/// Replaces the migrations' `house_now()`, which everything that is due is judged by, with one that adds an offset. Only
/// the owner can; whoever works on the database may move the offset afterwards. Names are whole: a session of an analyst,
/// which comes here through the views, looks for others in the schema `analytics`.
const INSTALL: &str = "
begin;
select pg_advisory_xact_lock(7305813);
create table if not exists public.dev_clock (only_row boolean primary key default true check (only_row), ahead interval not null);
insert into public.dev_clock (ahead) values (interval '0') on conflict do nothing;
grant select on public.dev_clock to public;
create or replace function house_now() returns timestamptz language sql volatile as
    $$ select clock_timestamp() + (select ahead from public.dev_clock) $$;
create or replace function advance_dev_clock(seconds bigint) returns void
    language sql volatile security definer set search_path from current as
    $$ update public.dev_clock set ahead = ahead + seconds * interval '1 second' $$;
commit;
";

/// Whether the offset is there, by what `house_now()` reads.
const IS_INSTALLED: &str =
    "select prosrc like '%dev_clock%' from pg_proc where oid = 'house_now()'::regprocedure";

/// Database time of one database, and how it stands to the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseClock {
    /// Database time in milliseconds since 1970.
    pub now_ms: i64,
    /// By how many seconds it is ahead of the database's real clock; none where it is the real clock and cannot be moved.
    pub ahead_seconds: Option<i64>,
}

/// Makes the clock of the database at `owner_url` one that [`move_clock`] moves; an offset that is there stays.
///
/// # Errors
/// What Postgres answers; the address must be the owner's.
pub async fn install_clock(owner_url: &str) -> Result<(), StackError> {
    let mut connection = connect(&parsed(owner_url)?).await?;
    execute(&mut connection, INSTALL, "install the clock").await
}

/// Database time of the database at `url`, in any role's name.
///
/// # Errors
/// What Postgres answers.
pub async fn read_clock(url: &str) -> Result<DatabaseClock, StackError> {
    let mut connection = connect(&parsed(url)?).await?;
    let installed: bool = sqlx::query_scalar(IS_INSTALLED)
        .fetch_one(&mut connection)
        .await
        .map_err(StackError::database("look at its clock"))?;
    let ahead = if installed {
        "(select extract(epoch from ahead)::bigint from public.dev_clock)"
    } else {
        "null::bigint"
    };
    let read = format!("select (extract(epoch from house_now()) * 1000)::bigint, {ahead}");
    let (now_ms, ahead_seconds) = sqlx::query_as(&read)
        .fetch_one(&mut connection)
        .await
        .map_err(StackError::database("read its clock"))?;
    Ok(DatabaseClock {
        now_ms,
        ahead_seconds,
    })
}

/// Moves the clock of the database at `url` ahead by `seconds` (back, when negative), on top of earlier moves.
///
/// # Errors
/// [`StackError::RealClock`] where [`install_clock`] has never been; else what Postgres answers.
pub async fn move_clock(url: &str, seconds: i64) -> Result<(), StackError> {
    let mut connection = connect(&parsed(url)?).await?;
    let installed: bool = sqlx::query_scalar(IS_INSTALLED)
        .fetch_one(&mut connection)
        .await
        .map_err(StackError::database("look at its clock"))?;
    if !installed {
        return Err(StackError::RealClock);
    }
    sqlx::query("select advance_dev_clock($1)")
        .bind(seconds)
        .execute(&mut connection)
        .await
        .map_err(StackError::database("move the clock"))?;
    Ok(())
}

/// [`install_clock`] and [`move_clock`], for tests.
///
/// # Errors
/// What Postgres answers; the address must be the owner's.
pub async fn advance_clock(owner_url: &str, seconds: i64) -> Result<(), StackError> {
    install_clock(owner_url).await?;
    move_clock(owner_url, seconds).await
}

fn parsed(url: &str) -> Result<Url, StackError> {
    Url::parse(url).map_err(|_| StackError::Address("the clock's address"))
}
