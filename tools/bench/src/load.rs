//! Closed and open loops over many connections, with every latency kept and every refusal an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::stats::Latencies;

/// What one closed loop measured.
#[derive(Debug)]
pub struct Measured {
    /// Acknowledged commands.
    pub commands: u64,
    /// Wall time of the whole loop.
    pub elapsed: Duration,
    /// One per acknowledged command.
    pub latencies: Latencies,
}

impl Measured {
    /// Commands per second.
    pub fn per_second(&self) -> f64 {
        self.commands as f64 / self.elapsed.as_secs_f64()
    }
}

/// What one open loop measured.
#[derive(Debug, Default)]
pub struct Paced {
    /// From the instant a command was due to its answer.
    pub answers: Latencies,
    /// From a command's acknowledgement to the read that shows it.
    pub lags: Latencies,
}

/// Holds the loop back while it is closed.
#[derive(Debug, Default)]
pub struct Gate(AtomicBool);

impl Gate {
    /// Closes or opens it.
    pub fn set_closed(&self, closed: bool) {
        self.0.store(closed, Ordering::Relaxed);
    }
}

/// `connections` clients, each asking again as soon as it is answered, for `duration`. `request` makes the n-th
/// request of the loop. Anything but 200 fails the bench: a refused command must not count as work.
pub async fn closed_loop(
    address: &str,
    connections: usize,
    duration: Duration,
    gate: Arc<Gate>,
    request: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static,
) -> Result<Measured, String> {
    let request = Arc::new(request);
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..connections {
        let (address, request, next, gate) =
            (address.to_owned(), request.clone(), next.clone(), gate.clone());
        clients.push(tokio::spawn(async move {
            let mut connection = Connection::open(&address)
                .await
                .map_err(|error| error.to_string())?;
            let mut latencies = Latencies::default();
            while start.elapsed() < duration {
                if gate.0.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    continue;
                }
                let bytes = request(next.fetch_add(1, Ordering::Relaxed));
                let asked = Instant::now();
                let answer = connection.ask(&bytes).await.map_err(|error| error.to_string())?;
                if answer.status != 200 {
                    return Err(format!(
                        "{}: {}",
                        answer.status,
                        String::from_utf8_lossy(answer.body)
                    ));
                }
                latencies.add(asked.elapsed());
            }
            Ok(latencies)
        }));
    }
    let mut latencies = Latencies::default();
    for client in clients {
        latencies.merge(client.await.map_err(|error| error.to_string())??);
    }
    Ok(Measured {
        commands: latencies.len() as u64,
        elapsed: start.elapsed(),
        latencies,
    })
}

/// Commands at a fixed rate; after every `sample_every`-th acknowledgement a second connection asks for the booking
/// with `Read-After`, and how long after the acknowledgement that read was answered is its lag.
pub async fn paced(
    address: &str,
    per_second: u32,
    duration: Duration,
    sample_every: u64,
    request: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static,
    read: impl Fn(u64, &str, i64) -> Vec<u8> + Send + Sync + 'static,
) -> Result<Paced, String> {
    const CONNECTIONS: u32 = 16;
    let (request, read) = (Arc::new(request), Arc::new(read));
    let start = Instant::now();
    let mut clients = Vec::new();
    for lane in 0..CONNECTIONS {
        let (address, request, read) = (address.to_owned(), request.clone(), read.clone());
        clients.push(tokio::spawn(async move {
            let mut commands = Connection::open(&address)
                .await
                .map_err(|error| error.to_string())?;
            let mut reads = Connection::open(&address)
                .await
                .map_err(|error| error.to_string())?;
            let mut measured = Paced::default();
            let mut turn = u64::from(lane);
            loop {
                // Arrivals are planned, not chained to answers: a slow answer does not lower the load.
                let planned = Duration::from_secs_f64(turn as f64 / f64::from(per_second));
                if planned >= duration {
                    return Ok::<_, String>(measured);
                }
                tokio::time::sleep_until((start + planned).into()).await;
                let answer = commands
                    .ask(&request(turn))
                    .await
                    .map_err(|error| error.to_string())?;
                let acknowledged = Instant::now();
                measured.answers.add((start + planned).elapsed());
                if answer.status != 200 {
                    return Err(format!(
                        "{}: {}",
                        answer.status,
                        String::from_utf8_lossy(answer.body)
                    ));
                }
                if (turn / u64::from(CONNECTIONS)).is_multiple_of(sample_every) {
                    let body: serde_json::Value =
                        serde_json::from_slice(answer.body).map_err(|error| error.to_string())?;
                    let (id, position) = (
                        body["id"].as_str().unwrap_or(""),
                        body["position"].as_i64().unwrap_or(0),
                    );
                    let seen = reads
                        .ask(&read(turn, id, position))
                        .await
                        .map_err(|error| error.to_string())?;
                    if seen.status != 200 {
                        return Err(format!("{}: {}", seen.status, String::from_utf8_lossy(seen.body)));
                    }
                    measured.lags.add(acknowledged.elapsed());
                }
                turn += u64::from(CONNECTIONS);
            }
        }));
    }
    let mut measured = Paced::default();
    for client in clients {
        let lane = client.await.map_err(|error| error.to_string())??;
        measured.answers.merge(lane.answers);
        measured.lags.merge(lane.lags);
    }
    Ok(measured)
}
