//! Everything about one booking, for whoever may see it.

pub mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;
pub mod view;
