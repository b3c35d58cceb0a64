#![doc = include_str!("../README.md")]

mod address;
mod error;
mod make;
mod manifest;
mod restore;
mod snapshot;
mod target;
mod tools;

pub use address::DatabaseAddress;
pub use error::BackupError;
pub use make::{BackupOptions, make};
pub use manifest::{CopiedFile, Manifest, SourceLog};
pub use restore::{RestoreOptions, Restored, restore};
pub use tools::Tools;
