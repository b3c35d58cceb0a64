#![doc = include_str!("../README.md")]

pub mod consistency;
mod copy;
mod error;
mod extend;
mod follower;
pub mod heads;
pub mod heads_file;
mod heads_lines;
mod leaves;
mod nodes;
mod on_demand;
mod prove;
mod row;
mod showing;
mod status;
mod tree;
pub mod verify;
pub mod witnesses;

pub use error::AuditError;
pub use extend::extend;
pub use follower::{Follower, FollowerOptions, FollowerStep, Signer, connect, connect_to};
pub use heads_file::{HeadsFile, ObserveError};
pub use heads_lines::{HeadLine, HeadsFileError};
pub use on_demand::{Witnessed, sign_now};
pub use prove::prove;
pub use status::{NotaryStatus, WitnessStatus, status};
pub use tree::{StoredTree, stored_tree};
pub use verify::verify;
