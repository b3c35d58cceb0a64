//! What was compared with the providers when, and what was found. No read model: nothing in the log would make it again.
//!
//! The same rows are the queue of what is to be compared. Whoever compares says again and again that it still does; one that
//! falls silent has its comparison taken over, from the beginning, which is safe.

pub mod query;
#[cfg(test)]
mod tests;
pub mod view;
mod write;

pub use write::{
    NewReconciliation, alive, ask, begin, claim, finish, give_back, new_name, schedule, set_window,
};
