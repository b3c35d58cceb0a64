//! The program `dev-stack`: runs a command beside shared test servers, or keeps a pair up for you.

use std::error::Error as _;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitCode, ExitStatus};

use clap::{Parser, Subcommand};
use dev_stack::{Layout, Servers, Stack, StackError, Template, spawn_bound, test_environment};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

/// Postgres and NATS for development and tests, from the binaries that tools/scripts/setup fetched.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    action: StackCommand,
}

#[derive(Subcommand)]
enum StackCommand {
    /// Runs a command with one throwaway pair of servers that all its tests share, and passes on its exit code.
    Exec {
        /// The command and its arguments, after `--`.
        #[arg(required = true, trailing_var_arg = true)]
        command: Vec<OsString>,
    },
    /// Keeps a pair of servers up until Ctrl-C and prints their addresses.
    Up {
        /// Forget the data in the end, instead of keeping it in .tot/data.
        #[arg(long)]
        throwaway: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Arguments::parse().action {
        StackCommand::Exec { command } => exec(command).await,
        StackCommand::Up { throwaway } => up(throwaway).await,
    };
    ended.unwrap_or_else(|error| {
        let mut stderr = io::stderr().lock();
        let _ = writeln!(stderr, "dev-stack: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = writeln!(stderr, "  because: {cause}");
            source = cause.source();
        }
        ExitCode::FAILURE
    })
}

async fn exec(command: Vec<OsString>) -> Result<ExitCode, StackError> {
    let mut shutdown = ShutdownSignals::listen()?;
    let servers = Servers::open_for_tests().await?;
    let template = Template::make(servers.cluster()).await?;

    let Some((program, args)) = command.split_first() else {
        return Ok(ExitCode::FAILURE);
    };
    let child = spawn_bound(program, args, &test_environment(&template, servers.cluster()))?;
    let status = wait_and_pass_on_signals(child, &mut shutdown).await?;

    // On servers of your own nothing may be left behind; our own are thrown away whole.
    if matches!(servers, Servers::Own(_)) {
        template.remove().await?;
    }
    servers.stop().await?;
    Ok(exit_code(status))
}

async fn up(throwaway: bool) -> Result<ExitCode, StackError> {
    let mut shutdown = ShutdownSignals::listen()?;
    let stack = if throwaway {
        Stack::start_throwaway().await?
    } else {
        Stack::start(&Layout::discover()?).await?
    };
    let database = stack.cluster().database("tot").await?;
    print_addresses(&[
        ("TOT_DATABASE_OWNER_URL", database.owner_url),
        ("TOT_DATABASE_URL", database.app_url),
        ("TOT_NATS_URL", stack.nats_url().to_owned()),
        ("DATABASE_URL", stack.database_url().to_owned()),
        ("NATS_URL", stack.nats_url().to_owned()),
        (
            "POSTGRES_PID",
            stack.postgres().pid().unwrap_or_default().to_string(),
        ),
        ("NATS_PID", stack.nats().pid().unwrap_or_default().to_string()),
        ("DATA", stack.folder().display().to_string()),
    ])
    .map_err(|source| StackError::File {
        what: "write to",
        path: "standard output".into(),
        source,
    })?;
    shutdown.next().await;
    stack.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// One `NAME=value` a line, so that a shell can read them; the empty line at the end says that all is ready.
fn print_addresses(lines: &[(&str, String)]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for (name, value) in lines {
        writeln!(stdout, "{name}={value}")?;
    }
    writeln!(stdout)?;
    stdout.flush()
}

async fn wait_and_pass_on_signals(
    mut child: Child,
    shutdown: &mut ShutdownSignals,
) -> Result<ExitStatus, StackError> {
    let pid = child.id();
    let wait_fault = move |source| StackError::Signal { pid, source };
    let mut ended = tokio::task::spawn_blocking(move || child.wait());
    loop {
        tokio::select! {
            status = &mut ended => {
                return status.map_err(|_| StackError::Interrupted)?.map_err(wait_fault);
            }
            signal = shutdown.next() => {
                // Ctrl-C in a terminal has reached the command already; twice would mean something else.
                if signal == Signal::SIGINT && io::stdin().is_terminal() {
                    continue;
                }
                // A command that has just ended needs no signal.
                let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
            }
        }
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    // As shells do: 128 and the number of the signal.
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// The ways we are asked to stop.
struct ShutdownSignals {
    interrupt: Signals,
    terminate: Signals,
    hang_up: Signals,
}

impl ShutdownSignals {
    fn listen() -> Result<ShutdownSignals, StackError> {
        let listen = |kind| {
            signal(kind).map_err(|source| StackError::File {
                what: "listen for",
                path: "signals".into(),
                source,
            })
        };
        Ok(ShutdownSignals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::SIGINT,
            _ = self.terminate.recv() => Signal::SIGTERM,
            _ = self.hang_up.recv() => Signal::SIGHUP,
        }
    }
}
