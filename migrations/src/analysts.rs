//! The database roles of analysts: they read the schema `analytics` and nothing else.
//!
//! Logins are members of one of two groups. Settings of a group do not reach its members, so each login gets its own; its
//! owner may change them for a session, hence nothing rests on them: rights and the number of connections bound an analyst.

use sqlx::PgConnection;

use crate::grants::{exists, run};

/// Sees everything of the schema.
pub const ANALYST: &str = "tot_analyst";
/// Sees what is of the clinic that `analytics_private.clinic_logins` names for the login.
pub const CLINIC_ANALYST: &str = "tot_clinic_analyst";
/// Both groups; the views know the second one by its name.
pub const ROLES: [&str; 2] = [ANALYST, CLINIC_ANALYST];

/// Made by an owner who may make roles; else by whoever sets the database up. Roles are the whole server's: another database's
/// migration may make it at the same time.
const MAKE: &str = "do $$ begin
    create role {role} nologin;
exception when duplicate_object or unique_violation or insufficient_privilege then
    null;
end $$";

/// What both groups may do, after everything was taken from them.
const GRANTS: [&str; 3] = [
    "grant usage on schema analytics to {role}",
    "grant select on all tables in schema analytics to {role}",
    "grant execute on function analytics.position_at(timestamptz) to {role}",
];

/// Temporary tables and functions are for whoever serves. Somebody else's database is left as it is.
pub const NO_TEMPORARY_OBJECTS: &str = "do $$ begin
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to {role}', current_database());
exception when insufficient_privilege then
    null;
end $$";

/// How sessions of members begin. Logins that somebody else made, and may alone alter, are left as they are.
pub const SESSIONS: &str = "do $$
declare
    login name;
    setting text;
begin
    for login in
        select r.rolname from pg_roles r
        where r.rolcanlogin and not r.rolsuper and exists (
            select from pg_roles g
            where g.rolname in ('tot_analyst', 'tot_clinic_analyst')
              and (pg_has_role(r.oid, g.oid, 'USAGE') or pg_has_role(r.oid, g.oid, 'SET')))
    loop
        begin
            foreach setting in array array[
                'default_transaction_read_only = on', 'statement_timeout = ''30s''', 'lock_timeout = ''5s''',
                'idle_in_transaction_session_timeout = ''60s''', 'search_path = analytics', 'timezone = ''UTC''',
                -- While a client does not read its answer, no other time-out of Postgres (18.6) ends its statement.
                'tcp_user_timeout = ''30s''',
                -- One query takes one core, and leaves the others to those who book.
                'max_parallel_workers_per_gather = 0']
            loop
                execute format('alter role %I set ', login) || setting;
            end loop;
        -- Another database's migration may set the same at the same time.
        exception when insufficient_privilege or internal_error then
            raise warning 'the sessions of % begin as they did before', login;
        end;
    end loop;
end $$";

/// What makes the groups and gives them their rights, whatever they had before; a group that cannot be made is passed over.
pub async fn apply(connection: &mut PgConnection, schemas: &[String]) -> Result<(), sqlx::Error> {
    for role in ROLES {
        run(connection, &MAKE.replace("{role}", role)).await?;
        if exists(connection, role).await? {
            for statement in statements(role, schemas) {
                run(connection, &statement).await?;
            }
        } else {
            tracing::info!(role, "there is no role for analysts, and its making was refused");
        }
    }
    run(connection, SESSIONS).await
}

/// What gives a group its rights, in order.
pub fn statements(role: &str, schemas: &[String]) -> Vec<String> {
    let taken = schemas.iter().flat_map(|schema| {
        [
            format!("revoke all on schema {schema} from {role}"),
            format!("revoke all on all tables in schema {schema} from {role}"),
            format!("revoke all on all functions in schema {schema} from {role}"),
            format!("alter default privileges in schema {schema} revoke all on tables from {role}"),
        ]
    });
    let given = GRANTS.iter().map(|statement| statement.replace("{role}", role));
    taken.chain(given).collect()
}

/// The groups' rights and defaults as text, for the digest.
pub fn text() -> impl Iterator<Item = String> {
    ROLES
        .into_iter()
        .flat_map(|role| statements(role, &[]))
        .chain([NO_TEMPORARY_OBJECTS, SESSIONS].map(str::to_owned))
}
