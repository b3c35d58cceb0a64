//! What handlers take: each extractor turns a part of the request into a meaning, or into a problem.

pub mod app;
pub mod bearer;
pub mod body;
pub mod body_bytes;
pub mod client_address;
pub mod file;
pub mod head;
pub mod page;
pub mod price_document;
pub mod read;
pub mod request;
pub mod watcher;

#[cfg(test)]
mod tests;
