#![doc = include_str!("../README.md")]

mod analysts;
mod authority;
mod clock;
mod cluster;
mod error;
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
mod valkey;

pub use authority::{Authority, Issued};
pub use clock::{DatabaseClock, advance_clock, install_clock, move_clock, read_clock};
pub use cluster::{APP_ROLE, Cluster, Database, OWNER_ROLE, SERVING_ROLES};
pub use error::StackError;
pub use launcher::spawn_bound;
pub use layout::Layout;
pub use server::Server;
pub use stack::{Adjustments, Servers, Stack};
pub use template::Template;
pub use test_database::{TestDatabase, test_environment};
pub use valkey::Valkey;
