//! Facts in, view out.
