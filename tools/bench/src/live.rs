//! Live streams: so many people follow their own bookings at once; what a stream costs in memory, and how soon an event is received.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dev_stack::Stack;
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::Options;
use crate::http::{self, Connection};
use crate::people::{answer_of, authorised};
use crate::platform::{PlatformUnderTest, TestServers, database, servers_of};
use crate::rounds::say;
use crate::samples::Samples;
use crate::stats::Latencies;
use crate::tot::Tot;

/// Bookings a second, each an event on one stream.
const PER_SECOND: u32 = 100;
/// Connections that book.
const BOOKING: u32 = 8;
/// Streams being opened at once.
const OPENING: usize = 32;
/// Descriptors this process and the platform need beside those of streams.
const DESCRIPTORS_BESIDE: usize = 1_024;
/// How long the last events may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Refuses more streams than the system lets a process have connections.
pub fn look_at_descriptors(streams: usize) -> Result<(), String> {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let allowed = line.and_then(|line| line.split_whitespace().nth(3)?.parse::<usize>().ok());
    let needed = streams + DESCRIPTORS_BESIDE;
    match allowed {
        Some(allowed) if streams > 0 && allowed < needed => Err(format!(
            "{streams} live streams need {needed} open files, not {allowed}: `ulimit -n {needed}`, or lower --live-streams"
        )),
        Some(_) | None => Ok(()),
    }
}

/// Measures our own build, on a database of its own.
pub async fn run(options: &Options, stack: &Stack, tot: &Tot, samples: &mut Samples) -> Result<(), String> {
    if options.live_streams < 2 {
        return Ok(());
    }
    let followed = database(stack, "live").await?;
    let folder = stack.folder().join("live");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let servers = servers_of(stack, (&followed, &folder));
    let span = Duration::from_secs(options.seconds);
    measure(tot, &servers, options.live_streams, span, samples).await
}

/// Opens one stream for each of so many patients, and lets bookings of theirs come in for `span`.
async fn measure(
    tot: &Tot,
    servers: &TestServers<'_>,
    streams: usize,
    span: Duration,
    samples: &mut Samples,
) -> Result<(), String> {
    say(&format!("{streams} live streams …"));
    let connections = (streams + DESCRIPTORS_BESIDE).to_string();
    let bounds = [
        ("TOT_HTTP_CONNECTIONS_MAX", connections.clone()),
        ("TOT_HTTP_CONNECTIONS_PER_ADDRESS", connections),
    ];
    let platform = PlatformUnderTest::set_up(tot, servers, streams).await?;
    let mut platform = platform.with(&bounds);
    platform.resume(&[]).await?;
    let host = platform.host().to_owned();
    let tokens = platform.people()?.everybody();
    // Whatever a first stream brings to life is none of the cost of one more.
    let (events, mut received) = mpsc::unbounded_channel();
    open_all(&host, &tokens, 0..1, &events).await?;
    let before = platform.memory_kib()?;
    let start = Instant::now();
    open_all(&host, &tokens, 1..streams, &events).await?;
    let opened = start.elapsed();
    let kib = (platform.memory_kib()? - before) / (streams - 1) as f64;
    let booked = book(&host, &tokens, span).await?;
    let mut lags = Latencies::default();
    let all = async {
        while lags.len() < booked {
            match received.recv().await {
                Some(Ok(lag)) => lags.add(lag),
                Some(Err(error)) => return Err(error),
                None => return Err("the streams ended".to_owned()),
            }
        }
        Ok(())
    };
    match tokio::time::timeout(PATIENCE, all).await {
        Ok(all) => all?,
        Err(_) => return Err(format!("of {booked} events {} were received", lags.len())),
    }
    platform.pause().await;
    let (p50, p99) = (lags.percentile_ms(50), lags.percentile_ms(99));
    say(&format!(
        "  {streams} streams opened in {:.1} s, {kib:.1} KiB each; lag p50 {p50:.1} ms, p99 {p99:.1} ms",
        opened.as_secs_f64()
    ));
    samples.add("live_streams", streams as f64);
    samples.add("live_stream_kib", kib);
    samples.add("live_opened_per_s", streams as f64 / opened.as_secs_f64());
    samples.add("live_lag_p50_ms", p50);
    samples.add("live_lag_p99_ms", p99);
    Ok(())
}

type Received = mpsc::UnboundedSender<Result<Duration, String>>;

/// Opens the streams of these people; each has told its state when this is done, and goes on telling.
async fn open_all(
    host: &str,
    tokens: &Arc<Vec<String>>,
    people: std::ops::Range<usize>,
    events: &Received,
) -> Result<(), String> {
    let mut lanes = Vec::new();
    for lane in 0..OPENING {
        let (host, tokens, events) = (host.to_owned(), tokens.clone(), events.clone());
        let people = people.clone().skip(lane).step_by(OPENING);
        lanes.push(tokio::spawn(async move {
            for person in people {
                let stream = open(&host, &tokens[person]).await?;
                tokio::spawn(follow(stream, events.clone()));
            }
            Ok::<_, String>(())
        }));
    }
    for lane in lanes {
        lane.await.map_err(|error| error.to_string())??;
    }
    Ok(())
}

async fn open(host: &str, token: &str) -> Result<TcpStream, String> {
    let mut stream = TcpStream::connect(host)
        .await
        .map_err(|error| error.to_string())?;
    let headers = format!("Authorization: Bearer {token}\r\n");
    let request = http::get("/api/v1/me/events", host, &headers);
    stream
        .write_all(&request)
        .await
        .map_err(|error| error.to_string())?;
    let mut text = String::new();
    while !text.contains("event: snapshot\n") || !text.ends_with("\n\n\r\n") {
        if text.starts_with("HTTP/1.1 ") && !text.starts_with("HTTP/1.1 200") {
            return Err(text);
        }
        text.push_str(&read(&mut stream).await?);
    }
    Ok(stream)
}

async fn read(stream: &mut TcpStream) -> Result<String, String> {
    let mut buffer = [0; 4_096];
    let length = stream
        .read(&mut buffer)
        .await
        .map_err(|error| error.to_string())?;
    match length {
        0 => Err("a stream ended".to_owned()),
        length => Ok(String::from_utf8_lossy(&buffer[..length]).into_owned()),
    }
}

/// Tells how long each event took from its commit's time to here; both are this machine's clock.
async fn follow(mut stream: TcpStream, events: Received) {
    let mut text = String::new();
    loop {
        match read(&mut stream).await {
            Ok(more) => text.push_str(&more),
            Err(error) => {
                drop(events.send(Err(error)));
                return;
            }
        }
        let now = Timestamp::now();
        while let Some((event, rest)) = text.split_once("\n\n") {
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            let data = data.and_then(|data| serde_json::from_str::<Value>(data).ok());
            let recorded_at = data.and_then(|data| data["recorded_at"].as_str()?.parse::<Timestamp>().ok());
            if let Some(recorded_at) = recorded_at {
                let lag = now.duration_since(recorded_at).unsigned_abs();
                drop(events.send(Ok(lag)));
            }
            text = rest.to_owned();
        }
    }
}

/// Urgent bookings of everybody in turn, at a fixed rate; answers how many.
async fn book(host: &str, tokens: &Arc<Vec<String>>, span: Duration) -> Result<usize, String> {
    let start = Instant::now();
    let mut lanes = Vec::new();
    for lane in 0..BOOKING {
        let (host, tokens) = (host.to_owned(), tokens.clone());
        lanes.push(tokio::spawn(async move {
            let mut connection = Connection::open(&host).await.map_err(|error| error.to_string())?;
            let body = r#"{"call_type":"urgent","address":"ул. Ленина, 1","amount":"1500.00"}"#;
            let mut booked = 0;
            for turn in (lane..).step_by(BOOKING as usize) {
                let planned = Duration::from_secs_f64(f64::from(turn) / f64::from(PER_SECOND));
                if planned >= span {
                    break;
                }
                tokio::time::sleep_until((start + planned).into()).await;
                // Far apart in the order in which they were opened.
                let token = &tokens[(turn as usize).wrapping_mul(7_919) % tokens.len()];
                let request = http::post("/api/v1/bookings", &host, &authorised(token), body);
                answer_of(&mut connection, &request).await?;
                booked += 1;
            }
            Ok::<usize, String>(booked)
        }));
    }
    let mut booked = 0;
    for lane in lanes {
        booked += lane.await.map_err(|error| error.to_string())??;
    }
    Ok(booked)
}
