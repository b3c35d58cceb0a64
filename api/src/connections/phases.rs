//! A connection under a clock: what it may take depends on whether a head arrives, an answer is made, or nothing happens.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Duration, Instant, Sleep, sleep_until};

use super::ConnectionLimits;

/// A head is awaited or arrives: the connection is new, or its next request has begun.
const HEAD: u8 = 0;
/// A request is read further, carried out or answered.
const ANSWERING: u8 = 1;
/// The last answer is over and no further request has begun.
const RESTING: u8 = 2;

/// What a connection is at, as far as its requests have come.
#[derive(Clone, Default)]
pub(super) struct Phase(Arc<AtomicU8>);

impl Phase {
    /// A request's head is there.
    pub(super) fn answering(&self) {
        self.0.store(ANSWERING, Ordering::Relaxed);
    }

    fn begin_head(&self) {
        self.0.store(HEAD, Ordering::Relaxed);
    }

    fn rest(&self) {
        self.0.store(RESTING, Ordering::Relaxed);
    }

    fn now(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An answer's body. With its end the connection rests.
pub(super) struct Phased {
    body: Body,
    phase: Phase,
}

impl Phased {
    pub(super) const fn new(body: Body, phase: Phase) -> Self {
        Self { body, phase }
    }
}

impl Drop for Phased {
    fn drop(&mut self) {
        self.phase.rest();
    }
}

impl HttpBody for Phased {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that fails once its connection takes too long.
pub(super) struct Timed<S> {
    stream: S,
    phase: Phase,
    seen: u8,
    /// Since when the phase lasts or, unless it is a head's, the last byte came or went.
    since: Instant,
    alarm: Pin<Box<Sleep>>,
    header_within: Duration,
    idle_within: Duration,
}

impl<S> Timed<S> {
    /// A stream whose connection has begun then: its first head is counted from there.
    pub(super) fn new(stream: S, phase: Phase, began: Instant, limits: ConnectionLimits) -> Self {
        Self {
            stream,
            seen: phase.now(),
            phase,
            since: began,
            alarm: Box::pin(sleep_until(began + limits.header_within)),
            header_within: limits.header_within,
            idle_within: limits.idle_within,
        }
    }

    /// Bytes came.
    fn came(&mut self) {
        self.follow();
        match self.seen {
            // A head has its time as a whole, however often a byte of it comes.
            HEAD => return,
            RESTING => {
                self.phase.begin_head();
                self.seen = HEAD;
            }
            _ => {}
        }
        self.since = Instant::now();
    }

    /// Bytes went.
    fn went(&mut self) {
        self.follow();
        if self.seen != HEAD {
            self.since = Instant::now();
        }
    }

    fn follow(&mut self) {
        let phase = self.phase.now();
        if phase != self.seen {
            self.seen = phase;
            self.since = Instant::now();
        }
    }

    /// Nothing can be done now: an error once that has lasted too long. The alarm is moved only towards now, and rings early
    /// otherwise: a timer that is moved with every byte costs more than one that rings in vain.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        self.follow();
        let within = if self.seen == HEAD {
            self.header_within
        } else {
            self.idle_within
        };
        let ends_at = self.since + within;
        if ends_at < self.alarm.deadline() {
            self.alarm.as_mut().reset(ends_at);
        }
        while self.alarm.as_mut().poll(context).is_ready() {
            if Instant::now() >= ends_at {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.alarm.as_mut().reset(ends_at);
        }
        Poll::Pending
    }

    fn written(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.wait(context).map(Err),
            Poll::Ready(Ok(count)) => {
                self.went();
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending => self.wait(context).map(Err),
            Poll::Ready(Ok(())) => {
                if buffer.filled().len() > before {
                    self.came();
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
