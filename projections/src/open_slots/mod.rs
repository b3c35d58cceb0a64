//! What can still be booked with a doctor.

pub mod blocks;
pub mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;
pub mod view;
