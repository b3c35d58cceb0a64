//! Notifications: what is to be delivered, what was tried, and when it is tried again.

pub mod delivery_worker;
pub mod outbox;
pub mod script;
