//! A mail server and a gateway of text messages for rehearsals: takes whatever it is sent, delivers nothing, and shows it on a page. On this machine alone.

mod message;
mod pages;
mod sms;
mod smtp;

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::running::SandboxError;

pub use message::ReceivedMail;
pub use sms::MAILBOX_SMS_KEY;

/// Messages that are kept; the oldest goes first.
const MESSAGES_MAX: usize = 200;
/// How long requests under way may hold up a stop.
const STOPS_WITHIN: Duration = Duration::from_secs(2);

/// A running mail server; see [`Mailbox::start`].
#[derive(Debug)]
pub struct Mailbox {
    /// `smtp://…`: where mail is handed over, in clear.
    pub smtp_url: String,
    /// `http://…`: the page; `/messages` below it is the same as JSON.
    pub url: String,
    /// `http://…`: where text messages are handed over, as MTS Exolve takes them, with [`MAILBOX_SMS_KEY`].
    pub sms_url: String,
    state: Arc<State>,
    closing: CancellationToken,
    tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct State(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    messages: Vec<ReceivedMail>,
    received: u64,
    refusal: Option<u16>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, mut message: ReceivedMail) -> u64 {
        let mut held = self.lock();
        held.received += 1;
        message.number = held.received;
        held.messages.push(message);
        if held.messages.len() > MESSAGES_MAX {
            held.messages.remove(0);
        }
        held.received
    }

    fn messages(&self) -> Vec<ReceivedMail> {
        self.lock().messages.clone()
    }

    fn refusal(&self) -> Option<u16> {
        self.lock().refusal
    }
}

impl Mailbox {
    /// Starts one and answers once both addresses listen.
    ///
    /// # Errors
    /// When an address is taken, or is not of this machine.
    pub async fn start(smtp: SocketAddr, pages: SocketAddr) -> Result<Self, SandboxError> {
        let (smtp, pages) = (listen(smtp).await?, listen(pages).await?);
        let address =
            |listener: &TcpListener| listener.local_addr().map_or(String::new(), |at| at.to_string());
        let (smtp_url, url) = (
            format!("smtp://{}", address(&smtp)),
            format!("http://{}", address(&pages)),
        );
        let (state, closing) = (Arc::new(State::default()), CancellationToken::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(smtp::serve(smtp, Arc::clone(&state), closing.clone()));
        let stop = closing.clone().cancelled_owned();
        let serving = axum::serve(pages, pages::router(Arc::clone(&state))).with_graceful_shutdown(stop);
        tasks.spawn(async move {
            if let Err(error) = serving.into_future().await {
                tracing::error!(fault = %error, "The mailbox's page stopped");
            }
        });
        Ok(Self {
            smtp_url,
            sms_url: format!("{url}{}", sms::PATH),
            url,
            state,
            closing,
            tasks,
        })
    }

    /// What it has taken, the oldest first.
    pub fn messages(&self) -> Vec<ReceivedMail> {
        self.state.messages()
    }

    /// Answers every receiver with this status from now on, such as 451 or 550; with none it takes everything again.
    pub fn refuse(&self, status: Option<u16>) {
        self.state.lock().refusal = status;
    }

    /// Stops.
    pub async fn stop(mut self) {
        self.closing.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOPS_WITHIN, ended).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, SandboxError> {
    if !address.ip().is_loopback() {
        return Err(SandboxError::NotLoopback { address });
    }
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| SandboxError::Listen { address, source })
}
