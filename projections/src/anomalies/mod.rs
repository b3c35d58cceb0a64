//! What could not be believed of payments and payouts: the tasks of operators.

pub mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;
pub mod view;
