//! `tot stream show`: the history of one stream, now or as it was.

use std::io::{Write as _, stderr};

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use event_store::{AsOf, Fact};
use history::Extent;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// What streams are of.
const STREAM_TYPES: [&str; 7] = [
    "booking",
    "doctor_day",
    "payment",
    "payout",
    "wallet",
    "price_list",
    "account",
];

/// `tot stream …`.
#[derive(Debug, Subcommand)]
pub enum StreamCommand {
    /// Show every fact of a stream.
    Show {
        /// What it is of.
        #[arg(value_parser = PossibleValuesParser::new(STREAM_TYPES))]
        aggregate_type: String,
        /// The stream's id: a UUID; for a doctor's day <doctor>_2026-12-01, for a wallet <owner>_000001, for the price lists
        /// `platform`.
        id: String,
        /// Only up to this version (3), position (@42) or instant (RFC 3339), included: any time shown for a fact finds it.
        #[arg(long)]
        as_of: Option<String>,
    },
}

/// Why the stream was not shown.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error(
        "--as-of: give a version such as 3, a position such as @42, or an instant such as 2026-11-22T12:00:00Z"
    )]
    AsOf,
    /// There are no facts.
    #[error(
        "the stream {aggregate_type} {id} has no facts; ids are UUIDs, <doctor>_2026-12-01 of a doctor_day, <owner>_000001 of a wallet, \
         `platform` of the price_list, and an account has facts once an admin has acted on it; `tot find` names streams"
    )]
    Empty { aggregate_type: String, id: String },
    /// It had none yet.
    #[error("the stream {aggregate_type} {id} had no facts as of then: {extent}")]
    NotThen {
        aggregate_type: String,
        id: String,
        extent: Extent,
    },
}

/// Shows the stream.
pub async fn run(command: StreamCommand, environment: &Environment, format: Format) -> CommandResult {
    let StreamCommand::Show {
        aggregate_type,
        id,
        as_of,
    } = command;
    let as_of = parse_as_of(as_of.as_deref())?;
    let log = operator::log(environment).await?;
    let facts = log.read_stream(&aggregate_type, &id, as_of).await?;
    let head = log.head().await?;
    let extent = Extent::of_stream(&log, &aggregate_type, &id).await?;
    let Some(extent) = extent else {
        return Err(StreamError::Empty { aggregate_type, id }.into());
    };
    if facts.is_empty() {
        return Err(StreamError::NotThen {
            aggregate_type,
            id,
            extent,
        }
        .into());
    }
    if let Some(beyond) = extent.beyond(as_of, head) {
        drop(writeln!(stderr().lock(), "tot: {beyond}; this is all there is"));
    }
    let shown: Vec<Value> = facts.iter().map(as_json).collect();
    output::print(format, &shown, |_| {
        let rows: Vec<Vec<String>> = facts.iter().map(as_row).collect();
        let header = ["version", "position", "recorded", "fact", "payload"];
        output::table(&header, &rows)
    })?;
    Ok(())
}

/// A version, a position behind an `@`, or an instant; the head without one.
pub fn parse_as_of(text: Option<&str>) -> Result<AsOf, StreamError> {
    let Some(text) = text else { return Ok(AsOf::Head) };
    if let Some(position) = text.strip_prefix('@') {
        return position
            .parse()
            .map(AsOf::Position)
            .map_err(|_| StreamError::AsOf);
    }
    if let Ok(version) = text.parse() {
        return Ok(AsOf::Version(version));
    }
    text.parse::<Timestamp>()
        .map(AsOf::Instant)
        .map_err(|_| StreamError::AsOf)
}

fn as_json(fact: &Fact) -> Value {
    json!({
        "position": fact.position, "version": fact.sequence, "type": fact.event_type,
        "type_version": fact.event_version, "recorded_at": fact.recorded_at,
        "payload": fact.payload, "metadata": fact.metadata,
    })
}

fn as_row(fact: &Fact) -> Vec<String> {
    vec![
        fact.sequence.to_string(),
        fact.position.to_string(),
        fact.recorded_at.to_string(),
        format!("{} v{}", fact.event_type, fact.event_version),
        fact.payload.get().to_owned(),
    ]
}
