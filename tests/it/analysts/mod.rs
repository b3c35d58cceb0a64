//! Analysts: their questions are answered right, their logins are made in one command and reach nothing else.

pub mod logins;
mod programs;
mod questions;
