//! A way to Postgres that can be cut: answers swallowed, connections dropped, new ones refused.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Open,
    /// On connections made before, questions arrive and answers do not.
    Mute,
    /// Everything is dropped, and nobody gets in.
    Cut,
}

pub struct Proxy {
    url: String,
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    way: Way,
    /// How often it was set: who came before may be treated otherwise than who came after.
    changes: u64,
    cuts: u64,
}

impl Proxy {
    /// A proxy before the database at `url`.
    pub async fn before(url: &str) -> Self {
        let mut url = Url::parse(url).unwrap();
        let server: SocketAddr = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
            .parse()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let state = Arc::new(
            watch::channel(State {
                way: Way::Open,
                changes: 0,
                cuts: 0,
            })
            .0,
        );
        let told = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if told.borrow().way != Way::Cut {
                    tokio::spawn(carry(client, server, told.subscribe()));
                }
            }
        });
        Self {
            url: url.to_string(),
            state,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn set(&self, way: Way) {
        self.state.send_modify(|state| {
            state.changes += 1;
            state.cuts += u64::from(way == Way::Cut);
            state.way = way;
        });
    }
}

async fn carry(client: TcpStream, server: SocketAddr, mut state: watch::Receiver<State>) {
    let began = *state.borrow();
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut client_reads, mut client_writes) = client.into_split();
    let (mut server_reads, mut server_writes) = server.into_split();
    let watched = state.clone();
    let there = async {
        tokio::io::copy(&mut client_reads, &mut server_writes)
            .await
            .map(|_| ())
    };
    let back = async {
        let mut buffer = vec![0; 16_384];
        loop {
            let read = server_reads.read(&mut buffer).await?;
            if read == 0 {
                return Ok::<(), std::io::Error>(());
            }
            let now = *watched.borrow();
            if now.way != Way::Mute || now.changes == began.changes {
                client_writes.write_all(&buffer[..read]).await?;
            }
        }
    };
    tokio::select! {
        _ = there => {}
        _ = back => {}
        _ = state.wait_for(|state| state.cuts != began.cuts) => {}
    }
}
