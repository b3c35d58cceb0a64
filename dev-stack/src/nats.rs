//! How NATS is started, and how to tell that it is ready.

use std::net::Ipv4Addr;
use std::path::Path;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;

use crate::fault::StackFault;
use crate::launcher::Disguise;
use crate::layout::Layout;
use crate::private_file;
use crate::server::Launch;

/// The one user of a NATS made here.
const USER: &str = "tot";

/// Writes what NATS must not be told on its command line, where everybody on this machine could read it.
pub(crate) fn configure(folder: &Path, disguise: Disguise, password: &str) -> Result<(), StackFault> {
    let path = folder.join("nats.conf");
    let text = format!("authorization {{ user: {USER}, password: \"{password}\" }}\n");
    private_file::write(&path, &text)?;
    private_file::hand_over(&path, folder, disguise)
}

/// NATS with JetStream on one port, its store below `folder`, which [`configure`] has prepared.
pub(crate) fn launch(layout: &Layout, folder: &Path, port: u16) -> Launch {
    let (configuration, store) = (folder.join("nats.conf"), folder.join("nats"));
    let args = ["-a", "127.0.0.1", "-p", &port.to_string(), "-js"].map(Into::into);
    let paths = [
        "-c".into(),
        configuration.into_os_string(),
        "-sd".into(),
        store.into_os_string(),
    ];
    Launch {
        program: layout.nats_program(),
        args: args.into_iter().chain(paths).collect(),
        log: folder.join("nats.log"),
        port,
        // Unlike a politer signal this one also reaches a paused server; the store does not mind.
        death_signal: "KILL",
    }
}

/// Its address, with the user's password.
pub(crate) fn url(port: u16, password: &str) -> String {
    format!("nats://{USER}:{password}@127.0.0.1:{port}")
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
