//! Visits as iCalendar (RFC 5545), for calendars that subscribe to them.

pub mod content_lines;
pub mod feed;
#[cfg(test)]
mod tests;
