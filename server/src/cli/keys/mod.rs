//! `tot keys`: makes the file of keys that sign access tokens, or adds, switches and retires keys in it; and the same for the
//! master keys, under which personal data are sealed.

mod master;
mod rotation;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use identity::{IdentityError, KeyError, TokenKeys, keys};
use serde_json::json;

use master::{MasterFileArgs, MasterVersionArgs};

use super::output::{self, Format, OutputError};
use crate::compose::ComposeError;
use crate::config::{ConfigErrors, Environment};

/// Arguments of `tot keys`; alone it is about the keys of access tokens.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct KeysArgs {
    /// The key file; made with one fresh key unless it is there.
    #[arg(long, env = "TOT_TOKEN_KEYS", required = true)]
    out: Option<PathBuf>,
    /// Add a key that verifies but does not sign yet.
    #[arg(long, conflicts_with_all = ["sign_with", "retire"])]
    add: bool,
    /// Let this key sign from the next start on.
    #[arg(long, value_name = "KID", conflicts_with = "retire")]
    sign_with: Option<String>,
    /// Forget this key.
    #[arg(long, value_name = "KID")]
    retire: Option<String>,
    #[command(subcommand)]
    command: Option<KeysCommand>,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make the file of master keys, under which personal data are sealed, or add a version to it.
    NewMaster(MasterFileArgs),
    /// Let a version of the master keys seal from the next start on.
    SealWith(MasterVersionArgs),
    /// Forget a version of the master keys, under which nothing is sealed any more.
    RetireMaster(MasterVersionArgs),
    /// Seal anew, under the version of the master keys that seals, all that is sealed under others.
    RotateMaster,
    /// Show how much is sealed under each version of the master keys, and which may be retired.
    Status,
}

/// Why the keys could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The database cannot be reached, or is not this version's.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error("the keys in the database could not be used")]
    People(#[from] IdentityError),
    /// Something is sealed under a version that was to be forgotten.
    #[error(
        "{rows} keys are sealed under version {version} still: `tot keys rotate-master` seals them anew under another one"
    )]
    InUse { version: u32, rows: u64 },
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Makes or changes the key file, and says which keys it holds.
pub async fn run(args: &KeysArgs, environment: &Environment, format: Format) -> Result<(), KeysError> {
    match &args.command {
        Some(KeysCommand::NewMaster(args)) => master::new_master(args, format),
        Some(KeysCommand::SealWith(args)) => master::seal_with(args, format),
        Some(KeysCommand::RetireMaster(args)) => {
            rotation::require_unused(environment, args.version()).await?;
            master::retire(args, format)
        }
        Some(KeysCommand::RotateMaster) => rotation::rotate(environment, format).await,
        Some(KeysCommand::Status) => rotation::status(environment, format).await,
        None => token_keys(args, args.out.as_deref().unwrap_or(Path::new("")), format),
    }
}

fn token_keys(args: &KeysArgs, path: &Path, format: Format) -> Result<(), KeysError> {
    match (args.add, &args.sign_with, &args.retire) {
        (true, _, _) => drop(keys::add(path)?),
        (false, Some(kid), _) => keys::sign_with(path, kid)?,
        (false, None, Some(kid)) => keys::retire(path, kid)?,
        (false, None, None) => drop(TokenKeys::generate(path)?),
    }
    let keys = TokenKeys::load(path)?;
    let said = json!({
        "path": path, "signing": keys.signing_kid(), "keys": keys.kids().collect::<Vec<&str>>(),
    });
    output::print(format, &said, |_| {
        format!("{} signs with {}", path.display(), keys.signing_kid())
    })?;
    Ok(())
}
