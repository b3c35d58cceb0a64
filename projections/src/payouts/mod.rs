//! Money on its way out: each payout as it stands.

pub mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;
pub mod view;
