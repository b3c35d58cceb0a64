//! `tot audit head`: a signed head at once, shown to the witnesses.

use std::error::Error;
use std::process::ExitCode;

use audit::{Witnessed, sign_now, witnesses::word};
use serde_json::{Value, json};

use super::{NOT_SO, config};
use crate::cli::operator::CommandResult;
use crate::cli::output::{self, Format};
use crate::compose;
use crate::config::Environment;
use crate::notary::{private_key, witnesses};

/// Signs; [`NOT_SO`] when a witness did not take the head.
pub async fn run(environment: &Environment, format: Format) -> CommandResult<ExitCode> {
    let config = config(environment)?;
    let key = private_key(&config.notary)?;
    let witnesses = witnesses(&config.notary, key.public());
    let log = compose::log_for_operator(&config.operator).await?;
    let (head, told) = sign_now(&log, &key, &witnesses).await?;
    let said = json!({"head": head, "witnesses": told.iter().map(as_json).collect::<Vec<Value>>()});
    output::print(format, &said, |_| {
        let size = head.unverified().tree_size;
        let root = head.unverified().root_hash;
        let first = format!("signed: {size} facts, root hash {root}, by key {}", head.key_id());
        let lines = std::iter::once(first).chain(told.iter().map(as_line));
        lines.collect::<Vec<String>>().join("\n")
    })?;
    let all = told.iter().all(|told| told.result.is_ok());
    Ok(if all { ExitCode::SUCCESS } else { NOT_SO.into() })
}

fn as_json(told: &Witnessed) -> Value {
    match &told.result {
        Ok(acceptance) => json!({"witness": told.witness, "accepted": word(*acceptance)}),
        Err(refusal) => json!({"witness": told.witness, "refused": words(refusal)}),
    }
}

fn as_line(told: &Witnessed) -> String {
    match &told.result {
        Ok(acceptance) => format!("{}: accepted, {}", told.witness, word(*acceptance)),
        Err(refusal) => format!("{}: NOT accepted: {}", told.witness, words(refusal)),
    }
}

/// An error with its causes.
pub fn words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    words
}
