//! A live stream as a browser follows it: server-sent events, read one by one.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Method;
use serde_json::Value;

use crate::client::{ApiResponse, Client};
use crate::wait::until;

/// How long an event may take.
const EVENT_PATIENCE: Duration = Duration::from_secs(20);
/// How soon a stream ends once its watcher may no more watch.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    /// Its id: a position in the log.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// What it says.
    pub data: Value,
}

/// An open stream of events.
pub struct EventStream {
    bytes: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
}

impl EventStream {
    /// Asks for the stream at this path of the whole address.
    pub async fn ask(client: &Client, path: &str, last_seen: Option<i64>) -> reqwest::Response {
        let last_seen = last_seen.map(|position| position.to_string());
        let headers: Vec<(&str, &str)> = last_seen
            .iter()
            .map(|position| ("Last-Event-ID", position.as_str()))
            .collect();
        client
            .request(Method::GET, path, None, &headers)
            .send()
            .await
            .unwrap()
    }

    /// Why it is not opened.
    pub async fn refused(client: &Client, path: &str, last_seen: Option<i64>) -> ApiResponse {
        let response = Self::ask(client, path, last_seen).await;
        let (status, headers) = (response.status(), response.headers().clone());
        assert_ne!(status, 200, "a stream has no end to read to");
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap();
        ApiResponse {
            status,
            headers,
            body,
            text,
        }
    }

    /// Opens it.
    pub async fn open(client: &Client, path: &str, last_seen: Option<i64>) -> Self {
        Self::of(path, Self::ask(client, path, last_seen).await).await
    }

    /// Opens it as soon as the state that it begins with is fresh: whoever hears 503 comes back.
    pub async fn open_when_fresh(client: &Client, path: &str, last_seen: Option<i64>) -> Self {
        let answered = until("the state to be fresh", || async {
            let response = Self::ask(client, path, last_seen).await;
            (response.status() != 503).then_some(response)
        });
        Self::of(path, answered.await).await
    }

    async fn of(path: &str, response: reqwest::Response) -> Self {
        let status = response.status();
        if status != 200 {
            panic!("{path}: {status} {}", response.text().await.unwrap());
        }
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with("text/event-stream"));
        assert_eq!(header("x-accel-buffering"), "no", "a proxy would hold it back");
        let bytes = futures::stream::unfold(response, |mut response| async move {
            let chunk = response.chunk().await.transpose()?;
            Some((chunk.map(|bytes| bytes.to_vec()), response))
        });
        Self {
            bytes: bytes.boxed(),
            text: String::new(),
        }
    }

    /// The next event.
    pub async fn next(&mut self) -> StreamEvent {
        loop {
            if let Some(event) = self.next_complete() {
                return event;
            }
            let next = tokio::time::timeout(EVENT_PATIENCE, self.bytes.next()).await;
            let bytes = next.expect("an event").expect("an open stream").unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The events that come, up to the first that is meant.
    pub async fn until(&mut self, is_meant: impl Fn(&StreamEvent) -> bool) -> Vec<StreamEvent> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.next().await);
            if seen.last().is_some_and(&is_meant) {
                return seen;
            }
        }
    }

    /// The events that come, up to the first about a fact of this type.
    pub async fn until_fact(&mut self, what: &str) -> Vec<StreamEvent> {
        self.until(|event| event.data["type"] == what).await
    }

    /// The events that still come before the stream ends, as it must now.
    pub async fn ends(&mut self) -> Vec<StreamEvent> {
        let deadline = Instant::now() + ENDS_WITHIN;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let next = tokio::time::timeout(left, self.bytes.next()).await;
            match next.expect("the stream to end in time") {
                Some(bytes) => self.text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap()),
                None => return std::iter::from_fn(|| self.next_complete()).collect(),
            }
        }
    }

    /// The next event that has come whole. Signs of life are none.
    fn next_complete(&mut self) -> Option<StreamEvent> {
        while let Some((event, rest)) = self.text.split_once("\n\n") {
            let field = |name: &str| {
                let mut lines = event.lines();
                let found = lines.find_map(|line| line.strip_prefix(name));
                found.map(|text| text.trim().to_owned())
            };
            let fields = (field("id:"), field("event:"), field("data:"));
            self.text = rest.to_owned();
            if let (Some(id), Some(name), Some(data)) = fields {
                return Some(StreamEvent {
                    id: id.parse().unwrap(),
                    name,
                    data: serde_json::from_str(&data).unwrap(),
                });
            }
        }
        None
    }
}
