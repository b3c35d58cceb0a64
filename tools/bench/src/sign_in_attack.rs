//! What an attack leaves to those who sign in: guesses from many networks at once, half of them at one account, the others at addresses
//! that nobody has; beside them people sign in at a fixed rate, each from a network of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dev_stack::Stack;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::http::{self, Connection};
use crate::people::PASSWORD;
use crate::platform::{PlatformUnderTest, database, servers_of};
use crate::rounds::say;
use crate::samples::Samples;
use crate::stats::Latencies;
use crate::tot::Tot;

/// Whoever guesses, each from an IPv4 /24 of their own.
const ATTACKERS: u32 = 350;
/// How soon an attacker guesses again after an answer, whatever it was.
const PAUSE: Duration = Duration::from_millis(100);
/// People, each of whom signs in once.
const PEOPLE: u32 = 160;
/// How many of them do so a second.
const PER_SECOND: u32 = 4;
/// In so many sign-ins it is the owner of the attacked account once, on a device that is known.
const OWNER_EVERY: u32 = 8;
/// A sign-in that is answered later is none to somebody in need.
const IN_TIME: Duration = Duration::from_secs(1);
/// The patient whose account is attacked.
const ATTACKED: u32 = 0;
/// Connections come through one proxy.
const CONNECTIONS: &str = "2048";

/// Sign-ins of one kind.
#[derive(Default)]
struct SignIns {
    asked: u32,
    in_time: u32,
    /// When the last that was late was asked for, since the attack began.
    last_late: Duration,
    latencies: Latencies,
}

impl SignIns {
    fn share(&self) -> f64 {
        f64::from(self.in_time) / f64::from(self.asked.max(1))
    }
}

/// Who signs in, and on which device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SignInKind {
    /// Of the attacked account, on a device that is known.
    Owner,
    /// On a device on which they signed in before.
    Known,
    /// On a new one.
    New,
}

/// Measures our own build, on a database of its own, with the limits that it has unless told otherwise.
///
/// # Errors
/// As those of [`PlatformUnderTest`].
pub async fn run(stack: &Stack, tot: &Tot, samples: &mut Samples) -> Result<(), String> {
    say(&format!("{ATTACKERS} attackers on sign-ins …"));
    let attacked = database(stack, "attacked").await?;
    let folder = stack.folder().join("attacked");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let variables = [
        ("TOT_TRUSTED_PROXY_HOPS", "1"),
        ("TOT_HTTP_CONNECTIONS_MAX", CONNECTIONS),
        ("TOT_HTTP_CONNECTIONS_PER_ADDRESS", CONNECTIONS),
        ("TOT_RATE_LIMIT_LOGINS_PER_ADDRESS", "30"),
        ("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "5"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let servers = servers_of(stack, (&attacked, &folder));
    let mut platform = PlatformUnderTest::set_up(tot, &servers, PEOPLE as usize).await?;
    // Everybody registers from one address, before there are limits.
    platform.resume(&[]).await?;
    platform.pause().await;
    let mut platform = platform.with(&variables);
    platform.start(&[]).await?;
    let host: Arc<str> = platform.host().into();
    let devices = devices(&host).await?;
    let guesses = Arc::new(AtomicU64::new(0));
    let stop = CancellationToken::new();
    let mut attackers = JoinSet::new();
    for attacker in 0..ATTACKERS {
        attackers.spawn(attack(host.clone(), attacker, guesses.clone(), stop.clone()));
    }
    let begun = Instant::now();
    let signed_in = sign_ins(&host, &devices, begun).await?;
    let per_second = guesses.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    stop.cancel();
    while attackers.join_next().await.is_some() {}
    platform.pause().await;
    let [owner, known, new] = signed_in;
    for (sign_ins, in_time, p99) in [
        (&owner, "attacked_owner_in_time", "attacked_owner_p99_ms"),
        (&known, "attacked_known_in_time", "attacked_known_p99_ms"),
        (&new, "attacked_new_in_time", "attacked_new_p99_ms"),
    ] {
        samples.add(in_time, sign_ins.share());
        samples.add(p99, sign_ins.latencies.percentile_ms(99));
    }
    samples.add("attacked_new_last_late_s", new.last_late.as_secs_f64());
    samples.add("attacked_guesses_per_s", per_second);
    Ok(())
}

/// A device token of each patient whose device is known: of every other, the attacked one among them.
async fn devices(host: &str) -> Result<Vec<Option<String>>, String> {
    let mut devices = Vec::new();
    for person in 0..PEOPLE {
        if person % 2 == 1 {
            devices.push(None);
            continue;
        }
        let (status, answer) = sign_in(host, person, None).await?;
        let token = answer["device_token"].as_str().map(str::to_owned);
        let token = token.ok_or_else(|| format!("no device is known by {status}"))?;
        devices.push(Some(token));
    }
    Ok(devices)
}

/// Everybody signs in, when it is their turn, however long the others wait: by kind.
async fn sign_ins(
    host: &Arc<str>,
    devices: &[Option<String>],
    begun: Instant,
) -> Result<[SignIns; 3], String> {
    let mut under_way = JoinSet::new();
    let mut turns = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    for turn in 1..PEOPLE {
        turns.tick().await;
        let person = if turn % OWNER_EVERY == 0 { ATTACKED } else { turn };
        let (host, device) = (host.clone(), devices.get(person as usize).cloned().flatten());
        let kind = match (person, &device) {
            (ATTACKED, _) => SignInKind::Owner,
            (_, Some(_)) => SignInKind::Known,
            (_, None) => SignInKind::New,
        };
        under_way.spawn(async move {
            let asked = Instant::now();
            let answered = sign_in(&host, person, device.as_deref()).await;
            let elapsed = asked.elapsed();
            let is_in_time = answered.is_ok_and(|(status, _)| status == 200) && elapsed <= IN_TIME;
            (kind, is_in_time, asked.duration_since(begun), elapsed)
        });
    }
    let [mut owner, mut known, mut new] = <[SignIns; 3]>::default();
    while let Some(done) = under_way.join_next().await {
        let (kind, is_in_time, asked_at, elapsed) = done.map_err(|error| error.to_string())?;
        let counted = match kind {
            SignInKind::Owner => &mut owner,
            SignInKind::Known => &mut known,
            SignInKind::New => &mut new,
        };
        counted.asked += 1;
        counted.latencies.add(elapsed);
        counted.in_time += u32::from(is_in_time);
        if !is_in_time {
            counted.last_late = counted.last_late.max(asked_at);
        }
    }
    Ok([owner, known, new])
}

/// A sign-in with the right password; status and answer.
async fn sign_in(host: &str, person: u32, device: Option<&str>) -> Result<(u16, Value), String> {
    let mut body = json!({"email": format!("patient{person}@example.com"), "password": PASSWORD});
    if let Some(device) = device {
        body["device_token"] = json!(device);
    }
    let request = login(host, &format!("46.{}.{}.7", person / 200, person % 200), &body);
    let mut connection = Connection::open(host).await.map_err(|error| error.to_string())?;
    let answer = connection
        .ask(&request)
        .await
        .map_err(|error| error.to_string())?;
    let read = serde_json::from_slice(answer.body).unwrap_or_default();
    Ok((answer.status, read))
}

/// Guesses until it is stopped; counts what was answered.
async fn attack(host: Arc<str>, attacker: u32, guesses: Arc<AtomicU64>, stop: CancellationToken) {
    let network = format!("45.{}.{}.7", attacker / 200, attacker % 200);
    let mut turn = 0_u64;
    while !stop.is_cancelled() {
        let Ok(mut connection) = Connection::open(&host).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        while !stop.is_cancelled() {
            turn += 1;
            let address = match turn % 2 {
                0 => format!("patient{ATTACKED}@example.com"),
                _ => format!("nobody{attacker}-{turn}@example.com"),
            };
            let body = json!({"email": address, "password": format!("a wrong guess {turn}")});
            let answered = tokio::select! {
                answered = async { connection.ask(&login(&host, &network, &body)).await.is_ok() } => answered,
                () = stop.cancelled() => return,
            };
            guesses.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
            if !answered {
                break;
            }
        }
    }
}

fn login(host: &str, network: &str, body: &Value) -> Vec<u8> {
    let from = format!("X-Forwarded-For: {network}\r\n");
    http::post("/api/v1/auth/login", host, &from, &body.to_string())
}
