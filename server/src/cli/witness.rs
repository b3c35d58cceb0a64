//! `tot witness`: keeps the heads that a notary signed, outside its database, and refuses a second past.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use api::connections::{self, ConnectionLimits};
use audit::HeadsFile;
use clap::Args;

use super::operator::CommandResult;
use super::serve::stop_on_signal;
use crate::notary::public_key;
use crate::telemetry;

/// Arguments of `tot witness`.
#[derive(Debug, Args)]
pub struct WitnessArgs {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:3200", value_parser = address)]
    listen: SocketAddr,
    /// The file that heads are appended to; made when it is not there.
    #[arg(long)]
    heads: PathBuf,
    /// The notary's public key, in PEM; of several, each head must be of one.
    #[arg(long = "key", required = true)]
    keys: Vec<PathBuf>,
}

/// Why there is no witness.
#[derive(Debug, thiserror::Error)]
enum WitnessCommandError {
    #[error(
        "nothing can listen on {0}; is the port taken? Name another one, such as --listen 127.0.0.1:3201"
    )]
    Listen(SocketAddr, #[source] io::Error),
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "must be an address and a port such as 127.0.0.1:3201, or 0.0.0.0:3201 for all".to_owned()
    })
}

/// Serves until it is told to stop. Exit code 1 when it cannot.
pub async fn run(args: WitnessArgs) -> CommandResult {
    telemetry::start_logs();
    let keys = args.keys.iter().map(public_key).collect::<Result<_, _>>()?;
    let heads = HeadsFile::open(&args.heads, keys)?;
    let stop = stop_on_signal()?;
    let listener =
        connections::listen(args.listen).map_err(|error| WitnessCommandError::Listen(args.listen, error))?;
    let port = listener.local_addr()?.port();
    writeln!(
        io::stdout().lock(),
        "TOT is ready: a witness at http://localhost:{port}"
    )?;
    let router = api::witness::router(heads);
    connections::serve(listener, router, ConnectionLimits::default(), None, stop).await?;
    Ok(())
}
