//! Analysts: their questions are answered right, their logins are made in one command and reach nothing else.

mod beside_rebuilds;
pub mod logins;
mod programs;
mod questions;
