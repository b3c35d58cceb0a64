//! `tot prices`: publishes a price list from a file, or shows the published ones.

use std::error::Error;
use std::path::PathBuf;

use api::{PriceDocumentError, read_price_document};
use clap::Subcommand;
use commands::CommandError;
use commands::prices::{KnownLists, publish};
use domain::booking::events::CallType;
use domain::ids::AccountId;
use domain::people::Actor;
use domain::price_list::list::PriceList;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// `tot prices …`.
#[derive(Debug, Subcommand)]
pub enum PricesCommand {
    /// Publish the price list in a file; docs/how-to/publish-prices.md describes it. The same list twice is one.
    Publish {
        /// The file, JSON.
        file: PathBuf,
    },
    /// Show every published list, the latest version first.
    List,
}

/// Why no list was published or shown.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The file cannot be read.
    #[error("{0} cannot be read")]
    File(PathBuf, #[source] std::io::Error),
    /// The file is no price list.
    #[error("{0} is not a price list:\n{1}")]
    Document(PathBuf, PriceDocumentError),
    #[error("{0}")]
    Refused(commands::Refusal),
}

/// A refusal of the rules in its own words; any other error as it is.
fn why(error: CommandError) -> Box<dyn Error> {
    match error.refusal() {
        Some(refusal) => PricesError::Refused(refusal.clone()).into(),
        None => error.into(),
    }
}

/// Publishes or shows.
pub async fn run(command: PricesCommand, environment: &Environment, format: Format) -> CommandResult {
    match command {
        PricesCommand::Publish { file } => {
            // The file first: what is wrong with it needs no database.
            let bytes = std::fs::read(&file).map_err(|error| PricesError::File(file.clone(), error))?;
            let list = read_price_document(&bytes).map_err(|error| PricesError::Document(file, error))?;
            let request = format!("tot prices publish {}", list.version);
            let operator::SignedIn {
                services, metadata, ..
            } = operator::signed_in(environment, request).await?;
            let done = publish(&services, &metadata, list).await.map_err(why)?;
            let known = services.prices.all().await?;
            let now = services.log.clock().now();
            output::print(format, &shown(&done.answer, &known, now), |_| {
                let list = &done.answer;
                format!("Price list {} is in force from {}", list.version, list.valid_from)
            })?;
        }
        PricesCommand::List => {
            let (services, now) = operator::services(environment).await?;
            let known = services.prices.all().await?;
            let rows: Vec<Value> = known
                .all()
                .iter()
                .rev()
                .map(|list| shown(list, &known, now))
                .collect();
            output::print(format, &rows, |_| table(&known, now))?;
        }
    }
    Ok(())
}

fn shown(list: &PriceList, known: &KnownLists, now: Timestamp) -> Value {
    let prices: Vec<Value> = list
        .terms
        .prices
        .iter()
        .map(|row| {
            json!({
                "call_type": row.call_type.as_str(), "doctor_id": row.doctor_id,
                "amount": row.amount.decimal(), "currency": row.amount.currency.code(),
            })
        })
        .collect();
    json!({
        "version": list.version, "valid_from": list.valid_from, "state": known.state(list, now).as_str(),
        "prices": prices, "published_by": publisher(list), "published_at": list.published_at,
    })
}

fn publisher(list: &PriceList) -> Option<AccountId> {
    match list.published_by {
        Actor::Person { id, .. } => Some(id),
        Actor::Process => None,
    }
}

fn table(known: &KnownLists, now: Timestamp) -> String {
    if known.all().is_empty() {
        return "No price list is published; docs/how-to/publish-prices.md tells how.".to_owned();
    }
    let price = |list: &PriceList, call_type| list.price(call_type, None, None).decimal();
    let rows: Vec<Vec<String>> = known
        .all()
        .iter()
        .rev()
        .map(|list| {
            vec![
                list.version.to_string(),
                list.valid_from.to_string(),
                known.state(list, now).as_str().to_owned(),
                price(list, CallType::Urgent),
                price(list, CallType::Scheduled),
                price(list, CallType::Consultation),
                publisher(list).map_or_else(|| "-".to_owned(), |id| id.to_string()),
            ]
        })
        .collect();
    let header = [
        "version",
        "valid from",
        "state",
        "urgent",
        "scheduled",
        "consultation",
        "published by",
    ];
    output::table(&header, &rows)
}
