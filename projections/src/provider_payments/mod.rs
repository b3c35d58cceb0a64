//! What providers carry, as we see it: payments and refunds, to be compared with their lists.

mod fold;
pub mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;
pub mod view;
