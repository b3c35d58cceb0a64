//! `tot keys`: makes the file of keys that sign access tokens, or adds, switches and retires keys in it.

use std::path::PathBuf;

use clap::Args;
use identity::{KeyError, TokenKeys, keys};
use serde_json::json;

use super::output::{self, Format, OutputError};

/// Arguments of `tot keys`.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// The key file; made with one fresh key unless it is there.
    #[arg(long, env = "TOT_TOKEN_KEYS")]
    out: PathBuf,
    /// Add a key that verifies but does not sign yet.
    #[arg(long, conflicts_with_all = ["sign_with", "retire"])]
    add: bool,
    /// Let this key sign from the next start on.
    #[arg(long, value_name = "KID", conflicts_with = "retire")]
    sign_with: Option<String>,
    /// Forget this key.
    #[arg(long, value_name = "KID")]
    retire: Option<String>,
}

/// Why the keys could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Makes or changes the key file, and says which keys it holds.
pub fn run(args: &KeysArgs, format: Format) -> Result<(), KeysError> {
    let path = args.out.as_path();
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
