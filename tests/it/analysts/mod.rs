//! Analysts: their questions are answered right, their logins are made in one command and reach nothing else; their reports are the same answers.

mod beside_rebuilds;
pub mod logins;
mod programs;
mod questions;
mod reports;
mod sums;
mod yielding;
