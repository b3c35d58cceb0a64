//! Where notifications arrive: keeps each with its sender's address, and answers as told.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A receiver of notifications.
pub struct Sink {
    pub url: String,
    kept: Arc<Kept>,
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct Kept {
    notices: Mutex<Vec<(IpAddr, Value)>>,
    answers: Mutex<VecDeque<(u16, &'static str)>>,
}

impl Sink {
    /// Listens on a free port.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let kept = Arc::new(Kept::default());
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(Arc::clone(&kept))
            .into_make_service_with_connect_info::<SocketAddr>();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            url,
            kept,
            _serving: serving,
        }
    }

    /// The next notifications are answered so, in this order; afterwards with 200 and `OK`.
    pub fn answer(&self, answers: &[(u16, &'static str)]) {
        self.kept.answers.lock().unwrap().extend(answers);
    }

    /// Everything received so far.
    pub fn notices(&self) -> Vec<Value> {
        self.kept
            .notices
            .lock()
            .unwrap()
            .iter()
            .map(|(_, body)| body.clone())
            .collect()
    }

    /// From where they came.
    pub fn sources(&self) -> Vec<IpAddr> {
        self.kept
            .notices
            .lock()
            .unwrap()
            .iter()
            .map(|(source, _)| *source)
            .collect()
    }

    /// `event` of YooKassa's, `Status` of T-Bank's.
    pub fn events(&self) -> Vec<String> {
        self.notices()
            .iter()
            .map(|notice| {
                let name = if notice["event"].is_string() {
                    &notice["event"]
                } else {
                    &notice["Status"]
                };
                name.as_str().unwrap_or("?").to_owned()
            })
            .collect()
    }
}

async fn receive(
    State(kept): State<Arc<Kept>>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let notice = serde_json::from_slice(&body).unwrap();
    kept.notices.lock().unwrap().push((source.ip(), notice));
    let (status, words) = kept.answers.lock().unwrap().pop_front().unwrap_or((200, "OK"));
    (StatusCode::from_u16(status).unwrap(), words)
}
