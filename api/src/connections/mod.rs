//! Takes connections, in clear or by TLS, and bounds them: how many there are in all and from one address, how long a head may take and how
//! long it may be, and how long a connection may rest.

mod descriptors;
mod open;
mod phases;
#[cfg(test)]
mod tests;
mod tls;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use open::Open;
use phases::{Phase, Phased, Timed};

pub use tls::{CertificateState, Tls, TlsError};

/// The pause after the system refused a connection, for want of descriptors as a rule.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Connections that the system keeps until they are taken; its own bound may be lower. With the library's few a crowd at one
/// moment leaves connections that the client believes in and nobody here knows of.
const WAITING_MAX: u32 = 4_096;

/// What one process takes of connections. HTTP/1.1 alone is spoken on them: HTTP/2 is a proxy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How long the head of a request may take, counted from the connection (a handshake of TLS included) or from its first byte.
    pub header_within: Duration,
    /// How long a connection may rest: between two requests, and within one while nothing is sent or taken. Longer than an
    /// answer takes, longer than the pause between two signs of life of a live stream, and longer than the proxy keeps
    /// connections of its own, so that it never sends a request into one just closed.
    pub idle_within: Duration,
    /// How many bytes a head may have; at least 8 192.
    pub header_bytes_max: usize,
    /// Connections from one address (of IPv6: from one network of 64 bits).
    pub per_address_max: usize,
    /// Connections in all.
    pub total_max: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            header_within: Duration::from_secs(10),
            idle_within: Duration::from_secs(75),
            header_bytes_max: 16 * 1_024,
            per_address_max: 256,
            total_max: 4_096,
        }
    }
}

/// Listens at this address.
///
/// # Errors
/// The address is taken or not ours.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A process that takes over from another need not wait for the last connections of that one to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

/// Serves until `stop`, then until every request that has begun is answered; by TLS alone, where it is given.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    tls: Option<Tls>,
    stop: CancellationToken,
) -> io::Result<()> {
    descriptors::warn_of_few(limits.total_max).await;
    let (open, connections) = (Open::default(), TaskTracker::new());
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // Gone before it was taken: whoever waits behind it is next.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => {
                tracing::warn!(error = %error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        match open.take(peer.ip(), limits) {
            Ok(place) => {
                // Without it small answers wait for the client's acknowledgement; a failure shows again on the first write.
                drop(stream.set_nodelay(true));
                let answered = greet(stream, peer, router.clone(), limits, tls.clone(), stop.clone());
                connections.spawn(async move {
                    answered.await;
                    drop(place);
                });
            }
            // Closed by being dropped: whoever holds too many is owed no answer.
            Err(bound) => {
                metrics::counter!("tot_http_connections_refused_total", "bound" => bound).increment(1);
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    Ok(())
}

/// One connection, which has its time from here on.
async fn greet(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: ConnectionLimits,
    tls: Option<Tls>,
    stop: CancellationToken,
) {
    let began = Instant::now();
    let Some(tls) = tls else {
        return answer(stream, began, peer, router, limits, stop).await;
    };
    let accepted = tokio::select! {
        // Nothing has been asked yet.
        () = stop.cancelled() => return,
        accepted = tls.accept(stream, began, limits) => accepted,
    };
    if let Some(stream) = accepted {
        answer(stream, began, peer, router, limits, stop).await;
    }
}

/// Answers the requests of one connection that has begun then.
async fn answer<S>(
    stream: S,
    began: Instant,
    peer: SocketAddr,
    router: Router,
    limits: ConnectionLimits,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let phase = Phase::default();
    let timed = Timed::new(stream, phase.clone(), began, limits);
    let service = service_fn(move |request| respond(router.clone(), peer, phase.clone(), request));
    let mut builder = http1::Builder::new();
    builder.max_buf_size(limits.header_bytes_max);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(timed), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = %error, "a connection ended before its request did");
    }
}

/// One request; while its answer lives, the connection is not at rest.
async fn respond(
    router: Router,
    peer: SocketAddr,
    phase: Phase,
    mut request: Request<Incoming>,
) -> Result<Response<Phased>, Infallible> {
    phase.answering();
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request.map(Body::new)).await?;
    Ok(response.map(|body| Phased::new(body, phase)))
}
