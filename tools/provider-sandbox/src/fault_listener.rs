//! Connections that a fault script may cut: the listener hands out streams which, once cut, answer with a reset.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A listener whose connections are [`FaultStream`]s.
pub struct FaultListener(pub TcpListener);

impl Listener for FaultListener {
    type Io = FaultStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (FaultStream, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Small answers at once: a sandbox that adds Nagle's 40 ms would be measured instead of its client.
        let _ = stream.set_nodelay(true);
        let accepted = FaultStream {
            stream,
            connection: ConnectionKill::default(),
        };
        (accepted, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What a handler holds to cut the connection its request came by.
#[derive(Debug, Clone, Default)]
pub struct ConnectionKill(Arc<AtomicBool>);

impl ConnectionKill {
    /// From now on nothing is written to this connection, and it ends with a reset.
    pub fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Connected<IncomingStream<'_, FaultListener>> for ConnectionKill {
    fn connect_info(stream: IncomingStream<'_, FaultListener>) -> Self {
        stream.io().connection.clone()
    }
}

/// One TCP connection, whole until it is cut.
pub struct FaultStream {
    stream: TcpStream,
    connection: ConnectionKill,
}

impl FaultStream {
    fn whole(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.connection.is_cut() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(Pin::new(&mut self.stream))
    }
}

impl AsyncRead for FaultStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().whole()?.poll_read(context, buffer)
    }
}

impl AsyncWrite for FaultStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().whole()?.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().whole()?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().whole()?.poll_shutdown(context)
    }
}

impl Drop for FaultStream {
    fn drop(&mut self) {
        if self.connection.is_cut() {
            // Closing with nothing left to linger for sends a reset instead of a polite end.
            let _ = self.stream.set_zero_linger();
        }
    }
}
