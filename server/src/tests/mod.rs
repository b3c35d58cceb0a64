//! Tests that need every crate at once.

mod consumers;
mod golden;
