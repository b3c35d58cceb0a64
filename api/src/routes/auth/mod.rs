//! Signing up, in, out, and one's own account.

pub mod change_me;
pub mod login;
pub mod logout;
pub mod me;
pub mod refresh;
pub mod register;
