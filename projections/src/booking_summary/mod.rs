//! One booking in a line of a list: the state that three read models keep, each in a table of its own.

pub(crate) mod fold;
pub mod payments;
pub(crate) mod rows;
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod tests;
pub mod view;
