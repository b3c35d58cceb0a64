//! How NATS is started, and how to tell that it is ready.

use std::net::Ipv4Addr;
use std::path::Path;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;

use crate::authority::Issued;
use crate::error::StackError;
use crate::launcher::RunAs;
use crate::layout::Layout;
use crate::passwords::Passwords;
use crate::private_file;
use crate::server::Launch;

/// The user of a NATS made here that may do everything.
const USER: &str = "tot";
/// What each role's user may do, here as in a deployment.
const PERMISSIONS: &str = include_str!("../../../deploy/nats/permissions.conf");
/// The roles' users, named like their logins in Postgres, and what of it each may do.
const SERVING_USERS: [(&str, &str); 5] = [
    ("tot_api", "HINTS_MAY"),
    ("tot_intents", "HINTS_MAY"),
    ("tot_relay", "RELAY_MAY"),
    ("tot_webhooks", "HINTS_MAY"),
    ("tot_worker", "WORKER_MAY"),
];

/// Writes what NATS must not be told on its command line, where everybody on this machine could read it.
pub(crate) fn configure(
    folder: &Path,
    run_as: RunAs,
    passwords: &Passwords,
    for_anybody: bool,
    certificate: Option<&Issued>,
) -> Result<(), StackError> {
    let tls = match certificate {
        Some(issued) => tls(folder, run_as, issued)?,
        None => String::new(),
    };
    let path = folder.join("nats.conf");
    let (all, serving) = (&passwords.nats, &passwords.serving);
    let users = SERVING_USERS
        .map(|(user, may)| format!("  {{ user: {user}, password: \"{serving}\", permissions: ${may} }}\n"))
        .concat();
    let nobody = match for_anybody {
        true => format!("no_auth_user: {USER}\n"),
        false => String::new(),
    };
    let text = format!(
        "{PERMISSIONS}\n{nobody}{tls}authorization {{ users: [\n  {{ user: {USER}, password: \"{all}\" }}\n{users}] }}\n"
    );
    private_file::write(&path, &text)?;
    private_file::hand_over(&path, folder, run_as)
}

/// Writes a certificate and its key, and answers what NATS must be told of them: it then speaks TLS alone.
fn tls(folder: &Path, run_as: RunAs, issued: &Issued) -> Result<String, StackError> {
    let (certificate, key) = (folder.join("nats-certificate.pem"), folder.join("nats-key.pem"));
    for (path, text) in [(&certificate, &issued.certificate_pem), (&key, &issued.key_pem)] {
        private_file::write(path, text)?;
        private_file::hand_over(path, folder, run_as)?;
    }
    let (certificate, key) = (certificate.display(), key.display());
    Ok(format!(
        "tls {{ cert_file: \"{certificate}\", key_file: \"{key}\" }}\n"
    ))
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

/// Its address, with the name and password of the user that may do everything.
pub(crate) fn url(port: u16, password: &str) -> String {
    url_of(USER, port, password)
}

/// The same of another user.
pub(crate) fn url_of(user: &str, port: u16, password: &str) -> String {
    format!("nats://{user}:{password}@127.0.0.1:{port}")
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
