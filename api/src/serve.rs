//! Takes connections and bounds them: how many there are in all and from one address, how long a head may take and how
//! long it may be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// The pause after the system refused a connection, for want of descriptors as a rule.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// Descriptors this process needs beside its connections: databases, providers, files.
const DESCRIPTORS_BESIDE: u64 = 256;
/// The kernel's account of what this process may open.
const LIMITS_OF_PROCESS: &str = "/proc/self/limits";

/// What one process takes of connections. HTTP/1.1 alone is spoken on them: TLS and HTTP/2 are the proxy's.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How long the head of a request may take, and how long a connection may rest between two.
    pub header_within: Duration,
    /// How many bytes a head may have; at least 8 192.
    pub header_bytes_max: usize,
    /// Connections from one address; behind proxies of ours, which all come from theirs, it is not looked at.
    pub per_address_max: usize,
    /// Connections in all.
    pub total_max: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            header_within: Duration::from_secs(10),
            header_bytes_max: 16 * 1_024,
            per_address_max: 256,
            total_max: 4_096,
        }
    }
}

/// Serves until `stop`, then until every request that has begun is answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: CancellationToken,
) -> io::Result<()> {
    warn_of_few_descriptors(limits).await;
    let (open, connections) = (Open::default(), TaskTracker::new());
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match open.take(peer.ip(), limits) {
                Ok(place) => {
                    let answered = answer(stream, peer, router.clone(), limits, stop.clone());
                    connections.spawn(async move {
                        answered.await;
                        drop(place);
                    });
                }
                // Closed by being dropped: whoever holds too many is owed no answer.
                Err(bound) => {
                    metrics::counter!("tot_http_connections_refused_total", "bound" => bound).increment(1);
                }
            },
            Err(fault) => {
                tracing::warn!(error = %fault, "A connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    Ok(())
}

/// Answers the requests of one connection.
async fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: ConnectionLimits,
    stop: CancellationToken,
) {
    if let Err(fault) = stream.set_nodelay(true) {
        tracing::debug!(error = %fault, "A connection is gone already");
        return;
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_within)
        .max_buf_size(limits.header_bytes_max);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(fault) = ended {
        tracing::debug!(error = %fault, "A connection ended before its request did");
    }
}

/// The connections that are open, by address.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place, free again when it is dropped.
struct Place {
    open: Open,
    address: IpAddr,
}

impl Open {
    /// A place for one more connection, or which bound it would pass.
    fn take(&self, address: IpAddr, limits: ConnectionLimits) -> Result<Place, &'static str> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.total >= limits.total_max {
            return Err("total");
        }
        let of_address = counts.by_address.entry(address).or_default();
        if *of_address >= limits.per_address_max {
            return Err("address");
        }
        *of_address += 1;
        counts.total += 1;
        drop(counts);
        Ok(Place {
            open: self.clone(),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total = counts.total.saturating_sub(1);
        if let Entry::Occupied(mut of_address) = counts.by_address.entry(self.address) {
            *of_address.get_mut() -= 1;
            if *of_address.get() == 0 {
                of_address.remove();
            }
        }
    }
}

/// Says so where fewer descriptors may be open than connections are taken; without such an account, nothing.
async fn warn_of_few_descriptors(limits: ConnectionLimits) {
    let Ok(told) = tokio::fs::read_to_string(LIMITS_OF_PROCESS).await else {
        return;
    };
    let needed = u64::try_from(limits.total_max)
        .unwrap_or(u64::MAX)
        .saturating_add(DESCRIPTORS_BESIDE);
    if let Some(allowed) = descriptors(&told).filter(|allowed| *allowed < needed) {
        tracing::warn!(
            allowed,
            needed,
            "Fewer descriptors may be open than connections are taken: raise the limit (ulimit -n)"
        );
    }
}

/// The soft limit of open files in the kernel's account.
fn descriptors(limits: &str) -> Option<u64> {
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_fills_its_own_places_and_no_others() {
        let limits = ConnectionLimits {
            per_address_max: 2,
            total_max: 3,
            ..ConnectionLimits::default()
        };
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let open = Open::default();
        let first = open.take(one, limits);
        let _second = open.take(one, limits);
        assert_eq!(open.take(one, limits).err(), Some("address"));
        let _third = open.take(other, limits);
        assert_eq!(open.take(other, limits).err(), Some("total"));
        drop(first);
        assert!(open.take(one, limits).is_ok());
    }

    #[test]
    fn the_soft_limit_of_open_files_is_found() {
        let told = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max open files            1024                 524288               files\n";
        assert_eq!(descriptors(told), Some(1_024));
        assert_eq!(descriptors("Max cpu time  unlimited  unlimited  seconds"), None);
    }
}
