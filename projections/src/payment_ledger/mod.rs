//! Where the money is: each payment as it stands, and every movement as a balanced set of entries.

mod account;
mod book;
pub(crate) mod projector;
pub mod query;
mod rows;
pub mod statement;
#[cfg(test)]
mod statement_tests;
#[cfg(test)]
mod tests;
pub mod view;
