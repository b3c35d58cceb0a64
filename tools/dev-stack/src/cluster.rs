//! The databases and roles on a pair of servers, whoever started them.

use sqlx::{Connection as _, PgConnection};
use url::Url;

use crate::analysts;
use crate::error::StackError;
use crate::layout::Layout;
use crate::passwords::Passwords;
use crate::template;

/// The role that owns databases and tables, and migrates.
pub const OWNER_ROLE: &str = "tot_owner";
/// The role the platform works as; the migrations grant it what it may do.
pub const APP_ROLE: &str = "tot_app";
/// The roles of processes that play one part each; the migrations know them by these names.
pub const SERVING_ROLES: [&str; 5] = [
    "tot_api",
    "tot_worker",
    "tot_relay",
    "tot_intents",
    "tot_webhooks",
];

/// One Postgres with the platform's roles, and the NATS beside it.
pub struct Cluster {
    maintenance: Url,
    nats_url: String,
    owner_password: String,
    app_password: String,
    serving_password: String,
}

/// The addresses of one database, one per role.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Its address for the owner, who migrates.
    pub owner_url: String,
    /// Its address for the application.
    pub app_url: String,
}

impl Cluster {
    /// Your own servers, named by `DATABASE_URL` (a superuser's address) and `NATS_URL`; none when neither is set. The
    /// roles [`OWNER_ROLE`], [`APP_ROLE`] and [`SERVING_ROLES`] are made there, with passwords kept in `.tot/data`.
    ///
    /// # Errors
    /// [`StackError::HalfOwnServers`] when one variable is missing, or what Postgres answers.
    pub async fn from_env() -> Result<Option<Cluster>, StackError> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        match (set("DATABASE_URL"), set("NATS_URL")) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(StackError::HalfOwnServers {
                set: "DATABASE_URL",
                missing: "NATS_URL",
            }),
            (None, Some(_)) => Err(StackError::HalfOwnServers {
                set: "NATS_URL",
                missing: "DATABASE_URL",
            }),
            (Some(database_url), Some(nats_url)) => {
                let folder = Layout::beside_workspace()?.data;
                std::fs::create_dir_all(&folder).map_err(StackError::file("create", &folder))?;
                let passwords = Passwords::of(&folder)?;
                Ok(Some(Cluster::prepare(&database_url, nats_url, &passwords).await?))
            }
        }
    }

    /// Makes the roles, or gives them these passwords.
    pub(crate) async fn prepare(
        url: &str,
        nats_url: String,
        passwords: &Passwords,
    ) -> Result<Cluster, StackError> {
        let maintenance = Url::parse(url).map_err(|_| StackError::Address("DATABASE_URL"))?;
        let mut connection = connect(&maintenance).await?;
        let serving = SERVING_ROLES.map(|role| (role, "login", &passwords.serving));
        // It makes analysts' logins.
        let owner = (OWNER_ROLE, "login createdb createrole", &passwords.owner);
        for (role, rights, password) in [owner, (APP_ROLE, "login", &passwords.app)]
            .into_iter()
            .chain(serving)
        {
            // One statement, so one transaction; the lock lets two processes do this at the same time.
            let statement = format!(
                "do $$ begin
                    perform pg_advisory_xact_lock(7305812);
                    if not exists (select from pg_roles where rolname = '{role}') then create role {role}; end if;
                    alter role {role} {rights} password '{password}';
                end $$"
            );
            sqlx::raw_sql(&statement)
                .execute(&mut connection)
                .await
                .map_err(StackError::database("make the roles"))?;
        }
        analysts::make_groups(&mut connection).await?;
        let _ = connection.close().await;
        Ok(Cluster {
            maintenance,
            nats_url,
            owner_password: passwords.owner.clone(),
            app_password: passwords.app.clone(),
            serving_password: passwords.serving.clone(),
        })
    }

    /// The superuser's address of the maintenance database.
    pub fn maintenance_url(&self) -> &str {
        self.maintenance.as_str()
    }

    /// The address of NATS.
    pub fn nats_url(&self) -> &str {
        &self.nats_url
    }

    /// The addresses of a database, whether it exists or not.
    pub fn addresses(&self, name: &str) -> Database {
        let address =
            |role, password: &str| with_role(&with_database(&self.maintenance, name), role, password);
        Database {
            name: name.to_owned(),
            owner_url: address(OWNER_ROLE, &self.owner_password).into(),
            app_url: address(APP_ROLE, &self.app_password).into(),
        }
    }

    /// The address of a database for one of [`SERVING_ROLES`].
    pub fn serving_url(&self, name: &str, role: &str) -> Url {
        with_role(
            &with_database(&self.maintenance, name),
            role,
            &self.serving_password,
        )
    }

    /// The database of this name, made empty when it is missing; owned by [`OWNER_ROLE`], not migrated. Functions that analysts may
    /// not call are closed in it.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn database(&self, name: &str) -> Result<Database, StackError> {
        let mut connection = connect(&self.maintenance).await?;
        let known: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await
            .map_err(StackError::database("look for a database"))?;
        if !known {
            let statement = format!("create database {} owner {OWNER_ROLE}", quoted(name));
            execute(&mut connection, &statement, "make a database").await?;
        }
        let _ = connection.close().await;
        let mut inside = connect(&with_database(&self.maintenance, name)).await?;
        analysts::close_functions(&mut inside).await?;
        let _ = inside.close().await;
        Ok(self.addresses(name))
    }

    /// As [`Cluster::database`], and brought up to date by the migrations: what a test with private servers needs.
    ///
    /// # Errors
    /// What Postgres or the migrations answer.
    pub async fn migrated_database(&self, name: &str) -> Result<Database, StackError> {
        let database = self.database(name).await?;
        template::migrate(&database.owner_url).await?;
        Ok(database)
    }
}

pub(crate) async fn connect(url: &Url) -> Result<PgConnection, StackError> {
    PgConnection::connect(url.as_str())
        .await
        .map_err(StackError::database("take a connection"))
}

pub(crate) async fn execute(
    connection: &mut PgConnection,
    statement: &str,
    what: &'static str,
) -> Result<(), StackError> {
    sqlx::raw_sql(statement)
        .execute(connection)
        .await
        .map_err(StackError::database(what))?;
    Ok(())
}

/// The same address with another database.
pub(crate) fn with_database(url: &Url, name: &str) -> Url {
    let mut other = url.clone();
    other.set_path(name);
    other
}

/// A name as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(crate) fn with_role(url: &Url, role: &str, password: &str) -> Url {
    let mut other = url.clone();
    // These fail only for addresses without a host, which no database address is.
    let _ = other.set_username(role);
    let _ = other.set_password(Some(password));
    other
}
