//! Accounts in the hands of admins.

pub mod create;
pub mod documents;
pub mod edit;
pub mod factor;
pub mod list;
pub mod show;
pub mod standing;
pub mod verify;
