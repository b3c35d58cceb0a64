//! Sets the clock of one database ahead, for every process that works on it; production has no such door.

use url::Url;

use crate::cluster::{connect, execute};
use crate::fault::StackFault;

/// Replaces the migrations' `house_now()`, which everything that is due is judged by, with one that adds an offset.
const INSTALL: &str = "
begin;
select pg_advisory_xact_lock(7305813);
create table if not exists dev_clock (only_row boolean primary key default true check (only_row), ahead interval not null);
insert into dev_clock (ahead) values (interval '0') on conflict do nothing;
grant select on dev_clock to public;
create or replace function house_now() returns timestamptz language sql volatile as
    $$ select clock_timestamp() + (select ahead from dev_clock) $$;
commit;
";

/// Moves `house_now()` of the database at `owner_url` ahead by `seconds` (back, when negative), on top of earlier moves.
///
/// # Errors
/// What Postgres answers; the address must be the owner's.
pub async fn advance_clock(owner_url: &str, seconds: i64) -> Result<(), StackFault> {
    let url = Url::parse(owner_url).map_err(|_| StackFault::Address("the owner's address"))?;
    let mut connection = connect(&url).await?;
    execute(&mut connection, INSTALL, "install the clock").await?;
    sqlx::query("update dev_clock set ahead = ahead + $1 * interval '1 second'")
        .bind(seconds)
        .execute(&mut connection)
        .await
        .map_err(StackFault::database("move the clock"))?;
    Ok(())
}
