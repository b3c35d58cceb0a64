//! `tot intents`: shows what processes want done, and mends what got stuck.

use std::error::Error;

use clap::{Subcommand, ValueEnum};
use commands::intents::{GiveUpIntent, give_up, retry};
use commands::{CommandError, CommandServices, Refusal};
use domain::ids::IntentId;
use domain::reactions::GiveUpReason;
use event_store::intents::{self, IntentFilter, IntentState, QueuedIntent};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::id::id;
use super::missing::{self, Missing};
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// Intents listed at most, unless told otherwise.
const LISTED_DEFAULT: i64 = 50;
/// The most that `--limit` takes.
const LISTED_MAX: i64 = 1_000;

/// `tot intents …`.
#[derive(Debug, Subcommand)]
pub enum IntentsCommand {
    /// List intents, the next due first: what waits, unless told otherwise.
    List {
        /// Those in this state: `waiting` (open or poisoned), `open`, `done`, `refused`, `poisoned`, `given_up` or `all`.
        #[arg(long, default_value = "waiting")]
        state: String,
        /// How many at most, 1 to 1000.
        #[arg(long, default_value_t = LISTED_DEFAULT, value_parser = clap::value_parser!(i64).range(1..=LISTED_MAX))]
        limit: i64,
    },
    /// Let a poisoned intent be tried again.
    Retry {
        /// The intent.
        #[arg(value_parser = id::<IntentId>)]
        id: IntentId,
    },
    /// Give an intent up; a fact records it.
    GiveUp {
        /// The intent.
        #[arg(value_parser = id::<IntentId>)]
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
    /// It is tried by itself.
    #[error(
        "{id} is open and needs no retry: it is tried when it is due, at {due_at}; only a poisoned intent is retried"
    )]
    Open { id: IntentId, due_at: Timestamp },
    /// It is closed.
    #[error("{id} is closed already: {state}")]
    Closed { id: IntentId, state: &'static str },
    /// Its worker holds it.
    #[error("{0} is being carried out at this moment: look again with `tot intents list`")]
    UnderWay(IntentId),
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
            if let Err(error) = retry(&signed_in.services, &signed_in.metadata, id).await {
                return Err(why(&signed_in.services, id, error).await);
            }
            said(format, id, "will be tried again")
        }
        IntentsCommand::GiveUp { id, reason } => {
            let request = format!("tot intents give-up {id}");
            let signed_in = operator::signed_in(environment, request).await?;
            let command = GiveUpIntent {
                intent_id: id,
                reason: reason.into(),
            };
            if let Err(error) = give_up(&signed_in.services, &signed_in.metadata, command).await {
                return Err(why(&signed_in.services, id, error).await);
            }
            said(format, id, "is given up")
        }
    }
}

async fn list(state: &str, limit: i64, environment: &Environment, format: Format) -> CommandResult {
    let states = IntentState::named(state).ok_or(IntentsError::UnknownState)?;
    let log = operator::log(environment).await?;
    let filter = IntentFilter {
        states,
        // One more than is shown tells whether there are more.
        limit: limit + 1,
        ..IntentFilter::default()
    };
    let mut found = intents::list(log.pool(), &filter)
        .await
        .map_err(IntentsError::Queue)?;
    let rows = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = (found.len() > rows).then_some("--limit shows up to 1000, --state only those in one state");
    found.truncate(rows);
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
    output::print_list(format, &shown, more, |_| {
        output::table(&header, &found.iter().map(as_row).collect::<Vec<Vec<String>>>())
    })?;
    Ok(())
}

/// How the intent stands, where a command found none to do anything with.
async fn why(services: &CommandServices, id: IntentId, error: CommandError) -> Box<dyn Error> {
    if !matches!(error, CommandError::Refused(Refusal::NotFound)) {
        return missing::named("intent", id)(error);
    }
    match intents::find(services.log.pool(), id.uuid()).await {
        Ok(Some(intent)) => match intent.state {
            IntentState::Open => IntentsError::Open {
                id,
                due_at: intent.due_at,
            },
            IntentState::Poisoned => IntentsError::UnderWay(id),
            IntentState::Done | IntentState::Refused | IntentState::GivenUp => IntentsError::Closed {
                id,
                state: intent.state.as_str(),
            },
        }
        .into(),
        Ok(None) => Missing::new("intent", id).into(),
        Err(error) => IntentsError::Queue(error).into(),
    }
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
