//! A receiver of webhooks that behaves as it is told, and keeps what it was sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a receiver behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes everything at once.
    Good,
    /// Takes everything, after so long.
    Slow(Duration),
    /// Takes two of three messages; the others are answered 500, or not at all.
    Flapping,
    /// Accepts connections and says nothing.
    Dead,
}

/// A running receiver.
pub struct Receiver {
    port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    behaviour: Behaviour,
    count: usize,
    received: Vec<Message>,
}

/// A message that came.
#[derive(Clone, Debug)]
pub struct Message {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signatures: Vec<String>,
    /// The body, to the letter.
    pub body: String,
    /// Whether it was taken.
    pub taken: bool,
}

impl Message {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The position of its fact.
    pub fn position(&self) -> i64 {
        self.json()["data"]["position"].as_i64().unwrap()
    }

    /// The booking it is about.
    pub fn booking(&self) -> String {
        self.json()["data"]["booking_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// How many of its signatures are made with this secret, reckoned by hand from the specification.
    pub fn signed_with(&self, secret: &str) -> usize {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id, self.timestamp, self.body).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.signatures
            .iter()
            .filter(|signature| **signature == expected)
            .count()
    }
}

impl Receiver {
    /// A receiver at a port of its own.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            behaviour,
            count: 0,
            received: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { port, state }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/webhooks", self.port)
    }

    /// Behaves so from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().behaviour = behaviour;
    }

    /// Everything that came.
    pub fn received(&self) -> Vec<Message> {
        self.state.lock().unwrap().received.clone()
    }

    /// What it took, in the order in which it did.
    pub fn taken(&self) -> Vec<Message> {
        self.received()
            .into_iter()
            .filter(|message| message.taken)
            .collect()
    }
}

/// What becomes of one message.
enum Answer {
    Take,
    Fail,
    HangUp,
    Silence,
}

/// Takes messages from one connection, one after another.
async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = request(&mut stream).await {
        let behaviour = state.lock().unwrap().behaviour;
        if let Behaviour::Slow(takes) = behaviour {
            tokio::time::sleep(takes).await;
        }
        let answer = note(&state, behaviour, &head, body);
        let written = match answer {
            Answer::Take => stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await,
            Answer::Fail => {
                let failed = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(failed).await
            }
            Answer::HangUp => return,
            Answer::Silence => std::future::pending().await,
        };
        if written.is_err() {
            return;
        }
    }
}

fn note(state: &Mutex<State>, behaviour: Behaviour, head: &str, body: Vec<u8>) -> Answer {
    let mut state = state.lock().unwrap();
    state.count += 1;
    let answer = match (behaviour, state.count % 6) {
        (Behaviour::Good | Behaviour::Slow(_), _) => Answer::Take,
        (Behaviour::Dead, _) => Answer::Silence,
        (Behaviour::Flapping, 2) => Answer::Fail,
        (Behaviour::Flapping, 5) => Answer::HangUp,
        (Behaviour::Flapping, _) => Answer::Take,
    };
    let header = |wanted: &str| {
        let found = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        });
        found.unwrap_or_default()
    };
    let message = Message {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature")
            .split(' ')
            .map(str::to_owned)
            .collect(),
        body: String::from_utf8(body).unwrap(),
        taken: matches!(answer, Answer::Take),
    };
    state.received.push(message);
    answer
}

/// The next request of a connection; none when it is over.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length?];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}
