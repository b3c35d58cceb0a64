//! Signing up, in, out, and one's own account.

pub mod me;
pub mod password;
pub mod register;
pub mod session;
pub mod sessions;
