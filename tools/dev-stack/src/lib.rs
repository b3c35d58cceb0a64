//! Postgres and NATS from local binaries, for `tot dev` and for tests: no containers, nothing installed by hand.
//!
//! Three ways in:
//!
//! - [`Servers::open`]: what a developer works with. Your own servers by `DATABASE_URL` and `NATS_URL`, else a local
//!   pair whose data is kept in `.tot/data` between runs.
//! - [`TestDatabase::create`]: what a test works with. A clone of the migrated template on the servers that
//!   `dev-stack exec -- <command>` shares among all tests of a run.
//! - [`Stack::start_throwaway`]: a private pair that may be killed, paused and restarted at will.
//!
//! The servers listen on 127.0.0.1 only, never run as root and die with the process that started them, also when that
//! one is killed with `kill -9`.

mod clock;
mod cluster;
mod fault;
mod launcher;
mod layout;
mod nats;
mod passwords;
mod port;
mod postgres;
mod private_file;
mod server;
mod stack;
mod template;
mod test_database;

pub use clock::{DatabaseClock, advance_clock, install_clock, move_clock, read_clock};
pub use cluster::{APP_ROLE, Cluster, Database, OWNER_ROLE, SERVING_ROLES};
pub use fault::StackFault;
pub use launcher::spawn_bound;
pub use layout::Layout;
pub use server::Server;
pub use stack::{Servers, Stack};
pub use template::Template;
pub use test_database::{TestDatabase, test_environment};
