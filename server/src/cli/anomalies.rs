//! `tot anomalies`: what providers showed that cannot be true, and how an operator settles it.

use clap::{Subcommand, ValueEnum};
use commands::anomalies::resolve_anomaly;
use domain::money::Money;
use domain::payment::anomaly::Resolution;
use projections::anomalies::AnomalyRow;
use projections::anomalies::query::{self, AnomalyFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::id::id;
use super::missing;
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// Anomalies listed at most, unless told otherwise.
const LISTED_DEFAULT: u16 = 50;

/// `tot anomalies …`.
#[derive(Debug, Subcommand)]
pub enum AnomaliesCommand {
    /// List anomalies, the latest first: those that wait for an operator.
    List {
        /// Those that are settled too.
        #[arg(long)]
        all: bool,
        /// How many at most, 1 to 200.
        #[arg(long, default_value_t = LISTED_DEFAULT)]
        limit: u16,
    },
    /// Settle an anomaly; a fact records it. The first word counts.
    Resolve {
        /// The payment or payout.
        #[arg(value_parser = id::<Uuid>)]
        subject: Uuid,
        /// The anomaly's number within it.
        number: u32,
        /// How it was settled.
        #[arg(long, value_enum)]
        resolution: How,
    },
}

/// How an anomaly was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum How {
    /// Money was moved by hand, in the provider's cabinet.
    SettledByHand,
    /// The provider corrected itself.
    ProviderCorrected,
    /// It is as it should be.
    Accepted,
    /// The loss is written off.
    WrittenOff,
}

/// Lists or settles.
pub async fn run(command: AnomaliesCommand, environment: &Environment, format: Format) -> CommandResult {
    match command {
        AnomaliesCommand::List { all, limit } => {
            let log = operator::log(environment).await?;
            let filter = AnomalyFilter {
                open_only: !all,
                ..AnomalyFilter::default()
            };
            let page = query::page(log.pool(), filter, None, operator::limit(limit)?).await?;
            let shown: Vec<Value> = page.items.iter().map(as_json).collect();
            let more = page.next.as_ref().map(|_| "--limit shows up to 200");
            output::print_list(format, &shown, more, |_| listed(&page.items))?;
        }
        AnomaliesCommand::Resolve {
            subject,
            number,
            resolution,
        } => {
            let request = format!("tot anomalies resolve {subject} {number}");
            let signed_in = operator::signed_in(environment, request).await?;
            let (services, metadata) = (&signed_in.services, &signed_in.metadata);
            let settled = resolve_anomaly(services, metadata, subject, number, resolution.into())
                .await
                .map_err(missing::named("anomaly", format!("{number} of {subject}")))?
                .answer;
            let how = settled
                .anomaly(number)
                .and_then(|entry| entry.resolution)
                .map_or("open", Resolution::as_str);
            let said = json!({"subject_id": subject, "number": number, "resolution": how});
            output::print(format, &said, |_| format!("{subject} {number} {how}"))?;
        }
    }
    Ok(())
}

fn as_json(row: &AnomalyRow) -> Value {
    json!({
        "subject": row.subject.as_str(), "subject_id": row.subject.uuid(), "number": row.number, "kind": row.kind.as_str(), "source": row.source.as_str(),
        "call": row.call, "provider_id": row.provider_id, "seen": row.seen.map(Money::decimal),
        "currency": row.seen.map(|seen| seen.currency.code()), "seen_at": row.seen_at,
        "resolution": row.settled.map(|settled| settled.resolution.as_str()),
        "resolved_by": row.settled.and_then(|settled| settled.by), "resolved_at": row.settled.map(|settled| settled.at),
    })
}

fn listed(rows: &[AnomalyRow]) -> String {
    if rows.is_empty() {
        return "no anomalies".to_owned();
    }
    let header = [
        "of",
        "id",
        "number",
        "kind",
        "seen",
        "seen at",
        "by",
        "provider's id",
        "settled",
    ];
    let row = |row: &AnomalyRow| {
        vec![
            row.subject.as_str().to_owned(),
            row.subject.uuid().to_string(),
            row.number.to_string(),
            row.kind.as_str().to_owned(),
            row.seen.map(|seen| seen.to_string()).unwrap_or_default(),
            row.seen_at.to_string(),
            row.source.as_str().to_owned(),
            row.provider_id.clone().unwrap_or_default(),
            row.settled
                .map(|settled| settled.resolution.as_str())
                .unwrap_or_default()
                .to_owned(),
        ]
    };
    output::table(&header, &rows.iter().map(row).collect::<Vec<_>>())
}

impl From<How> for Resolution {
    fn from(how: How) -> Self {
        match how {
            How::SettledByHand => Self::SettledByHand,
            How::ProviderCorrected => Self::ProviderCorrected,
            How::Accepted => Self::Accepted,
            How::WrittenOff => Self::WrittenOff,
        }
    }
}
