//! The adapters for the doors outward: the house's requests in the providers' own languages, and their answers back.
//!
//! Everything that leaves the house over HTTP leaves here. An adapter answers one of four things (accepted, refused,
//! throttled, unknown) and never repeats by itself what may move money.

pub mod http;
pub mod networks;
pub mod tbank;
pub mod yookassa;

mod scrub;
#[cfg(test)]
mod specs;

pub use http::{Http, HttpFault, Limits};
pub use networks::Networks;
