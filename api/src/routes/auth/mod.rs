//! Signing up, in, out, and one's own account.

pub mod me;
pub mod register;
pub mod session;
pub mod stream_tickets;
