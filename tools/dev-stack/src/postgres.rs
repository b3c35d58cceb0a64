//! How Postgres is made, started and known to be ready.

use std::fs;
use std::path::Path;

use sqlx::{ConnectOptions as _, Connection as _};

use crate::error::StackError;
use crate::launcher::RunAs;
use crate::layout::Layout;
use crate::private_file;
use crate::server::Launch;

/// The superuser of a cluster made here.
pub(crate) const SUPERUSER: &str = "tot_super";

/// What differs from Postgres' defaults. Durability is untouched: tests of crashes mean what they say.
const SETTINGS: [&str; 12] = [
    "listen_addresses=127.0.0.1",
    // None: its path would have to be shorter than 108 bytes.
    "unix_socket_directories=",
    // Every test of a run has pools of its own on this one server.
    "max_connections=500",
    "shared_buffers=128MB",
    "max_wal_size=2GB",
    "log_min_messages=warning",
    // A refused row is quoted in an error's details, and rows may be people: neither details nor parameters are logged.
    "log_error_verbosity=terse",
    "log_min_error_statement=panic",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_timezone=UTC",
    "timezone=UTC",
];

/// Makes the cluster below `folder` unless it is there.
pub(crate) fn make_cluster(
    layout: &Layout,
    folder: &Path,
    run_as: RunAs,
    password: &str,
) -> Result<(), StackError> {
    let whole = folder.join("postgres");
    if whole.is_dir() {
        return Ok(());
    }
    // Made beside and then renamed: an initdb cut short leaves nothing that looks whole.
    let half = folder.join("postgres.new");
    if half.exists() {
        fs::remove_dir_all(&half).map_err(StackError::file("remove", &half))?;
    }
    let password_file = folder.join("initdb.password");
    private_file::write(&password_file, password)?;
    private_file::hand_over(&password_file, folder, run_as)?;
    let output = run_as
        .command(&layout.postgres_program("initdb"), "KILL")
        .args([
            "--username",
            SUPERUSER,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--no-instructions",
        ])
        // The same order and case rules on every machine.
        .args([
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ])
        .arg("--pwfile")
        .arg(&password_file)
        .arg("--pgdata")
        .arg(&half)
        .output();
    let _ = fs::remove_file(&password_file);
    let output = output.map_err(|source| StackError::Spawn {
        program: "initdb".into(),
        source,
    })?;
    if !output.status.success() {
        let words = [output.stdout, output.stderr].concat();
        return Err(StackError::Initdb(String::from_utf8_lossy(&words).into_owned()));
    }
    fs::rename(&half, &whole).map_err(StackError::file("rename", &half))
}

/// Postgres on one port, on the cluster below `folder`; `more` settings win over those of every stack.
pub(crate) fn launch(layout: &Layout, folder: &Path, port: u16, more: &[&str]) -> Launch {
    let mut args = vec![
        "-D".into(),
        folder.join("postgres").into_os_string(),
        "-p".into(),
        port.to_string().into(),
    ];
    for setting in SETTINGS.iter().chain(more) {
        args.extend(["-c".into(), setting.into()]);
    }
    Launch {
        program: layout.postgres_program("postgres"),
        args,
        log: folder.join("postgres.log"),
        port,
        // An immediate shutdown: the postmaster takes its children with it.
        death_signal: "QUIT",
    }
}

/// The address of the maintenance database.
pub(crate) fn maintenance_url(port: u16, password: &str) -> String {
    format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres")
}

/// Whether Postgres takes connections at this address.
pub(crate) async fn answers(url: &str) -> bool {
    let Ok(options) = url.parse::<sqlx::postgres::PgConnectOptions>() else {
        return false;
    };
    match options.disable_statement_logging().connect().await {
        Ok(connection) => connection.close().await.is_ok(),
        Err(_) => false,
    }
}
