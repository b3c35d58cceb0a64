//! An id on the command line, of whatever: one way to read it, one way to refuse it.

use std::str::FromStr;

/// Reads an id.
///
/// # Errors
/// With what is wanted: what a parser of UUIDs complains of helps nobody who typed a name, or a part of an id.
pub fn id<Id: FromStr>(text: &str) -> Result<Id, String> {
    let wanted = "must be a whole id such as 019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69";
    text.trim().parse().map_err(|_| wanted.to_owned())
}
