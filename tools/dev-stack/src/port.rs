//! Free TCP ports: one is picked, and whoever loses the race for it picks again.

use std::net::{Ipv4Addr, TcpListener};

use crate::error::StackError;

/// How many ports are looked at before giving up.
const ATTEMPTS_MAX: u32 = 200;
/// Below every usual range of ephemeral ports. A port from that range could be taken, while its server is down, by any
/// outgoing connection, even by a client that keeps knocking and meets itself.
const RANGE: std::ops::Range<u16> = 15_000..32_000;

/// A port on 127.0.0.1 that was free a moment ago.
pub(crate) fn pick() -> Result<u16, StackError> {
    (0..ATTEMPTS_MAX)
        .map(|_| rand::random_range(RANGE))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or(StackError::NoPort(ATTEMPTS_MAX))
}
