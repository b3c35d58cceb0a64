//! Signing in by the OAuth 2.0 framework (RFC 6749), for apps alone.

mod credentials;
mod error;
pub mod token;

pub use error::{OauthAnswer, OauthError};
