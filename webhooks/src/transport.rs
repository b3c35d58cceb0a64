//! The port outward: whoever carries a signed message to an address, once.

use std::time::Duration;

use futures::future::BoxFuture;

use crate::address::EndpointUrl;

/// A signed message.
#[derive(Clone)]
pub struct OutgoingRequest {
    /// Where to.
    pub url: EndpointUrl,
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`: seconds since the Unix epoch.
    pub timestamp: i64,
    /// `webhook-signature`: one signature, or several separated by blanks while a secret rotates.
    pub signatures: String,
    /// JSON.
    pub body: String,
    /// Until the answer's status and the end of its body are there.
    pub within: Duration,
}

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It was answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// Its name leads to an address that is not called.
    NotPublic,
    /// Its name leads nowhere.
    Unresolved,
    /// No connection came about.
    NotConnected,
    /// TLS came to nothing: a certificate that is not valid for the name, or no TLS at all.
    Tls,
    /// The connection broke before the answer.
    ConnectionLost,
    /// It took too long.
    Timeout,
}

impl Attempt {
    /// Whether it was taken: any 2xx.
    pub const fn is_taken(self) -> bool {
        matches!(
            self,
            Self::Answered {
                status: 200..=299,
                ..
            }
        )
    }

    /// The status, if it was answered.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Answered { status, .. } => Some(status),
            Self::NotPublic
            | Self::Unresolved
            | Self::NotConnected
            | Self::Tls
            | Self::ConnectionLost
            | Self::Timeout => None,
        }
    }

    /// Why it was not taken, as a stable word; nothing if it was.
    pub const fn failure(self) -> Option<&'static str> {
        match self {
            Self::Answered {
                status: 200..=299, ..
            } => None,
            Self::Answered {
                status: 300..=399, ..
            } => Some("redirect"),
            Self::Answered { .. } => Some("status"),
            Self::NotPublic => Some("not_public"),
            Self::Unresolved => Some("unresolved"),
            Self::NotConnected => Some("not_connected"),
            Self::Tls => Some("tls"),
            Self::ConnectionLost => Some("connection_lost"),
            Self::Timeout => Some("timeout"),
        }
    }
}

/// The words of [`Attempt::failure`].
pub const FAILURES: [&str; 8] = [
    "redirect",
    "status",
    "not_public",
    "unresolved",
    "not_connected",
    "tls",
    "connection_lost",
    "timeout",
];

/// Whoever carries messages.
pub trait Transport: Send + Sync {
    /// Carries one, once: no redirect is followed, nothing is repeated.
    fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Attempt>;
}
