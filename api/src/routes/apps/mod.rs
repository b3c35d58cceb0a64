//! What apps do about themselves.

pub mod patients;
