//! How long, how often and how much: the limits of talking to a provider.

use std::time::Duration;

/// How long, how often and how much of one provider's client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// Until the whole answer to a request that may move money is there. YooKassa itself takes up to 30 s and only then
    /// answers 500; whoever gives up earlier makes unknown outcomes out of known ones.
    pub act: Duration,
    /// Until the whole answer to one try of a request that only reads is there.
    pub ask: Duration,
    /// How often a request that only reads is tried before it counts as unknown.
    pub ask_attempts_max: u32,
    /// The pause before the second try; each further one is twice as long.
    pub ask_pause: Duration,
    /// How long an unused connection is kept. Shorter than the providers keep it: a request over a connection that is
    /// being closed has an unknown outcome for nothing.
    pub idle: Duration,
    /// The longest answer that is read, in bytes.
    pub body_bytes_max: usize,
    /// How many pages of a list are read to find one payment.
    pub find_pages_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            act: Duration::from_secs(35),
            ask: Duration::from_secs(10),
            ask_attempts_max: 3,
            ask_pause: Duration::from_millis(200),
            idle: Duration::from_secs(15),
            body_bytes_max: 4 * 1024 * 1024,
            find_pages_max: 50,
        }
    }
}
