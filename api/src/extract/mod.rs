//! What handlers take: each extractor turns a part of the request into a meaning, or into a problem.

pub mod body;
pub mod caller;
pub mod command_request;
pub mod conditions;
pub mod parameters;
pub mod price_document;
pub mod read;

#[cfg(test)]
mod tests;
