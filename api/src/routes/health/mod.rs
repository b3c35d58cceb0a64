//! The platform about itself: alive, ready, which version.

pub mod livez;
pub mod readyz;
pub mod version;
