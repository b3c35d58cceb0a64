//! What the tests of all adapters share: a scripted provider, the providers' descriptions, and the sandbox's contract.

mod contract;
pub mod scripted;
mod spans;
pub mod specs;
