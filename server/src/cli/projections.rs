//! `tot projections`: shows the read models, rebuilds them and lets parked keys be tried again.

use std::time::{Duration, Instant};

use clap::Subcommand;
use commands::processes::CONSUMER as PROCESSES;
use event_store::generations::{Flip, RebuildOptions};
use event_store::parking::{self, Parked};
use event_store::{EventLog, FanoutError};
use indicatif::{ProgressBar, ProgressStyle};
use projections::Model;
use projections::rebuild::{self, RebuildProgress, Rebuilt};
use projections::status::{ModelState, overview};
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::operator::{self, CommandResult};
use super::output::{self, Format};
use super::serve::stop_on_signal;
use crate::compose::ComposeError;
use crate::config::{Environment, OwnerConfig};

/// `tot projections …`.
#[derive(Debug, Subcommand)]
pub enum ProjectionsCommand {
    /// Show every generation of every read model, and the keys that are parked: of which model, since when, and why.
    List,
    /// Build a read model anew beside the live one, then flip to it. Stopped or killed, it goes on where it was.
    Rebuild {
        /// The read model.
        model: String,
        /// Flip although keys are parked in the new generation.
        #[arg(long)]
        force: bool,
        /// Drop the generations that nobody reads any more; needs TOT_DATABASE_OWNER_URL, as `tot migrate` does.
        #[arg(long)]
        drop_old: bool,
    },
    /// Let parked keys be tried again.
    Unpark {
        /// The read model, or `processes`.
        consumer: String,
        /// Only this key.
        #[arg(long)]
        key: Option<String>,
    },
}

/// Why the read models were not shown, rebuilt or mended.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionsError {
    /// There is no such model.
    #[error("there is no read model {0}; there are {known}", known = Model::ALL.map(Model::name).join(", "))]
    UnknownModel(String),
    /// No such model, and it is not the processes either.
    #[error("there is no read model {0}; there are {known}, and {PROCESSES}", known = Model::ALL.map(Model::name).join(", "))]
    UnknownConsumer(String),
    /// Nothing waits there.
    #[error("the key {key} of {consumer} is not parked; {parked}")]
    NotParked {
        key: String,
        consumer: String,
        /// What is.
        parked: String,
    },
    #[error("the read model could not be rebuilt; the live one is as it was")]
    Rebuild(#[source] FanoutError),
    /// The new generation was built but readers still see the old one.
    #[error("generation {generation} is built, but readers stay with the old one: {why}")]
    NotFlipped {
        generation: i32,
        /// Why, and what to do.
        why: String,
    },
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
}

/// Shows, rebuilds or unparks.
pub async fn run(command: ProjectionsCommand, environment: &Environment, format: Format) -> CommandResult {
    let log = operator::log(environment).await?;
    match command {
        ProjectionsCommand::List => {
            let states = overview(log.pool()).await?;
            let parked = parking::list(log.pool(), None)
                .await
                .map_err(ProjectionsError::Database)?;
            let said = json!({"items": states, "parked": parked, "next": null});
            output::print(format, &said, |_| listed(&states, &parked))?;
        }
        ProjectionsCommand::Rebuild {
            model,
            force,
            drop_old,
        } => {
            let model = Model::parse(&model).ok_or(ProjectionsError::UnknownModel(model))?;
            // Asked for before the work, not after it.
            let owner = if drop_old {
                Some(owner_of(environment)?)
            } else {
                None
            };
            let rebuilt = rebuild(&log, model, force, format).await?;
            let dropped = match owner {
                Some(owner) => rebuild::drop_retired(&owner, model)
                    .await
                    .map_err(ProjectionsError::Rebuild)?,
                None => Vec::new(),
            };
            tracing::debug!(
                ?dropped,
                generation = rebuilt.generation,
                "Rebuilt {}",
                model.name()
            );
        }
        ProjectionsCommand::Unpark { consumer, key } => {
            unpark(&log, &consumer, key.as_deref(), format).await?;
        }
    }
    Ok(())
}

/// How many parked keys a refusal names.
const NAMED_MAX: usize = 10;

/// Asks for one key or all of a consumer to be tried again; what is not there is not asked for.
async fn unpark(log: &EventLog, consumer: &str, key: Option<&str>, format: Format) -> CommandResult {
    if Model::parse(consumer).is_none() && consumer != PROCESSES {
        return Err(ProjectionsError::UnknownConsumer(consumer.to_owned()).into());
    }
    let asked = parking::unpark(log.pool(), consumer, key)
        .await
        .map_err(ProjectionsError::Database)?;
    if let (0, Some(key)) = (asked, key) {
        let parked = parking::list(log.pool(), Some(consumer))
            .await
            .map_err(ProjectionsError::Database)?;
        return Err(ProjectionsError::NotParked {
            key: key.to_owned(),
            consumer: consumer.to_owned(),
            parked: named(&parked),
        }
        .into());
    }
    let said = json!({"consumer": consumer, "keys": asked});
    output::print(format, &said, |_| match asked {
        0 => format!("no key of {consumer} is parked"),
        1 => format!("1 key of {consumer} will be tried again"),
        _ => format!("{asked} keys of {consumer} will be tried again"),
    })?;
    Ok(())
}

/// The first parked keys, as a sentence ends with them.
fn named(parked: &[Parked]) -> String {
    if parked.is_empty() {
        return "none of it is".to_owned();
    }
    let mut keys: Vec<&str> = parked.iter().map(|key| key.partition_key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let more = keys.len().saturating_sub(NAMED_MAX);
    keys.truncate(NAMED_MAX);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("parked are {}{more}", keys.join(", "))
}

/// The way to the database as the owner of its tables.
fn owner_of(environment: &Environment) -> CommandResult<PgPool> {
    let config = OwnerConfig::read(environment).map_err(ComposeError::from)?;
    let pool = PgPoolOptions::new().max_connections(1);
    let owner = pool.connect_lazy(config.url.expose_secret());
    Ok(owner.map_err(ProjectionsError::Database)?)
}

async fn rebuild(log: &EventLog, model: Model, force: bool, format: Format) -> CommandResult<Rebuilt> {
    let stop = stop_on_signal()?;
    let bar = match format {
        Format::Text => ProgressBar::new(0).with_style(style()),
        Format::Json => ProgressBar::hidden(),
    };
    let begun = Instant::now();
    let report = |progress: &RebuildProgress| {
        bar.set_length(u64::try_from(progress.total).unwrap_or(0));
        bar.set_position(u64::try_from(progress.done).unwrap_or(0));
    };
    let rebuilt = rebuild::run(log, model, RebuildOptions::default(), force, &stop, report)
        .await
        .map_err(ProjectionsError::Rebuild)?;
    bar.finish_and_clear();
    match &rebuilt.flip {
        Flip::Done { .. } => {}
        Flip::Behind(_) => {
            return Err(not_flipped(&rebuilt, "it was stopped; run the same command again").into());
        }
        Flip::Parked(_) => {
            let why = "keys are parked in it; `tot projections list` names them, --force flips all the same";
            return Err(not_flipped(&rebuilt, why).into());
        }
    }
    let (facts, took) = (rebuilt.progress.done, begun.elapsed());
    let said = json!({
        "model": model.name(), "generation": rebuilt.generation, "done": facts,
        "took_ms": took.as_millis(), "facts_per_s": per_second(facts, took),
    });
    output::print(format, &said, |_| {
        let pace = per_second(facts, took);
        format!(
            "{} generation {}: {facts} facts, {pace} a second",
            model.name(),
            rebuilt.generation
        )
    })?;
    Ok(rebuilt)
}

fn per_second(facts: i64, took: Duration) -> i64 {
    let millis = i64::try_from(took.as_millis()).unwrap_or(i64::MAX).max(1);
    facts.saturating_mul(1_000) / millis
}

fn not_flipped(rebuilt: &Rebuilt, why: &str) -> ProjectionsError {
    ProjectionsError::NotFlipped {
        generation: rebuilt.generation,
        why: why.to_owned(),
    }
}

fn style() -> ProgressStyle {
    let template = "{bar:40} {pos}/{len} facts, {per_sec}, {eta} to go";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The read models, and below them what is parked, if anything is.
fn listed(states: &[ModelState], parked: &[Parked]) -> String {
    let header = [
        "read model",
        "generation",
        "state",
        "position",
        "head",
        "lag",
        "lag ms",
        "facts/s",
        "parked",
    ];
    let rows: Vec<Vec<String>> = states
        .iter()
        .map(|state| {
            let numbers = [
                state.position,
                state.head,
                state.lag,
                state.lag_ms,
                state.rate,
                state.parked,
            ];
            let mut row = vec![
                state.model.to_owned(),
                state.generation.to_string(),
                state.state.clone(),
            ];
            row.extend(numbers.iter().map(i64::to_string));
            row
        })
        .collect();
    let table = output::table(&header, &rows);
    if parked.is_empty() {
        return table;
    }
    let header = [
        "parked in",
        "generation",
        "key",
        "from position",
        "since",
        "asked again",
        "reason",
    ];
    let rows: Vec<Vec<String>> = parked.iter().map(parked_row).collect();
    format!("{table}\n\n{}", output::table(&header, &rows))
}

fn parked_row(key: &Parked) -> Vec<String> {
    vec![
        key.consumer.clone(),
        key.generation.to_string(),
        key.partition_key.clone(),
        key.from_position.to_string(),
        key.parked_at.to_string(),
        if key.unpark_requested { "yes" } else { "no" }.to_owned(),
        key.reason.clone(),
    ]
}
