//! The bookings of one patient, newest first; staff see everybody's.

pub mod limits;
pub mod projector;
pub mod query;
#[cfg(test)]
mod tests;
pub mod view;
