//! `tot erasure`: who is to be erased or was, the acts of destruction, and carrying out now what is due.

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use identity::{Erasure, ErasureState, EventOrigin};
use projections::Models;
use serde_json::{Value, json};
use uuid::Uuid;

use super::id::id;
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::{Environment, data_operator};
use crate::erasures::{Eraser, ErasureError};

/// Erasures listed at most, unless told otherwise.
const LISTED_DEFAULT: u16 = 50;

/// `tot erasure …`.
#[derive(Debug, Subcommand)]
pub enum ErasureCommand {
    /// List erasures, the latest first.
    List {
        /// Only those in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(ErasureState::ALL.map(ErasureState::as_str)))]
        state: Option<String>,
        /// How many at most, 1 to 200.
        #[arg(long, default_value_t = LISTED_DEFAULT)]
        limit: u16,
    },
    /// Show one, with its act of destruction where it is done.
    Show {
        /// The erasure.
        #[arg(value_parser = id::<Uuid>)]
        id: Uuid,
    },
    /// Carry out what is due, and write over what is left of erased people in the database's pages: who needs a key waits meanwhile.
    Run,
}

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
#[error("there is no erasure {0}; `tot erasure list` shows which there are")]
struct NoSuchErasure(Uuid);

/// Why `run` did not do all of it.
#[derive(Debug, thiserror::Error)]
#[error(
    "the erasure {0} could not be tried to the end; it is tried again. {1} of those that are due are like it"
)]
struct NotAllTried(Uuid, usize, #[source] ErasureError);

/// Lists, shows or carries out.
pub async fn run(command: ErasureCommand, environment: &Environment, format: Format) -> CommandResult {
    match command {
        ErasureCommand::List { state, limit } => {
            let signed_in = operator::signed_in(environment, "tot erasure list".to_owned()).await?;
            let state = state.as_deref().and_then(ErasureState::parse);
            let rows = i64::from(operator::limit(limit)?.rows());
            let people = &signed_in.services.people;
            let mut erasures = people.erasures(state, None, rows + 1).await?;
            let more = (erasures.len() > usize::from(limit)).then_some("--limit shows up to 200");
            erasures.truncate(usize::from(limit));
            let shown: Vec<Value> = erasures.iter().map(as_json).collect();
            output::print_list(format, &shown, more, |_| listed(&erasures))?;
        }
        ErasureCommand::Show { id } => {
            let signed_in = operator::signed_in(environment, format!("tot erasure show {id}")).await?;
            let erasure = signed_in.services.people.erasure(id).await?;
            let erasure = erasure.ok_or(NoSuchErasure(id))?;
            let mut shown = as_json(&erasure);
            shown["act"] = erasure.act.clone().unwrap_or_default();
            output::print(format, &shown, |shown| {
                serde_json::to_string_pretty(shown).unwrap_or_default()
            })?;
        }
        ErasureCommand::Run => carry_out(environment, format).await?,
    }
    Ok(())
}

async fn carry_out(environment: &Environment, format: Format) -> CommandResult {
    let signed_in = operator::signed_in(environment, "tot erasure run".to_owned()).await?;
    let services = signed_in.services;
    let models = Models::new(services.log.clone());
    let origin = EventOrigin::command_line("tot erasure run", operator::trace());
    let eraser = Eraser::new(services, models, data_operator(environment), origin);
    let mut report = eraser.round().await?;
    report.rewritten = eraser.rewrite().await?;
    let said = json!({
        "erased": report.erased, "held": report.held, "failed": report.failed.len(), "rewritten": report.rewritten,
    });
    output::print(format, &said, |_| {
        format!(
            "{} erased, {} held; remains of {} written over",
            report.erased, report.held, report.rewritten
        )
    })?;
    let count = report.failed.len();
    match report.failed.into_iter().next() {
        Some((id, error)) => Err(NotAllTried(id, count, error).into()),
        None => Ok(()),
    }
}

fn as_json(erasure: &Erasure) -> Value {
    json!({
        "id": erasure.id, "account_id": erasure.subject, "role": erasure.subject_role.as_str(),
        "state": erasure.state.as_str(), "reason": erasure.reason.as_str(), "requested_at": erasure.requested_at,
        "requested_by": erasure.requested_by, "due_at": erasure.due_at, "withdrawn_at": erasure.withdrawn_at,
        "tried_at": erasure.tried_at, "holds": erasure.holds, "erased_at": erasure.erased_at,
        "rewritten_at": erasure.rewritten_at,
    })
}

fn listed(erasures: &[Erasure]) -> String {
    if erasures.is_empty() {
        return "no erasures".to_owned();
    }
    let header = ["id", "account", "state", "requested at", "due at", "holds"];
    let row = |erasure: &Erasure| {
        vec![
            erasure.id.to_string(),
            erasure.subject.to_string(),
            erasure.state.as_str().to_owned(),
            erasure.requested_at.to_string(),
            erasure.due_at.to_string(),
            erasure.holds.join(", "),
        ]
    };
    output::table(&header, &erasures.iter().map(row).collect::<Vec<_>>())
}
