//! What each database role may do, set anew after every migration.

use sqlx::{Connection, PgConnection};

use crate::analysts;
use crate::error::MigrationError;
use crate::roles::{self, ServingRole};

/// Postgres cuts names off after so many bytes.
const ROLE_NAME_BYTES_MAX: usize = 63;

/// Of the application as a whole, for each schema of ours, in order; `{schema}` and `{role}` are filled in.
const PER_SCHEMA: &[&str] = &[
    "grant usage on schema {schema} to {role}",
    "grant select, insert, update, delete on all tables in schema {schema} to {role}",
    "grant usage, select on all sequences in schema {schema} to {role}",
    "grant execute on all functions in schema {schema} to {role}",
    // Tables made later by the owner's functions (generations of read models) are born with the same grants.
    "alter default privileges in schema {schema} grant select, insert, update, delete on tables to {role}",
    "alter default privileges in schema {schema} grant usage, select on sequences to {role}",
    "alter default privileges in schema {schema} grant execute on functions to {role}",
];

/// What the application may not touch although it stands beside what it may. `public` means every other role.
const EXCEPTIONS: &[&str] = &[
    // Facts enter through `append_facts`, which works with its owner's rights.
    "revoke all on events from public, {role}",
    "grant select on events to {role}",
    // What the notary wrote is as final as what it is about.
    "revoke all on notary_leaves, notary_nodes, notary_heads from public, {role}",
    "grant select, insert on notary_leaves, notary_nodes, notary_heads to {role}",
    "revoke all on log_identity from public, {role}",
    "grant select on log_identity to {role}",
    "revoke all on function renew_log_identity() from public, {role}",
    "revoke all on no_op_commands from public, {role}",
    "grant select on no_op_commands to {role}",
    "revoke all on _sqlx_migrations from public, {role}",
    // Run with the owner's rights when a generation is indexed.
    "revoke insert, update, delete on model_indexes from public, {role}",
    "grant select on _sqlx_migrations to {role}",
    // Who read whose personal data, and what staff had done, is written and never rewritten.
    "revoke update, delete, truncate on identity.personal_data_uses, identity.operator_acts from public, {role}",
    "revoke update, delete, truncate on identity.command_line_acts, identity.command_line_results from public, {role}",
    "revoke update, delete, truncate on identity.security_events from public, {role}",
    "revoke update, delete, truncate on identity.consents from public, {role}",
    "revoke delete, truncate on identity.erasures from public, {role}",
    "revoke all on function identity.purge_audit_trail(timestamptz, integer) from public, {role}",
    // Where a log says that it comes from is the owner's word: with it a hidden past could be excused.
    "revoke insert, update, delete, truncate on former_logs from public, {role}",
    // Analysts' views are read with the owner's rights; the key of pseudonyms is nobody's else.
    "revoke insert, update, delete on all tables in schema analytics from public, {role}",
    "revoke all on all tables in schema analytics_private from public, {role}",
    "revoke all on schema analytics_private from public, {role}",
    "revoke all on function analytics.position_at(timestamptz) from public",
    analysts::NO_TEMPORARY_OBJECTS,
];

/// A role's name that needs no quoting.
pub struct Role(String);

impl Role {
    /// The role named `name`.
    ///
    /// # Errors
    /// [`MigrationError::Role`] unless it is plain.
    pub fn parse(name: &str) -> Result<Self, MigrationError> {
        let starts_well = name
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_lowercase() || first == b'_');
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if starts_well && plain && name.len() <= ROLE_NAME_BYTES_MAX {
            Ok(Self(name.to_owned()))
        } else {
            Err(MigrationError::Role(name.to_owned()))
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// Grants `role`, and each serving role that there is, its privileges on everything that exists now, all or nothing; answers
/// the serving roles that there are not.
pub async fn apply(connection: &mut PgConnection, role: &Role) -> Result<Vec<&'static str>, MigrationError> {
    let mut transaction = connection.begin().await?;
    // Two runs at once would trip over each other's catalogue rows ("tuple concurrently updated").
    sqlx::query("select pg_advisory_xact_lock(7245300)")
        .execute(&mut *transaction)
        .await?;
    let schemas: Vec<String> = sqlx::query_scalar(
        "select quote_ident(nspname) from pg_namespace \
         where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1",
    )
    .fetch_all(&mut *transaction)
    .await?;
    for template in roles::DOORS {
        run(&mut transaction, template).await?;
    }
    for schema in &schemas {
        for template in PER_SCHEMA {
            let statement = template.replace("{schema}", schema).replace("{role}", &role.0);
            run(&mut transaction, &statement).await?;
        }
    }
    for template in EXCEPTIONS {
        run(&mut transaction, &template.replace("{role}", &role.0)).await?;
    }
    let read_models: Vec<String> = sqlx::query_scalar(
        "select quote_ident(relname) from pg_class \
         where relnamespace = 'public'::regnamespace and relkind in ('p', 'r') and (relkind = 'p' or relispartition)",
    )
    .fetch_all(&mut *transaction)
    .await?;
    let mut missing = Vec::new();
    for serving in ServingRole::ALL {
        if exists(&mut transaction, serving.name).await? {
            for statement in serving.statements(&schemas, &read_models.join(", ")) {
                run(&mut transaction, &statement).await?;
            }
        } else {
            missing.push(serving.name);
        }
    }
    analysts::apply(&mut transaction, &schemas).await?;
    transaction.commit().await?;
    Ok(missing)
}

/// Whether there is a role of this name.
pub async fn exists(connection: &mut PgConnection, role: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(role)
        .fetch_one(connection)
        .await
}

/// Runs one statement.
pub async fn run(connection: &mut PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(drop)
}

/// The grants' own text, for the digest.
pub fn text() -> String {
    let serving = ServingRole::ALL.iter().flat_map(|role| role.statements(&[], ""));
    roles::DOORS
        .iter()
        .chain(PER_SCHEMA)
        .chain(EXCEPTIONS)
        .map(|statement| (*statement).to_owned())
        .chain(serving)
        .chain(analysts::text())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_would_need_quoting_is_refused() {
        for name in [
            "",
            "Tot",
            "tot app",
            "tot;drop table events",
            "1tot",
            "tot\"",
            "a".repeat(64).as_str(),
        ] {
            assert!(Role::parse(name).is_err(), "{name:?}");
        }
        assert!(Role::parse("tot_app").is_ok());
    }
}
