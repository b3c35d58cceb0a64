//! A provider for tests that does what it is told, one act per request, and remembers what it was sent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::payment::provider::Provider;

use crate::http::{Http, Limits};

/// What the provider does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Answers with this status and body.
    ProviderReply(u16, String),
    /// Answers with this status, one header and body.
    AnswerWith(u16, &'static str, String),
    /// Takes the request and closes the connection.
    Drop,
    /// Begins to answer and closes the connection.
    Break,
    /// Takes the request and never answers.
    Hang,
}

/// What the provider was sent.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub line: String,
    pub head: String,
    pub body: String,
}

impl Received {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

pub(crate) struct Scripted {
    pub address: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Scripted {
    /// A provider with a script; what comes after its end is refused a connection.
    pub(crate) fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&received);
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for act in acts {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read(&mut stream);
                noted.lock().unwrap().push(request);
                held.extend(perform(stream, &act));
            }
            drop(listener);
            // Whoever was told to hang stays connected until the test is over.
            if !held.is_empty() {
                std::thread::park();
            }
        });
        Self { address, received }
    }

    /// A provider that answers everything with 200 and these bodies in turn.
    pub(crate) fn answering(bodies: &[&str]) -> Self {
        Self::start(
            bodies
                .iter()
                .map(|&body| Act::ProviderReply(200, body.to_owned()))
                .collect(),
        )
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn http(&self, provider: Provider) -> Http {
        let path = match provider {
            Provider::Yookassa => "/v3",
            Provider::Tbank => "",
        };
        Http::new(provider, &format!("{}{path}", self.address), limits(), None).unwrap()
    }
}

/// Limits that a test can wait for; no pause between tries.
pub(crate) fn limits() -> Limits {
    Limits {
        act: Duration::from_millis(300),
        ask: Duration::from_millis(300),
        ask_pause: Duration::ZERO,
        ..Limits::default()
    }
}

fn read(stream: &mut TcpStream) -> Received {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the request ended early");
        bytes.extend_from_slice(&chunk[..count]);
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut received = Received {
        line: head.lines().next().unwrap().to_owned(),
        head,
        body: String::new(),
    };
    let length: usize = received
        .header("content-length")
        .map_or(0, |text| text.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the body ended early");
        body.extend_from_slice(&chunk[..count]);
    }
    // What a collector is sent is no text.
    received.body = String::from_utf8_lossy(&body).into_owned();
    received
}

fn perform(mut stream: TcpStream, act: &Act) -> Option<TcpStream> {
    let (status, header, body) = match act {
        Act::ProviderReply(status, body) => (*status, "", body.as_str()),
        Act::AnswerWith(status, header, body) => (*status, *header, body.as_str()),
        Act::Drop => return None,
        Act::Break => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":")
                .unwrap();
            return None;
        }
        Act::Hang => return Some(stream),
    };
    let end = if header.is_empty() { "" } else { "\r\n" };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Type: application/json\r\n{header}{end}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    None
}
