//! Notifications: what is to be delivered, what was tried, and when it is tried again.

pub mod courier;
pub mod outbox;
pub mod script;
