//! One address before several API processes: each connection goes to the next of them that answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// A balancer of connections.
pub struct Balancer {
    address: SocketAddr,
    backends: Arc<Mutex<Vec<u16>>>,
}

impl Balancer {
    /// A balancer at `port` of this machine, with nobody behind it yet.
    pub async fn at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let backends = Arc::new(Mutex::new(Vec::new()));
        let (shared, turn) = (Arc::clone(&backends), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, Arc::clone(&shared), Arc::clone(&turn)));
            }
        });
        Self { address, backends }
    }

    /// Where it answers.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the process at this port gets its share.
    pub async fn add(&self, port: u16) {
        self.backends.lock().await.push(port);
    }
}

async fn carry(mut near: TcpStream, backends: Arc<Mutex<Vec<u16>>>, turn: Arc<AtomicUsize>) {
    let known = backends.lock().await.clone();
    let first = turn.fetch_add(1, Ordering::Relaxed);
    for place in 0..known.len() {
        let port = known[(first + place) % known.len()];
        match TcpStream::connect(("127.0.0.1", port)).await {
            Ok(mut far) => {
                // Either side may end it; a process that is killed ends it at once.
                drop(tokio::io::copy_bidirectional(&mut near, &mut far).await);
                return;
            }
            // Dead: a process that takes its place comes with a port of its own.
            Err(_) => backends.lock().await.retain(|other| *other != port),
        }
    }
}
