//! Connections that say nothing: bounded by address and by time, so that everybody else is served.

use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use kit::platform::Platform;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// How many connections one address opens and leaves silent.
const SILENT: usize = 1_000;
/// Longer than any answer takes, shorter than whoever waits for nothing would.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_thousand_silent_connections_from_one_address_leave_everybody_else_served() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_HTTP_HEADER_SECONDS", "3");
    platform.set("TOT_HTTP_CONNECTIONS_PER_ADDRESS", "256");
    platform.serve(kit::platform::ALL).await;
    let server: SocketAddr = platform.url().trim_start_matches("http://").parse().unwrap();
    let mut silent = join_all((0..SILENT).map(|_| from("127.0.0.2", server))).await;

    assert!(
        ask(server, "/livez", "127.0.0.1")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    assert!(
        ask(server, "/readyz", "127.0.0.3")
            .await
            .starts_with("HTTP/1.1 200 ")
    );

    // Those beyond the bound are closed at once, the others when they have said nothing for too long.
    for connection in &mut silent {
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(ANSWERED_WITHIN, connection.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "a silent connection is closed");
    }
    assert!(
        ask(server, "/livez", "127.0.0.2")
            .await
            .starts_with("HTTP/1.1 200 "),
        "and its address may come again"
    );
    platform.stop().await;
}

#[tokio::test]
async fn a_long_head_and_http_2_in_clear_are_refused_and_few_descriptors_are_told() {
    let mut platform = Platform::prepare().await;
    // More than any process may open.
    platform.set("TOT_HTTP_CONNECTIONS_MAX", "2147483647");
    platform.serve(kit::platform::ALL).await;
    let server: SocketAddr = platform.url().trim_start_matches("http://").parse().unwrap();
    let head = |bytes| {
        let filler = "a".repeat(bytes);
        format!("GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: {filler}\r\n\r\n")
    };
    let answer = said(server, head(20_000).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let answer = said(server, head(12_000).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = said(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    assert!(
        answer.starts_with("HTTP/1.1 400 ") || answer.is_empty(),
        "{answer}"
    );
    let told = std::fs::read_to_string(platform.log(kit::platform::ALL)).unwrap();
    assert!(told.contains("fewer descriptors may be open"), "{told}");
    platform.stop().await;
}

/// A connection from an address of this machine.
async fn from(address: &str, server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
    socket.connect(server).await.unwrap()
}

/// What is answered to a query from an address of this machine.
async fn ask(server: SocketAddr, path: &str, address: &str) -> String {
    let query = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    answer(from(address, server).await, query.as_bytes()).await
}

/// What is answered to these bytes.
async fn said(server: SocketAddr, bytes: &[u8]) -> String {
    answer(from("127.0.0.1", server).await, bytes).await
}

async fn answer(mut connection: TcpStream, bytes: &[u8]) -> String {
    // What is refused early may be closed before all of it is written, and before all of the answer is read.
    drop(connection.write_all(bytes).await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(ANSWERED_WITHIN, connection.read_to_end(&mut answer)).await;
    drop(read.expect("an answer, or the end"));
    String::from_utf8_lossy(&answer).into_owned()
}
