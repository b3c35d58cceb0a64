//! How fast webhooks are delivered: endpoints on this machine are told anew of what the rounds left in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::http;
use crate::people::{ask, authorised};
use crate::platform::PlatformUnderTest;
use crate::samples::Samples;

/// Endpoints that are told at once.
const ENDPOINTS: usize = 16;
/// How many facts from the end of the log they are told of; each of an urgent booking is one event.
const FACTS: i64 = 2_000;
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long nothing comes once everything has.
const QUIET: Duration = Duration::from_secs(3);
const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// The variable that lets endpoints be on this machine.
pub const LOOPBACK: (&str, &str) = ("TOT_WEBHOOK_LOOPBACK", "on");

/// Measures deliveries a second, from the first to the last.
///
/// # Errors
/// When the platform does not answer, or delivers nothing.
pub async fn measure(platform: &PlatformUnderTest, samples: &mut Samples) -> Result<(), String> {
    let receiver = Receiver::start().await?;
    let host = platform.host();
    let token = &platform.people()?.admin.token;
    let post = |path: &str, body: String| http::post(path, host, &authorised(token), &body);
    for _ in 0..ENDPOINTS {
        let endpoint = json!({"url": receiver.url, "event_types": ["booking.created"]}).to_string();
        let made = ask(host, &post("/api/v1/webhook-endpoints", endpoint)).await?;
        let (id, head) = (
            made["endpoint"]["id"].as_str(),
            made["endpoint"]["position"].as_i64(),
        );
        let (id, head) = id
            .zip(head)
            .ok_or_else(|| format!("no endpoint was made: {made}"))?;
        let path = format!("/api/v1/webhook-endpoints/{id}/replay");
        let from = json!({"after_position": (head - FACTS).max(0)}).to_string();
        ask(host, &post(&path, from)).await?;
    }
    let (taken, span) = receiver.until_quiet().await?;
    samples.add("webhooks_per_s", taken as f64 / span.as_secs_f64());
    Ok(())
}

/// Takes everything and counts it.
struct Receiver {
    url: String,
    taken: Arc<AtomicUsize>,
}

impl Receiver {
    async fn start() -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let taken = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, Arc::clone(&counter)));
            }
        });
        Ok(Self {
            url: format!("http://{address}/"),
            taken,
        })
    }

    /// Waits until nothing has come for a while; answers how many came, and from the first to the last within which time.
    async fn until_quiet(&self) -> Result<(usize, Duration), String> {
        let begun = Instant::now();
        let (mut first, mut last, mut seen) = (None, begun, 0);
        while begun.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let taken = self.taken.load(Ordering::Relaxed);
            if taken > seen {
                (seen, last) = (taken, Instant::now());
                first.get_or_insert(last);
            }
            if let Some(first) = first
                && last.elapsed() > QUIET
            {
                return Ok((seen, last.duration_since(first)));
            }
        }
        Err(format!(
            "{seen} webhooks came within {PATIENCE:?}, and no end of them"
        ))
    }
}

/// Reads requests one after another, by their length alone.
async fn take(mut stream: TcpStream, taken: Arc<AtomicUsize>) {
    let mut buffer = Vec::with_capacity(4096);
    loop {
        while let Some(whole) = request(&buffer) {
            buffer.drain(..whole);
            taken.fetch_add(1, Ordering::Relaxed);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
        if !matches!(stream.read_buf(&mut buffer).await, Ok(read) if read > 0) {
            return;
        }
    }
}

/// How many bytes the first request has, once all of it is there.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length: usize = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())?;
    let whole = head + 4 + length;
    (bytes.len() >= whole).then_some(whole)
}
