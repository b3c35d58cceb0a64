//! How NATS is started, and how to tell that it is ready.

use std::net::Ipv4Addr;
use std::path::Path;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;

use crate::layout::Layout;
use crate::server::Launch;

/// NATS with JetStream on one port, its store below `folder`.
pub(crate) fn launch(layout: &Layout, folder: &Path, port: u16) -> Launch {
    let store = folder.join("nats");
    let args = ["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]
        .map(Into::into)
        .into_iter();
    Launch {
        program: layout.nats_program(),
        args: args.chain([store.into_os_string()]).collect(),
        log: folder.join("nats.log"),
        port,
        // Unlike a politer signal this one also reaches a paused server; the store does not mind.
        death_signal: "KILL",
    }
}

/// Whether a NATS with JetStream greets us on this port.
pub(crate) async fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return false;
    };
    let mut greeting = String::new();
    let read = BufReader::new(stream).read_line(&mut greeting).await;
    read.is_ok() && greeting.starts_with("INFO") && greeting.contains("\"jetstream\":true")
}
