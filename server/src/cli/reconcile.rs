//! `tot reconcile`: compares the books with the providers' here and now, and shows what was found.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use commands::ports::Window;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use projections::reconciliations::ReconciliationOutcome;
use reconciliation::{RunnerError, SweepProgress, report};

use super::date::moment;
use super::exit::{INCOMPLETE, NOT_SO};
use super::output::{self, Format};
use super::serve::stop_on_signal;
use crate::compose::{self, ComposeError};
use crate::config::{Environment, ReconcileConfig};

/// Arguments of `tot reconcile`.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// From here on: a date (its beginning in UTC) or an instant; by default the beginning of yesterday in UTC.
    #[arg(long, value_parser = moment)]
    from: Option<Timestamp>,
    /// Up to here, not included; by default now.
    #[arg(long, value_parser = moment)]
    to: Option<Timestamp>,
    /// How to show what was found; `--json` means `json`.
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    format: Shape,
}

/// How a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// Aligned, for a terminal.
    Table,
    /// RFC 4180.
    Csv,
    /// One JSON document.
    Json,
}

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error("--from must lie before --to: {0} and {1}")]
    Window(Timestamp, Timestamp),
    /// Nobody to compare with.
    #[error(
        "no payment provider and no payout gateway is set up (TOT_YOOKASSA_*, TOT_TBANK_*): there is nothing to compare \
         with"
    )]
    Nobody,
    #[error("the books were not compared; run it again")]
    Runner(#[from] RunnerError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error("the report cannot be written")]
    Json(#[from] serde_json::Error),
    /// Standard output or a signal handler.
    #[error("standard output or a signal handler failed")]
    Io(#[from] std::io::Error),
}

/// Compares, and answers the exit code: success without differences, [`NOT_SO`] with some, or [`INCOMPLETE`].
pub async fn run(
    args: ReconcileArgs,
    environment: &Environment,
    format: Format,
) -> Result<ExitCode, ReconcileError> {
    let config = ReconcileConfig::read(environment).map_err(ComposeError::from)?;
    let (runner, now) = compose::runner_for_operator(&config).await?;
    if !runner.has_counterparts() {
        return Err(ReconcileError::Nobody);
    }
    let window = Window {
        from: args.from.unwrap_or_else(|| yesterday(now)),
        to: args.to.unwrap_or(now),
    };
    if window.from >= window.to {
        return Err(ReconcileError::Window(window.from, window.to));
    }
    let shape = match format {
        Format::Text => args.format,
        Format::Json => Shape::Json,
    };
    let bar = ProgressBar::new(0).with_style(style());
    let report_progress = |progress: SweepProgress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        bar.set_message(format!(
            "{}: {} payments, {} refunds, {} payouts",
            progress.provider.as_str(),
            progress.payments,
            progress.refunds,
            progress.payouts
        ));
    };
    let stop = stop_on_signal()?;
    let ran = runner.now_and_here(window, &stop, &report_progress).await?;
    bar.finish_and_clear();
    let text = match shape {
        Shape::Table => format!("{}\n", report::table(&ran.report)),
        Shape::Csv => report::csv(&ran.report),
        Shape::Json => format!("{}\n", serde_json::to_string(&ran.report)?),
    };
    output::write(text.as_bytes())?;
    Ok(match ran.found.outcome {
        ReconciliationOutcome::Clean => ExitCode::SUCCESS,
        ReconciliationOutcome::Differences => NOT_SO.into(),
        ReconciliationOutcome::Incomplete => INCOMPLETE.into(),
    })
}

/// The beginning of the day before this moment, in UTC.
fn yesterday(now: Timestamp) -> Timestamp {
    let day = now
        .checked_sub(SignedDuration::from_hours(24))
        .unwrap_or(now)
        .to_zoned(TimeZone::UTC)
        .date();
    midnight(day).unwrap_or(now)
}

fn midnight(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn style() -> ProgressStyle {
    let template = "{bar:40} {pos}/{len} {msg}";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::{moment, yesterday};

    #[test]
    fn a_date_is_its_beginning_and_the_default_is_yesterdays() {
        let noon = moment("2026-11-22T12:00:00Z").unwrap();
        assert_eq!(yesterday(noon), moment("2026-11-21").unwrap());
        assert_eq!(moment("2026-11-21").unwrap().to_string(), "2026-11-21T00:00:00Z");
        assert_eq!(moment("2026-11-22T15:00:00+03:00"), Ok(noon));
        assert!(moment("yesterday").is_err());
    }
}
