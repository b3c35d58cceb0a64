//! `tot intents`: shows what processes want done, and mends what got stuck.

use clap::{Subcommand, ValueEnum};
use commands::intents::{GiveUpIntent, give_up, retry};
use domain::ids::IntentId;
use domain::reactions::GiveUpReason;
use event_store::intents::{self, IntentFilter, IntentState, QueuedIntent};
use serde_json::{Value, json};

use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// Intents listed at most, unless told otherwise.
const LISTED_DEFAULT: i64 = 50;

/// `tot intents …`.
#[derive(Debug, Subcommand)]
pub enum IntentsCommand {
    /// List intents, the next due first: what waits, unless told otherwise.
    List {
        /// Those in this state: `waiting` (open or poisoned), `open`, `done`, `refused`, `poisoned`, `given_up` or `all`.
        #[arg(long, default_value = "waiting")]
        state: String,
        /// How many at most.
        #[arg(long, default_value_t = LISTED_DEFAULT)]
        limit: i64,
    },
    /// Let a poisoned intent be tried again.
    Retry {
        /// The intent.
        id: IntentId,
    },
    /// Give an intent up; a fact records it.
    GiveUp {
        /// The intent.
        id: IntentId,
        /// Why.
        #[arg(long, value_enum)]
        reason: Reason,
    },
}

/// Why an intent is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody did it by hand.
    DoneByHand,
    /// It is no longer wanted.
    Obsolete,
    /// It was asked twice.
    Duplicate,
    /// It cannot succeed.
    Impossible,
}

/// Why the intents were not shown or mended.
#[derive(Debug, thiserror::Error)]
pub enum IntentsError {
    #[error("--state: give one of {}", IntentState::NAMES)]
    UnknownState,
    /// The queue cannot be read.
    #[error("the intents cannot be read")]
    Queue(#[source] sqlx::Error),
}

/// Lists, retries or gives up.
pub async fn run(command: IntentsCommand, environment: &Environment, format: Format) -> CommandResult {
    match command {
        IntentsCommand::List { state, limit } => list(&state, limit, environment, format).await,
        IntentsCommand::Retry { id } => {
            let request = format!("tot intents retry {id}");
            let signed_in = operator::signed_in(environment, request).await?;
            retry(&signed_in.services, &signed_in.metadata, id).await?;
            said(format, id, "will be tried again")
        }
        IntentsCommand::GiveUp { id, reason } => {
            let request = format!("tot intents give-up {id}");
            let signed_in = operator::signed_in(environment, request).await?;
            give_up(
                &signed_in.services,
                &signed_in.metadata,
                GiveUpIntent {
                    intent_id: id,
                    reason: reason.into(),
                },
            )
            .await?;
            said(format, id, "is given up")
        }
    }
}

async fn list(state: &str, limit: i64, environment: &Environment, format: Format) -> CommandResult {
    let states = IntentState::named(state).ok_or(IntentsError::UnknownState)?;
    let log = operator::log(environment).await?;
    let filter = IntentFilter {
        states,
        limit,
        ..IntentFilter::default()
    };
    let found = intents::list(log.pool(), &filter)
        .await
        .map_err(IntentsError::Queue)?;
    let shown: Vec<Value> = found.iter().map(as_json).collect();
    let header = [
        "id",
        "process",
        "state",
        "due",
        "attempts",
        "waits for",
        "caused by",
        "last error",
    ];
    output::print(format, &shown, |_| {
        output::table(&header, &found.iter().map(as_row).collect::<Vec<Vec<String>>>())
    })?;
    Ok(())
}

fn said(format: Format, id: IntentId, words: &str) -> CommandResult {
    output::print(format, &json!({"id": id, "outcome": words}), |_| {
        format!("{id} {words}")
    })?;
    Ok(())
}

fn as_json(intent: &QueuedIntent) -> Value {
    json!({
        "id": intent.id, "process": intent.process, "partition_key": intent.partition_key,
        "state": intent.state.as_str(), "due_at": intent.due_at, "attempts": intent.attempts,
        "lane": intent.lane, "waits": intent.waits, "waits_for": intent.waits_for,
        "caused_by": intent.caused_by, "body": intent.body, "last_error": intent.last_error,
        "outcome": intent.outcome,
    })
}

fn as_row(intent: &QueuedIntent) -> Vec<String> {
    vec![
        intent.id.to_string(),
        intent.process.clone(),
        intent.state.as_str().to_owned(),
        intent.due_at.to_string(),
        intent.attempts.to_string(),
        intent.waits_for.clone().unwrap_or_default(),
        intent.caused_by.to_string(),
        intent.last_error.clone().unwrap_or_default(),
    ]
}

impl From<Reason> for GiveUpReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::DoneByHand => Self::DoneByHand,
            Reason::Obsolete => Self::Obsolete,
            Reason::Duplicate => Self::Duplicate,
            Reason::Impossible => Self::Impossible,
        }
    }
}
