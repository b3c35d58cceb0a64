//! The visits a doctor has, by time; staff see all bookings there, newest first.

pub mod projector;
pub mod query;
#[cfg(test)]
mod tests;
pub mod view;
