//! The binary `tot`.
fn main() {}
