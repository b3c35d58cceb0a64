//! Connections that a fault script may cut: the listener hands out lines which, once cut, answer with a reset.

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

/// A listener whose connections are [`Line`]s.
pub struct Lines(pub TcpListener);

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Small answers at once: a sandbox that adds Nagle's 40 ms would be measured instead of its client.
        let _ = stream.set_nodelay(true);
        let line = Line {
            stream,
            scissors: Scissors::default(),
        };
        (line, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What a handler holds to cut the connection its request came by.
#[derive(Debug, Clone, Default)]
pub struct Scissors(Arc<AtomicBool>);

impl Scissors {
    /// From now on nothing is written to this connection, and it ends with a reset.
    pub fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn are_shut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Connected<IncomingStream<'_, Lines>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().scissors.clone()
    }
}

/// One TCP connection, whole until it is cut.
pub struct Line {
    stream: TcpStream,
    scissors: Scissors,
}

impl Line {
    fn whole(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.scissors.are_shut() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(Pin::new(&mut self.stream))
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().whole()?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
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

impl Drop for Line {
    fn drop(&mut self) {
        if self.scissors.are_shut() {
            // Closing with nothing left to linger for sends a reset instead of a polite end.
            let _ = self.stream.set_zero_linger();
        }
    }
}
