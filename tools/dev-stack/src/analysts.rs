//! What a superuser does once for analysts: groups that the owner may give away, and functions that a login of theirs may not call.

use sqlx::PgConnection;

use crate::cluster::{OWNER_ROLE, execute};
use crate::error::StackError;

/// The groups of analysts' logins; the migrations know them by these names.
const GROUPS: [&str; 2] = ["tot_analyst", "tot_clinic_analyst"];

/// Makes a group, once; the lock lets two processes do this at the same time.
const MAKE: &str = "do $$ begin
    perform pg_advisory_xact_lock(7305812);
    if not exists (select from pg_roles where rolname = '{group}') then create role {group} nologin; end if;
    grant {group} to {owner} with admin true, inherit false, set false;
end $$";

/// Closes to everybody else what every login of Postgres may: advisory locks, under one of which facts are appended, and large
/// objects. Of one database and its clones. deploy/postgres/10-roles.sh and docs/analysts.md say the same.
const CLOSE: &str = "do $$ declare it regprocedure; begin
    for it in select oid from pg_proc
              where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(pg_(try_)?advisory_|lo_creat|lo_from)' loop
        execute format('revoke execute on function %s from public', it);
        execute format('grant execute on function %s to tot_owner, tot_app, tot_api, tot_worker, tot_relay, tot_intents, tot_webhooks', it);
    end loop;
end $$;";

/// Makes the groups, as a superuser.
pub(crate) async fn make_groups(connection: &mut PgConnection) -> Result<(), StackError> {
    for group in GROUPS {
        let make = MAKE.replace("{group}", group).replace("{owner}", OWNER_ROLE);
        execute(connection, &make, "make the analysts' groups").await?;
    }
    Ok(())
}

/// Closes the functions in the database of this connection, a superuser's.
pub(crate) async fn close_functions(connection: &mut PgConnection) -> Result<(), StackError> {
    // One transaction; the lock lets two processes do this at the same time.
    let statement = format!("select pg_advisory_xact_lock(7305812); {CLOSE}");
    execute(connection, &statement, "close functions to the public").await
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::CLOSE;

    #[test]
    fn deployments_close_what_is_closed_here() {
        let wanted = CLOSE.split_whitespace().collect::<Vec<_>>().join(" ");
        for file in ["deploy/postgres/10-roles.sh", "docs/analysts.md"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
            let text = fs::read_to_string(&path).unwrap_or_default();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&wanted), "{file} does not say: {wanted}");
        }
    }
}
