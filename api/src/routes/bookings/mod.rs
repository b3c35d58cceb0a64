//! Bookings: asked for, read, and moved through their lives.

pub mod assign;
pub mod cancel;
pub mod events;
pub mod history;
pub mod list;
pub mod names;
pub mod open_calls;
pub mod quote;
pub mod request;
pub mod reschedule;
pub mod room;
pub mod show;
pub mod visibility;
pub mod visit;
