//! The adapters for the ports to providers: the platform's requests in the providers' own languages, and their answers back.
//!
//! Everything that leaves the platform over HTTP leaves here. An adapter answers one of four things (accepted, refused,
//! throttled, unknown) and never repeats by itself what may move money.

pub mod breaker;
pub mod http;
pub mod networks;
pub mod qr;
pub mod routing;
pub mod tbank;
pub mod yookassa;

mod not_offered;
mod scrub;
#[cfg(test)]
mod tests;

pub use breaker::{Breaker, BreakerOptions};
pub use http::{Http, HttpFault, Limits};
pub use networks::Networks;
pub use qr::QrPicture;
pub use routing::Routes;
