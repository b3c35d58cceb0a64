//! One connection against a clock that is set: which silence ends it, and which does not.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use futures::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance};

use super::*;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// A client's end of a connection, and the task that answers at the other.
struct Client {
    stream: DuplexStream,
    stop: CancellationToken,
    server: JoinSet<()>,
}

impl Client {
    fn connect() -> Self {
        Self::connect_through(64 * 1_024)
    }

    /// Over a line that takes so many bytes before somebody must read them.
    fn connect_through(bytes: usize) -> Self {
        let alive = || async {
            Sse::new(stream::pending::<Result<Event, Infallible>>())
                .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        };
        let router = Router::new()
            .route("/", get(async || "hello"))
            .route("/stream", get(alive))
            .route("/large", get(async || "x".repeat(1_000_000)))
            .route("/echo", post(async |body: String| body));
        let (stream, theirs) = duplex(bytes);
        let (stop, mut server) = (CancellationToken::new(), JoinSet::new());
        let peer = SocketAddr::from(([127, 0, 0, 1], 4_000));
        server.spawn(answer(
            theirs,
            Instant::now(),
            peer,
            router,
            ConnectionLimits::default(),
            stop.clone(),
        ));
        Self { stream, stop, server }
    }

    async fn say(&mut self, bytes: &[u8]) {
        // What is refused may be closed before all of it is taken.
        drop(self.stream.write_all(bytes).await);
    }

    /// What is there to read; at least something.
    async fn hear(&mut self) -> String {
        let mut buffer = vec![0; 64 * 1_024];
        let count = self.stream.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    /// Reads to the end; how many seconds that took and what came.
    async fn ended(mut self) -> (u64, String) {
        let (began, mut rest) = (Instant::now(), Vec::new());
        drop(self.stream.read_to_end(&mut rest).await);
        self.server.join_next().await;
        (
            began.elapsed().as_secs(),
            String::from_utf8_lossy(&rest).into_owned(),
        )
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_left_after_the_time_of_a_head() {
    assert_eq!(Client::connect().ended().await, (10, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_head_has_its_time_as_a_whole_however_often_a_byte_comes() {
    let mut client = Client::connect();
    for byte in &REQUEST[..4] {
        client.say(&[*byte]).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert_eq!(client.ended().await, (2, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_connection_rests_between_requests_longer_than_a_head_may_take() {
    let mut client = Client::connect();
    for _ in 0..3 {
        client.say(REQUEST).await;
        assert!(client.hear().await.starts_with("HTTP/1.1 200 "));
        advance(Duration::from_secs(70)).await;
    }
    client.say(REQUEST).await;
    assert!(client.hear().await.starts_with("HTTP/1.1 200 "));
    let began = Instant::now();
    client.say(&REQUEST[..5]).await;
    let (_, rest) = client.ended().await;
    assert_eq!(
        (began.elapsed().as_secs(), rest.as_str()),
        (10, ""),
        "the next head has its time too"
    );

    let mut client = Client::connect();
    client.say(REQUEST).await;
    client.hear().await;
    assert_eq!(client.ended().await, (75, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_live_stream_outlives_every_rest_and_ends_when_nobody_reads_it() {
    let mut client = Client::connect();
    client.say(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(client.hear().await.starts_with("HTTP/1.1 200 "));
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(600) {
        assert!(client.hear().await.contains(':'), "a sign of life");
    }

    let mut unread = Client::connect_through(1_024);
    unread.say(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let began = Instant::now();
    unread.server.join_next().await;
    assert_eq!(began.elapsed().as_secs(), 75);
}

#[tokio::test(start_paused = true)]
async fn a_head_of_sixteen_kibibytes_is_the_longest_and_bodies_may_be_longer() {
    let long = |bytes: usize| {
        let filler = "a".repeat(bytes);
        format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: {filler}\r\n\r\n")
    };
    let mut client = Client::connect();
    client.say(long(15_000).as_bytes()).await;
    assert!(client.ended().await.1.starts_with("HTTP/1.1 200 "));
    let mut client = Client::connect();
    client.say(long(16_400).as_bytes()).await;
    assert!(client.ended().await.1.starts_with("HTTP/1.1 431 "));
    let mut client = Client::connect();
    let body = "b".repeat(40_000);
    client
        .say(
            format!(
                "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 40000\r\n\r\n{body}"
            )
            .as_bytes(),
        )
        .await;
    assert!(client.ended().await.1.ends_with(&body));
}

#[tokio::test(start_paused = true)]
async fn http_2_in_clear_is_not_spoken() {
    let mut client = Client::connect();
    client.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let (seconds, answer) = client.ended().await;
    assert!(
        seconds == 0 && (answer.is_empty() || answer.starts_with("HTTP/1.1 400 ")),
        "{answer}"
    );
    // An offer to change to it is not taken up.
    let mut client = Client::connect();
    client
        .say(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n")
        .await;
    assert!(client.hear().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_length_is_in_doubt_never_hides_another() {
    for (heads, body) in [
        ("content-length: 4\r\ntransfer-encoding: chunked", "0\r\n\r\n"),
        ("transfer-encoding: chunked\r\ncontent-length: 5", "0\r\n\r\n"),
        ("content-length: 0\r\ncontent-length: 26", ""),
        ("content-length: 0, 26", ""),
        ("content-length: +0", ""),
        ("transfer-encoding: chunked, identity", "0\r\n\r\n"),
        ("transfer-encoding: xchunked", "0\r\n\r\n"),
        ("transfer-encoding : chunked", "0\r\n\r\n"),
        ("transfer-encoding:\r\n chunked", "0\r\n\r\n"),
        ("transfer-encoding: chunked", "0x0\r\n\r\n"),
        ("transfer-encoding: chunked", "fffffffffffffffff0\r\n\r\n"),
    ] {
        let mut client = Client::connect();
        let whole = format!("POST /echo HTTP/1.1\r\nhost: x\r\n{heads}\r\n\r\n{body}");
        client.say(whole.as_bytes()).await;
        client.say(REQUEST).await;
        let (_, answer) = client.ended().await;
        assert!(
            answer.matches("HTTP/1.1 ").count() <= 1 && !answer.contains("hello"),
            "{heads}: {answer}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_a_connection_without_a_request_ends_at_once() {
    for begun in [&b""[..], REQUEST] {
        let mut client = Client::connect();
        if !begun.is_empty() {
            client.say(begun).await;
            client.hear().await;
        }
        client.stop.cancel();
        assert_eq!(client.ended().await.0, 0);
    }
}
