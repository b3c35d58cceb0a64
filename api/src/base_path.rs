//! Where the API lives.

/// The path of this version's operations; the web apps own every other path.
pub const BASE: &str = "/api/v1";
