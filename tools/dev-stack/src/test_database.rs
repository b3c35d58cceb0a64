//! A test's own database: a clone of the run's migrated template, gone when the test is over.

use url::Url;

use crate::cluster::{Cluster, connect, execute, quoted, with_database, with_role};
use crate::error::StackError;
use crate::template::{Template, clone_prefix, clone_statement};

/// The superuser's address of the maintenance database of the shared servers.
const DATABASE_URL: &str = "TOT_TEST_DATABASE_URL";
/// The owner role's address of the same.
const OWNER_URL: &str = "TOT_TEST_OWNER_URL";
/// The application role's address of the same.
const APP_URL: &str = "TOT_TEST_APP_URL";
/// The address of the same for a role that plays one part, whichever it is.
const SERVING_URL: &str = "TOT_TEST_SERVING_URL";
/// The name of the migrated template.
const TEMPLATE: &str = "TOT_TEST_TEMPLATE";
/// The address of the shared NATS.
const NATS_URL: &str = "TOT_TEST_NATS_URL";

/// What [`TestDatabase::create`] reads from the environment, for `dev-stack exec` to set.
pub fn test_environment(template: &Template<'_>, cluster: &Cluster) -> Vec<(&'static str, String)> {
    let maintenance = cluster.maintenance_url().to_owned();
    let on_maintenance = cluster.addresses("postgres");
    vec![
        (DATABASE_URL, maintenance),
        (OWNER_URL, on_maintenance.owner_url),
        (APP_URL, on_maintenance.app_url),
        (SERVING_URL, cluster.serving_url("postgres", "tot_api").into()),
        (TEMPLATE, template.name.clone()),
        (NATS_URL, cluster.nats_url().to_owned()),
    ]
}

/// A migrated database of one's own on the shared servers, with a log identity of its own; dropped with this value.
pub struct TestDatabase {
    /// Its name.
    pub name: String,
    maintenance: Url,
    owner_url: String,
    app_url: String,
    serving: Url,
    nats_url: String,
}

impl TestDatabase {
    /// Clones the template.
    ///
    /// # Errors
    /// [`StackError::NoSharedServers`] outside `dev-stack exec`, or what Postgres answers.
    pub async fn create() -> Result<TestDatabase, StackError> {
        let (maintenance, template, nats_url) =
            (address(DATABASE_URL)?, variable(TEMPLATE)?, variable(NATS_URL)?);
        let (owner, app) = (address(OWNER_URL)?, address(APP_URL)?);
        let name = format!("{}{:016x}", clone_prefix(&template), rand::random::<u64>());

        let mut connection = connect(&maintenance).await?;
        execute(
            &mut connection,
            &clone_statement(&template, &name),
            "clone the template",
        )
        .await?;
        let database = TestDatabase {
            owner_url: with_database(&owner, &name).into(),
            app_url: with_database(&app, &name).into(),
            serving: with_database(&address(SERVING_URL)?, &name),
            name,
            maintenance,
            nats_url,
        };
        database.renew_log_identity().await?;
        Ok(database)
    }

    /// Its address for the owner role.
    pub fn owner_url(&self) -> &str {
        &self.owner_url
    }

    /// Its address for the application role.
    pub fn app_url(&self) -> &str {
        &self.app_url
    }

    /// Its address for one of [`SERVING_ROLES`](crate::SERVING_ROLES).
    pub fn serving_url(&self, role: &str) -> String {
        let password = self.serving.password().unwrap_or_default();
        with_role(&self.serving, role, password).into()
    }

    /// The address of the shared NATS. Clones don't meet there: each names its stream by its log identity.
    pub fn nats_url(&self) -> &str {
        &self.nats_url
    }

    /// A clone has the template's log identity; facts of two tests must not share one.
    async fn renew_log_identity(&self) -> Result<(), StackError> {
        let owner = Url::parse(&self.owner_url).map_err(|_| StackError::Address(OWNER_URL))?;
        let mut connection = connect(&owner).await?;
        let has_identity: bool =
            sqlx::query_scalar("select to_regprocedure('renew_log_identity()') is not null")
                .fetch_one(&mut connection)
                .await
                .map_err(StackError::database("look for renew_log_identity()"))?;
        if has_identity {
            execute(
                &mut connection,
                "select renew_log_identity()",
                "draw a log identity",
            )
            .await?;
        }
        Ok(())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("drop database if exists {} with (force)", quoted(&self.name));
        let maintenance = self.maintenance.clone();
        // A runtime of its own, since the test's may be the one that is ending. Best effort: what stays goes with the run.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            runtime.block_on(async {
                let mut connection = connect(&maintenance).await.ok()?;
                execute(&mut connection, &statement, "drop a database").await.ok()
            })
        });
        // Joined, because the end of a test is the end of its process.
        let _ = dropping.join();
    }
}

fn variable(name: &'static str) -> Result<String, StackError> {
    std::env::var(name).map_err(|_| StackError::NoSharedServers(name))
}

fn address(name: &'static str) -> Result<Url, StackError> {
    Url::parse(&variable(name)?).map_err(|_| StackError::Address(name))
}
