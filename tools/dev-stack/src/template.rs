//! The migrated database that every test's own database is cloned from.

use sqlx::postgres::PgPoolOptions;
use url::Url;

use crate::cluster::{APP_ROLE, Cluster, OWNER_ROLE, connect, execute, quoted};
use crate::error::StackError;

/// A template's name is this, the migrations' digest and the number of its run; its clones carry both as well.
const TEMPLATE_PREFIX: &str = "tot_template_";

/// How much of the digest is told: enough to recognise it by. Postgres' names end at 63 bytes.
const DIGEST_CHARS: usize = 12;

/// The template of one test run.
///
/// It is made anew for each run, which costs a second and can never be older than the migrations.
pub struct Template<'a> {
    cluster: &'a Cluster,
    /// The name of the template database.
    pub name: String,
}

impl<'a> Template<'a> {
    /// Makes and migrates it, then closes it to connections, so that cloning never waits for one.
    ///
    /// # Errors
    /// What Postgres or the migrations answer.
    pub async fn make(cluster: &'a Cluster) -> Result<Template<'a>, StackError> {
        let digest: String = migrations::digest().chars().take(DIGEST_CHARS).collect();
        let name = format!("{TEMPLATE_PREFIX}{digest}_{:08x}", rand::random::<u32>());
        cluster.migrated_database(&name).await?;
        let mut connection = connect(&maintenance(cluster)?).await?;
        let close = format!("alter database {} allow_connections false", quoted(&name));
        execute(&mut connection, &close, "close the template").await?;
        Ok(Template { cluster, name })
    }

    /// Removes it and every clone that a killed test left behind.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn remove(self) -> Result<(), StackError> {
        let mut connection = connect(&maintenance(self.cluster)?).await?;
        let clones: Vec<String> =
            sqlx::query_scalar("select datname from pg_database where starts_with(datname, $1)")
                .bind(clone_prefix(&self.name))
                .fetch_all(&mut connection)
                .await
                .map_err(StackError::database("look for clones"))?;
        for name in clones.iter().chain([&self.name]) {
            let drop = format!("drop database if exists {} with (force)", quoted(name));
            execute(&mut connection, &drop, "drop a database").await?;
        }
        Ok(())
    }
}

/// What the names of this template's clones start with.
pub(crate) fn clone_prefix(template: &str) -> String {
    format!("tot_test_{}_", template.trim_start_matches(TEMPLATE_PREFIX))
}

/// The statement that clones a template. `wal_log` copies through the log: no checkpoint, 25 ms.
pub(crate) fn clone_statement(template: &str, name: &str) -> String {
    format!(
        "create database {} template {} strategy wal_log owner {OWNER_ROLE}",
        quoted(name),
        quoted(template)
    )
}

/// Brings a database up to date, as its owner.
pub(crate) async fn migrate(owner_url: &str) -> Result<(), StackError> {
    let pool = PgPoolOptions::new().max_connections(2).connect(owner_url).await;
    let pool = pool.map_err(StackError::database("take a connection"))?;
    let migrated = migrations::run(&pool, APP_ROLE).await;
    pool.close().await;
    migrated.map(drop).map_err(StackError::Migrations)
}

fn maintenance(cluster: &Cluster) -> Result<Url, StackError> {
    Url::parse(cluster.maintenance_url()).map_err(|_| StackError::Address("DATABASE_URL"))
}
