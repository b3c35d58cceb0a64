//! A platform on a database that is there already, and Postgres' own programs for making and restoring one.

use std::sync::Arc;

use dev_stack::{Database, Layout, Stack};

use super::{Platform, TestServers};

impl Platform {
    /// Everything but the processes, on a database of these private servers, whatever is in it; nobody publishes prices.
    pub async fn prepare_on(stack: Arc<Stack>, database: Database) -> Self {
        let servers = TestServers::Private {
            stack,
            owner_url: database.owner_url,
            app_url: database.app_url,
        };
        Self::on(servers).await.without_prices()
    }

    /// Commands may work as the database's owner, and find Postgres' programs.
    pub fn with_owner(mut self) -> Self {
        let url = self.owner_url().to_owned();
        self.set("TOT_DATABASE_OWNER_URL", &url);
        self.set("TOT_POSTGRES_BIN", &postgres_programs());
        self
    }
}

/// The folder of the pinned Postgres' programs.
pub fn postgres_programs() -> String {
    let program = Layout::discover().unwrap().postgres_program("pg_dump");
    program.parent().unwrap().display().to_string()
}
