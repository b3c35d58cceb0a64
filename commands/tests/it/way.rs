//! A way to NATS that can be cut: connections dropped, new ones refused, until it is opened again.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

const SCHEME: &str = "nats://";

pub struct Way {
    url: String,
    open: watch::Sender<bool>,
    _carrying: JoinSet<()>,
}

impl Way {
    /// An open way to the NATS at `url`.
    pub async fn to(url: &str) -> Self {
        let (login, server) = url.strip_prefix(SCHEME).unwrap().rsplit_once('@').unwrap();
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{SCHEME}{login}@{}", listener.local_addr().unwrap());
        let open = watch::Sender::new(true);
        let mut carrying = JoinSet::new();
        carrying.spawn(accept(listener, server, open.subscribe()));
        Self {
            url,
            open,
            _carrying: carrying,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn accept(listener: TcpListener, server: String, open: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        if *open.borrow() {
            connections.spawn(carry(client, server.clone(), open.clone()));
        }
    }
}

async fn carry(mut client: TcpStream, server: String, mut open: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = open.wait_for(|open| !open) => {}
    }
}
