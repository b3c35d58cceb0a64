//! A proxy between the platform and its database that can drop replies: what was asked is done, and nobody hears of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A proxy to one server.
pub struct ReplyDroppingProxy {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    drops_replies: AtomicBool,
    cut: Notify,
}

impl ReplyDroppingProxy {
    /// A proxy to the server at `port` on this machine.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, state) = (listener.local_addr().unwrap(), Arc::new(State::default()));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    /// `url` with this proxy's port in place of the server's.
    pub fn instead_of(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.into()
    }

    /// From now on requests reach the server and replies do not come back.
    pub fn drop_replies(&self) {
        self.state.drops_replies.store(true, Ordering::SeqCst);
    }

    /// Cuts every connection; new ones work.
    pub fn cut(&self) {
        self.state.drops_replies.store(false, Ordering::SeqCst);
        self.state.cut.notify_waiters();
    }
}

async fn carry(near: TcpStream, port: u16, state: Arc<State>) {
    let cut = state.cut.notified();
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
    let there = async {
        tokio::io::copy(&mut near_in, &mut far_out).await.ok();
        far_out.shutdown().await.ok();
    };
    let back = async {
        let mut buffer = vec![0; 16 * 1_024];
        while let Ok(length @ 1..) = far_in.read(&mut buffer).await {
            if state.drops_replies.load(Ordering::SeqCst) {
                continue;
            }
            if near_out.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
        near_out.shutdown().await.ok();
    };
    tokio::select! {
        () = cut => {}
        _ = futures::future::join(there, back) => {}
    }
}
