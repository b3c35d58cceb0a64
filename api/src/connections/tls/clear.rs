//! A client that speaks HTTP where HTTPS is spoken: told so in its own words, once.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Nobody is sent on: a request that came in clear has been read by others already, and must not look as if it had worked.
const REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    connection: close\r\n\
    \r\n\
    Этот порт принимает только HTTPS: начните адрес с https://\n\
    This port speaks HTTPS alone: begin the address with https://\n";

/// Whether a connection begins like a request in clear: with a method, where TLS has the byte 22.
pub(super) async fn speaks_http(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1) if first[0].is_ascii_uppercase())
}

/// Says so and closes. What the client sent is read first, as far as a head may go: a connection closed with something unread
/// takes the answer back.
pub(super) async fn refuse(mut stream: TcpStream, bytes_max: usize) {
    if stream.write_all(REFUSAL.as_bytes()).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    let mut rest = [0; 1_024];
    let mut left = bytes_max;
    while let Ok(count) = stream.read(&mut rest).await {
        left = left.saturating_sub(count);
        if count == 0 || left == 0 {
            return;
        }
    }
}
