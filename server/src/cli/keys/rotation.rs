//! `tot keys rotate-master` and `tot keys status`: what is sealed under the master keys, and sealing it anew.

use identity::{MasterKeys, People, PeopleOptions, TokenKeys, VersionsInUse};
use serde_json::{Value, json};

use super::KeysError;
use crate::cli::output::{self, Format};
use crate::cli::progress::Progress;
use crate::compose;
use crate::config::{Environment, MasterKeysConfig, OperatorConfig};

/// Seals anew all that is sealed under other versions than the one that seals.
pub async fn rotate(environment: &Environment, format: Format) -> Result<(), KeysError> {
    let people = people(environment).await?;
    let mut progress = Progress::new("sealed anew");
    let done = people
        .rotate_master(|reached| progress.tell(reached.done, reached.of))
        .await?;
    let sealing = people.master_keys().sealing_version();
    let left = others(&people.versions_in_use().await?, sealing);
    let said = json!({ "sealing": sealing, "sealed_anew": done, "left": left });
    output::print(format, &said, |_| match left {
        0 => format!("{done} keys sealed anew: all are under version {sealing}."),
        left => format!(
            "{done} keys sealed anew under version {sealing}; {left} more are under others: a process that was not restarted \
             since `tot keys seal-with` makes them. Restart it and run this again."
        ),
    })?;
    Ok(())
}

/// Shows how much is sealed under each version.
pub async fn status(environment: &Environment, format: Format) -> Result<(), KeysError> {
    let people = people(environment).await?;
    let master = people.master_keys();
    let in_use = people.versions_in_use().await?;
    let mut versions: Vec<u32> = master.versions().chain(in_use.keys().copied()).collect();
    versions.sort_unstable();
    versions.dedup();
    let shown: Vec<Value> = versions
        .iter()
        .map(|version| {
            let rows = in_use.get(version).copied().unwrap_or_default();
            json!({ "version": version, "keys": rows, "state": state(master, *version, rows) })
        })
        .collect();
    output::print(format, &shown, |shown| {
        let lines = shown.iter().map(|line| {
            let state = line["state"].as_str().unwrap_or_default();
            format!("version {}: {} keys, {state}", line["version"], line["keys"])
        });
        lines.collect::<Vec<String>>().join("\n")
    })?;
    Ok(())
}

/// Lets a version be forgotten under which nothing is sealed.
///
/// # Errors
/// [`KeysError::InUse`], and those of the database.
pub async fn require_unused(environment: &Environment, version: u32) -> Result<(), KeysError> {
    let people = people(environment).await?;
    match people.versions_in_use().await?.get(&version) {
        Some(&rows) => Err(KeysError::InUse { version, rows }),
        None => Ok(()),
    }
}

fn state(master: &MasterKeys, version: u32, rows: u64) -> &'static str {
    let is_there = master.versions().any(|known| known == version);
    match (is_there, version == master.sealing_version(), rows) {
        (false, _, _) => "missing in the file: put it back, nothing under it opens",
        (true, true, _) => "seals",
        (true, false, 0) if version > master.sealing_version() => {
            "new: opens, and seals after `tot keys seal-with`, once every process has the file"
        }
        (true, false, 0) => "unused: it may be retired once every process seals with another one",
        (true, false, _) => "opens",
    }
}

fn others(in_use: &VersionsInUse, sealing: u32) -> u64 {
    let others = in_use.iter().filter(|(version, _)| **version != sealing);
    others.map(|(_, rows)| rows).sum()
}

async fn people(environment: &Environment) -> Result<People, KeysError> {
    let master = MasterKeysConfig::read(environment)?;
    let operator = OperatorConfig::read(environment)?;
    let master = compose::load_master_keys(&master.path)?;
    let log = compose::log_for_operator(&operator).await?;
    let pool = log.pool().clone();
    Ok(People::new(
        pool,
        TokenKeys::none(),
        master,
        PeopleOptions::new(""),
    ))
}
