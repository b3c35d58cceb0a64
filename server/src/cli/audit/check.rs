//! `tot audit check`: a proof file against the public key, and against nothing else: no database, no configuration.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use notary::proof::{Checked, CheckedStream};
use serde_json::{Value, json};

use super::NOT_SO;
use crate::cli::audit::head::words;
use crate::cli::operator::CommandResult;
use crate::cli::output::{self, Format};
use crate::cli::whole_file;
use crate::notary::public_key;

/// Arguments of `tot audit check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The proof.
    file: PathBuf,
    /// The public key that you trust, in PEM; never one that came with the proof.
    #[arg(long)]
    key: PathBuf,
}

/// Checks it; [`NOT_SO`] when it proves nothing, with the first fact that is not proven.
pub fn run(args: &CheckArgs, format: Format) -> CommandResult<ExitCode> {
    let key = public_key(&args.key)?;
    let file = whole_file::read(&args.file)?;
    match notary::check(&file, &key) {
        Ok(checked) => {
            let Checked { head, streams } = &checked;
            let streams: Vec<Value> = streams.iter().map(as_json).collect();
            let said = json!({
                "proven": true, "log_id": head.log_id, "tree_size": head.tree_size, "time_us": head.time_us, "streams": streams,
            });
            output::print(format, &said, |_| as_text(&checked))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            let said = json!({"proven": false, "because": words(&refusal)});
            output::print(format, &said, |_| format!("NOT PROVEN: {}", words(&refusal)))?;
            Ok(NOT_SO.into())
        }
    }
}

fn as_json(stream: &CheckedStream) -> Value {
    json!({
        "aggregate_type": stream.aggregate_type, "aggregate_id": stream.aggregate_id,
        "facts": stream.last_sequence, "last_position": stream.last_position,
    })
}

fn as_text(checked: &Checked) -> String {
    let Checked { head, streams } = checked;
    let mut lines = vec![format!(
        "PROVEN: these facts stand so in the log {} of {} facts",
        head.log_id, head.tree_size
    )];
    lines.extend(streams.iter().map(|stream| {
        format!(
            "{} {}: numbers 1 to {}, the last at position {}",
            stream.aggregate_type, stream.aggregate_id, stream.last_sequence, stream.last_position
        )
    }));
    lines.join("\n")
}
