//! A pair of servers, one Postgres and one NATS, started together and stopped together.

use std::path::Path;

use crate::authority::Issued;
use crate::cluster::Cluster;
use crate::error::StackError;
use crate::launcher::RunAs;
use crate::layout::{DataFolder, Layout};
use crate::passwords::Passwords;
use crate::server::{Kind, Launch, Server, StartError};
use crate::{nats, port, postgres};

/// How often a server that lost the race for its port may try another one.
const PORT_RACES_MAX: u32 = 10;

/// What a developer works with: their own servers, or a local pair.
pub enum Servers {
    /// Those named by `DATABASE_URL` (a superuser's address) and `NATS_URL`.
    Own(Cluster),
    /// Those started here, with their data kept between runs.
    Local(Box<Stack>),
}

impl Servers {
    /// Your own servers when `DATABASE_URL` and `NATS_URL` are set; else starts the local pair on `.tot/data`.
    ///
    /// # Errors
    /// Any [`StackError`]; most often that `tools/scripts/setup` has not run or that another `tot dev` is running.
    pub async fn open() -> Result<Servers, StackError> {
        match Cluster::from_env().await? {
            Some(cluster) => Ok(Servers::Own(cluster)),
            None => Ok(Servers::Local(Box::new(
                Stack::start(&Layout::discover()?).await?,
            ))),
        }
    }

    /// As [`Servers::open`], but a local pair is a throwaway one: what a test run works with.
    ///
    /// # Errors
    /// As [`Servers::open`].
    pub async fn open_for_tests() -> Result<Servers, StackError> {
        match Cluster::from_env().await? {
            Some(cluster) => Ok(Servers::Own(cluster)),
            None => Ok(Servers::Local(Box::new(Stack::start_throwaway().await?))),
        }
    }

    /// The databases and roles on these servers.
    pub fn cluster(&self) -> &Cluster {
        match self {
            Servers::Own(cluster) => cluster,
            Servers::Local(stack) => stack.cluster(),
        }
    }

    /// Stops what was started here; leaves your own servers alone.
    ///
    /// # Errors
    /// [`StackError::Interrupted`] when the runtime ends first.
    pub async fn stop(self) -> Result<(), StackError> {
        match self {
            Servers::Own(_) => Ok(()),
            Servers::Local(stack) => stack.stop().await,
        }
    }
}

/// How a pair of servers differs from the usual one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Adjustments<'a> {
    /// More of Postgres' settings, each as `name=value`.
    pub postgres: &'a [&'a str],
    /// Whoever signs in to NATS as nobody may do everything: for builds from before it had users.
    pub nats_for_anybody: bool,
    /// NATS speaks TLS alone, with this certificate. The pinned build of Postgres knows no TLS.
    pub nats_certificate: Option<&'a Issued>,
}

/// A running Postgres and NATS. Dropping it stops both and, for throwaway ones, removes their data.
pub struct Stack {
    cluster: Cluster,
    // Servers before the folder: fields drop in this order, and data goes only when nobody writes it.
    postgres: Server,
    nats: Server,
    serving_password: String,
    folder: DataFolder,
}

impl Stack {
    /// Starts both on the data folder of `layout`, which is kept between runs.
    ///
    /// # Errors
    /// [`StackError::DataInUse`] when another process runs on this data; else whatever keeps a server from starting.
    pub async fn start(layout: &Layout) -> Result<Stack, StackError> {
        Stack::on(layout, DataFolder::kept(layout)?, Adjustments::default()).await
    }

    /// Starts a private pair on a new folder below `.tot`, removed in the end: these may be killed at will.
    ///
    /// # Errors
    /// As [`Stack::start`].
    pub async fn start_throwaway() -> Result<Stack, StackError> {
        Stack::start_throwaway_with(Adjustments::default()).await
    }

    /// The same with servers that are set up otherwise.
    ///
    /// # Errors
    /// As [`Stack::start`].
    pub async fn start_throwaway_with(adjustments: Adjustments<'_>) -> Result<Stack, StackError> {
        let layout = Layout::discover()?;
        Stack::on(&layout, DataFolder::throwaway(&layout)?, adjustments).await
    }

    async fn on(
        layout: &Layout,
        folder: DataFolder,
        adjustments: Adjustments<'_>,
    ) -> Result<Stack, StackError> {
        let path = folder.path.as_path();
        let passwords = Passwords::of(path)?;
        let run_as = RunAs::choose(&layout.postgres_program("initdb"), path)?;
        postgres::make_cluster(layout, path, run_as, &passwords.superuser)?;
        let (for_anybody, certificate) = (adjustments.nats_for_anybody, adjustments.nats_certificate);
        nats::configure(path, run_as, &passwords, for_anybody, certificate)?;

        let postgres = start_on_a_free_port(run_as, |port| {
            let url = postgres::maintenance_url(port, &passwords.superuser);
            (
                Kind::Postgres(url),
                postgres::launch(layout, path, port, adjustments.postgres),
            )
        });
        let nats = start_on_a_free_port(run_as, |port| (Kind::Nats, nats::launch(layout, path, port)));
        let (postgres, nats) = tokio::try_join!(postgres, nats)?;

        let url = postgres::maintenance_url(postgres.port(), &passwords.superuser);
        let nats_url = nats::url(nats.port(), &passwords.nats);
        let cluster = Cluster::prepare(&url, nats_url, &passwords).await?;
        Ok(Stack {
            cluster,
            postgres,
            nats,
            serving_password: passwords.serving,
            folder,
        })
    }

    /// The superuser's address of the maintenance database `postgres`.
    pub fn database_url(&self) -> &str {
        self.cluster.maintenance_url()
    }

    /// The address of NATS.
    pub fn nats_url(&self) -> &str {
        self.cluster.nats_url()
    }

    /// The address of NATS for one of [`SERVING_ROLES`](crate::SERVING_ROLES), whose user may do what its processes need.
    pub fn serving_nats_url(&self, role: &str) -> String {
        nats::url_of(role, self.nats.port(), &self.serving_password)
    }

    /// The databases and roles on these servers.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The Postgres server, to kill, pause and restart.
    pub fn postgres(&self) -> &Server {
        &self.postgres
    }

    /// The NATS server, to kill, pause and restart.
    pub fn nats(&self) -> &Server {
        &self.nats
    }

    /// Where the servers' data and logs are.
    pub fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// Stops both servers, politely when their data is kept.
    ///
    /// # Errors
    /// [`StackError::Interrupted`] when the runtime ends first.
    pub async fn stop(self) -> Result<(), StackError> {
        tokio::task::spawn_blocking(move || drop(self))
            .await
            .map_err(|_| StackError::Interrupted)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // What is thrown away needs no goodbye: the servers' own drop kills them.
        if !self.folder.is_throwaway() {
            self.nats.halt();
            self.postgres.halt();
        }
    }
}

pub(crate) async fn start_on_a_free_port(
    run_as: RunAs,
    on_port: impl Fn(u16) -> (Kind, Launch),
) -> Result<Server, StackError> {
    for _ in 0..PORT_RACES_MAX {
        let (kind, launch) = on_port(port::pick()?);
        match Server::start(kind, launch, run_as).await {
            Ok(server) => return Ok(server),
            Err(StartError::PortTaken) => {}
            Err(StartError::Fatal(error)) => return Err(error),
        }
    }
    Err(StackError::NoPort(PORT_RACES_MAX))
}
