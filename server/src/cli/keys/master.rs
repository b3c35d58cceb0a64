//! `tot keys new-master`, `seal-with` and `retire-master`: makes the file of master keys and changes which versions it holds.

use std::path::{Path, PathBuf};

use clap::Args;
use identity::MasterKeys;
use identity::keys::master;
use serde_json::json;

use super::KeysError;
use crate::cli::output::{self, Format};

/// The file that is made or changed.
#[derive(Debug, Args)]
pub struct MasterFileArgs {
    /// The file of master keys.
    #[arg(long, env = "TOT_MASTER_KEYS", value_name = "FILE")]
    out: PathBuf,
}

/// A version of it.
#[derive(Debug, Args)]
pub struct MasterVersionArgs {
    /// The version.
    version: u32,
    #[command(flatten)]
    file: MasterFileArgs,
}

/// Makes the file with one version, or adds a version that opens but does not seal yet.
pub fn new_master(args: &MasterFileArgs, format: Format) -> Result<(), KeysError> {
    let path = args.out.as_path();
    if path.exists() {
        let version = master::add(path)?;
        return show(
            path,
            format,
            &format!("version {version} opens; once every process has it: `tot keys seal-with {version}`"),
        );
    }
    MasterKeys::generate(path)?;
    show(
        path,
        format,
        "keep a copy apart from the database and its backups",
    )
}

/// Lets a version seal from the next start on.
pub fn seal_with(args: &MasterVersionArgs, format: Format) -> Result<(), KeysError> {
    let path = args.file.out.as_path();
    master::seal_with(path, args.version)?;
    show(path, format, "it does so in processes that start from now on")
}

/// Forgets a version.
pub fn retire(args: &MasterVersionArgs, format: Format) -> Result<(), KeysError> {
    let path = args.file.out.as_path();
    master::retire(path, args.version)?;
    show(
        path,
        format,
        "nothing under the retired version can be opened with it",
    )
}

fn show(path: &Path, format: Format, word: &str) -> Result<(), KeysError> {
    let keys = MasterKeys::load(path)?;
    let versions: Vec<u32> = keys.versions().collect();
    let said = json!({ "path": path, "sealing": keys.sealing_version(), "versions": versions });
    output::print(format, &said, |_| {
        let sealing = keys.sealing_version();
        format!(
            "{} seals with version {sealing} of {versions:?}; {word}",
            path.display()
        )
    })?;
    Ok(())
}
