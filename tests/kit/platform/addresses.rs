//! Where the platform's servers and its API are reached.

use std::sync::Arc;

use dev_stack::Stack;

use super::{Platform, TestServers};
use crate::role::login;

impl Platform {
    /// The private servers; only after [`Platform::start_split`] or [`Platform::prepare_private`].
    pub fn stack(&self) -> Arc<Stack> {
        match &self.servers {
            TestServers::Private { stack, .. } => Arc::clone(stack),
            TestServers::Shared(_) => panic!("shared servers must not be harmed"),
        }
    }

    /// The superuser's address of this platform's database.
    pub fn superuser_url(&self) -> String {
        let maintenance = match &self.servers {
            TestServers::Shared(_) => std::env::var("TOT_TEST_DATABASE_URL").unwrap(),
            TestServers::Private { stack, .. } => stack.database_url().to_owned(),
        };
        let mut url = url::Url::parse(&maintenance).unwrap();
        url.set_path(url::Url::parse(self.app_url()).unwrap().path());
        url.into()
    }

    /// The application's database address.
    pub fn app_url(&self) -> &str {
        match &self.servers {
            TestServers::Shared(database) => database.app_url(),
            TestServers::Private { app_url, .. } => app_url,
        }
    }

    /// The database address of whoever plays this part alone, with the rights for that.
    pub fn serving_url(&self, role: &str) -> Option<String> {
        let login = login(role)?;
        Some(match &self.servers {
            TestServers::Shared(database) => database.serving_url(login),
            TestServers::Private { stack, .. } => stack.cluster().serving_url("tot", login).into(),
        })
    }

    /// The address of NATS of whoever plays this part alone; on shared servers there is one user for all.
    pub(super) fn serving_nats_url(&self, role: &str) -> Option<String> {
        match &self.servers {
            TestServers::Shared(_) => None,
            TestServers::Private { stack, .. } => Some(stack.serving_nats_url(login(role)?)),
        }
    }

    /// The owner's database address.
    pub fn owner_url(&self) -> &str {
        match &self.servers {
            TestServers::Shared(database) => database.owner_url(),
            TestServers::Private { owner_url, .. } => owner_url,
        }
    }

    /// The address of NATS.
    pub fn nats_url(&self) -> &str {
        match &self.servers {
            TestServers::Shared(database) => database.nats_url(),
            TestServers::Private { stack, .. } => stack.nats_url(),
        }
    }

    /// Where the API answers, before and after restarts.
    pub fn url(&self) -> &str {
        &self.url
    }
}
