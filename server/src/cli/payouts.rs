//! `tot payouts`: pays the doctors, shows payouts, asks again for one that came to nothing.

use clap::Subcommand;
use commands::CommandServices;
use commands::payouts::{self, RunLine, RunOutcome, RunPayouts, RunReport, Skipped};
use domain::ids::{AccountId, PayoutId};
use domain::payout::status::PayoutStatus;
use jiff::civil::Date;
use projections::payouts::query;
use projections::payouts::{PayoutFilter, PayoutRow};
use projections::{Models, QueryError};
use serde_json::{Value, json};

use super::date::date;
use super::id::id;
use super::missing;
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::compose::{self, ComposeError};
use crate::config::{Environment, ProvidersConfig};
use crate::providers;

/// `tot payouts …`.
#[derive(Debug, Subcommand)]
pub enum PayoutsCommand {
    /// Pay every doctor what is owed; once a week, however often it is run.
    Run {
        /// The last day it is for, such as 2026-12-06, which names the week.
        #[arg(long, value_parser = date)]
        through: Date,
        /// Only tell what would be done.
        #[arg(long)]
        dry_run: bool,
    },
    /// List payouts, newest first.
    List {
        /// Only of this doctor or patient.
        #[arg(long, value_parser = id::<AccountId>)]
        owner: Option<AccountId>,
        /// Only in this status: pending, paid or cancelled.
        #[arg(long, value_parser = status)]
        status: Option<PayoutStatus>,
        /// How many at most, 1 to 200.
        #[arg(long, default_value_t = 50)]
        limit: u16,
    },
    /// Show one payout.
    Show {
        /// The payout.
        #[arg(value_parser = id::<PayoutId>)]
        payout: PayoutId,
    },
    /// Ask again for a payout that came to nothing.
    Retry {
        /// The payout.
        #[arg(value_parser = id::<PayoutId>)]
        payout: PayoutId,
    },
}

/// Why payouts were not run or shown.
#[derive(Debug, thiserror::Error)]
pub enum PayoutsError {
    #[error("payouts cannot be read")]
    Query(#[source] QueryError),
    /// There is no such payout.
    #[error("there is no payout {0}")]
    NoSuchPayout(PayoutId),
}

fn status(word: &str) -> Result<PayoutStatus, String> {
    PayoutStatus::parse(word).ok_or_else(|| "pending, paid or cancelled".to_owned())
}

/// Runs, lists, shows or asks again.
pub async fn run(command: PayoutsCommand, environment: &Environment, format: Format) -> CommandResult {
    match command {
        PayoutsCommand::Run { through, dry_run } => {
            let request = "tot payouts run".to_owned();
            let signed_in = operator::signed_in(environment, request).await?;
            let services = with_gateway(signed_in.services, environment)?;
            let report =
                payouts::run(&services, &signed_in.metadata, RunPayouts { through, dry_run }).await?;
            output::print(format, &report_of(&report), |_| summary(&report))?;
        }
        PayoutsCommand::Retry { payout } => {
            let request = format!("tot payouts retry {payout}");
            let signed_in = operator::signed_in(environment, request).await?;
            let services = with_gateway(signed_in.services, environment)?;
            let again = payouts::retry(&services, &signed_in.metadata, payout)
                .await
                .map_err(missing::named("payout", payout))?
                .answer
                .payout;
            let terms = again.order().map(|order| order.terms);
            let terms = terms.ok_or(PayoutsError::NoSuchPayout(payout))?;
            let shown = json!({"payout_id": terms.payout_id, "amount": terms.amount.decimal()});
            output::print(format, &shown, |_| {
                format!("{} is on its way as {}", terms.amount, terms.payout_id)
            })?;
        }
        PayoutsCommand::List { owner, status, limit } => {
            let pool = Models::new(operator::log(environment).await?).pool;
            let filter = PayoutFilter { owner, status };
            let limit = operator::limit(limit)?;
            let page = query::page(&pool, filter, None, limit)
                .await
                .map_err(PayoutsError::Query)?;
            let rows: Vec<Value> = page.items.iter().map(shown).collect();
            let more = page
                .next
                .as_ref()
                .map(|_| "--limit shows up to 200, --owner and --status only some");
            output::print_list(format, &rows, more, |_| listed(&page.items))?;
        }
        PayoutsCommand::Show { payout } => {
            let pool = Models::new(operator::log(environment).await?).pool;
            let row = query::for_staff(&pool, payout)
                .await
                .map_err(PayoutsError::Query)?;
            let row = row.ok_or(PayoutsError::NoSuchPayout(payout))?;
            output::print(format, &shown(&row), |_| listed(std::slice::from_ref(&row)))?;
        }
    }
    Ok(())
}

/// The operator's command services with the gateway it needs to know of; the intents' worker of the platform calls it.
fn with_gateway(mut services: CommandServices, environment: &Environment) -> CommandResult<CommandServices> {
    let providers = ProvidersConfig::of(environment).map_err(ComposeError::from)?;
    services.policies = compose::policies(&providers);
    Ok(services.with_providers(providers::open(&providers)?.ports))
}

fn shown(row: &PayoutRow) -> Value {
    json!({
        "payout_id": row.payout_id, "owner_id": row.owner_id, "purpose": row.purpose.as_str(),
        "status": row.status.as_str(), "checking": row.checking, "amount": row.amount.decimal(),
        "currency": row.amount.currency.code(), "code": row.code, "requested_at": row.requested_at,
        "ended_at": row.ended_at,
    })
}

fn listed(rows: &[PayoutRow]) -> String {
    let row = |row: &PayoutRow| {
        let checking = if row.checking { " (checking)" } else { "" };
        vec![
            row.payout_id.to_string(),
            row.requested_at.to_string(),
            row.purpose.as_str().to_owned(),
            row.amount.decimal(),
            format!("{}{checking}", row.status.as_str()),
            row.code.clone().unwrap_or_default(),
            row.owner_id.to_string(),
        ]
    };
    let header = [
        "payout",
        "requested",
        "purpose",
        "amount",
        "status",
        "code",
        "owner",
    ];
    output::table(&header, &rows.iter().map(row).collect::<Vec<_>>())
}

fn report_of(report: &RunReport) -> Value {
    let items: Vec<Value> = report
        .lines
        .iter()
        .map(|line| match &line.outcome {
            RunOutcome::Paid {
                payout_id,
                amount,
                left,
            } => json!({
                "doctor_id": line.doctor_id, "outcome": "requested", "payout_id": payout_id,
                "amount": amount.decimal(), "left": left.decimal(),
            }),
            RunOutcome::Skipped(skipped) => json!({
                "doctor_id": line.doctor_id, "outcome": skipped.word(), "because": why(skipped),
            }),
        })
        .collect();
    json!({"week": report.week, "dry_run": report.dry_run, "items": items})
}

fn summary(report: &RunReport) -> String {
    let dry_run = if report.dry_run {
        " (dry run: nothing was asked for)"
    } else {
        ""
    };
    let rows: Vec<Vec<String>> = report.lines.iter().map(of_doctor).collect();
    let header = ["doctor", "outcome", "amount", "payout", "left", "because"];
    format!(
        "Payouts of {}{dry_run}\n{}",
        report.week,
        output::table(&header, &rows)
    )
}

fn of_doctor(line: &RunLine) -> Vec<String> {
    let (outcome, amount, payout, left, because) = match &line.outcome {
        RunOutcome::Paid {
            payout_id,
            amount,
            left,
        } => (
            "requested",
            amount.decimal(),
            payout_id.to_string(),
            left.decimal(),
            String::new(),
        ),
        RunOutcome::Skipped(skipped) => {
            let none = String::new;
            (skipped.word(), none(), none(), none(), why(skipped))
        }
    };
    vec![
        line.doctor_id.to_string(),
        outcome.to_owned(),
        amount,
        payout,
        left,
        because,
    ]
}

fn why(skipped: &Skipped) -> String {
    match skipped {
        Skipped::BelowMinimum { available } => format!("only {available} are owed"),
        Skipped::NoDestination => "no bank account was named".to_owned(),
        Skipped::DestinationDoubtful { code } => format!("the last payout ended with {code}"),
        Skipped::DestinationResting { until } => {
            format!("the bank account is new and gets money from {until} on")
        }
        Skipped::AlreadyThisWeek { payout_id, status } => format!("{payout_id} is {}", status.as_str()),
        Skipped::TooOften => "this week's payouts came to nothing too often".to_owned(),
        Skipped::Faulty => "a fault of ours; the log says which".to_owned(),
    }
}
