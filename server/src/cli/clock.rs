//! `tot clock`: the database time of what `make run` started, shown and moved ahead together with its payment sandbox's; a
//! deployment's clock is the real one and stays so.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use dev_stack::StackError;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use url::Url;

use super::dev::{self, CONTROL_VARIABLE};
use super::output::{self, Format, OutputError};
use crate::config::Environment;

/// How long one request to the platform or to the sandbox may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the platform's processes have to notice the move.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);
/// How often they are asked.
const ASKED_EVERY: Duration = Duration::from_millis(50);
/// How far the clock moves at once, at most: what is due in between is all done, and a typing mistake cannot be taken back.
const MOVE_MAX: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What `tot clock` can do.
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Show the platform's time, and by how much it is ahead of the real time.
    Show,
    /// Move the platform's time ahead, with the payment sandbox's: what is due by then happens at once. For development only.
    Advance {
        /// How far, such as `26h`, `15m` or `90d`; a day is 24 hours.
        #[arg(value_parser = parse_span)]
        by: SignedDuration,
    },
}

/// Why the clock is not shown or moved.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// Nothing was started here.
    #[error(
        "no platform was started here; start one with `make run`, whose clock can be moved (a deployment's cannot)"
    )]
    NoPlatform,
    /// What `make run` wrote down cannot be read.
    #[error("{0} cannot be read")]
    Settings(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The sandbox does not answer: moving one clock alone would make the two disagree.
    #[error("the payment sandbox does not answer, so its clock cannot move; is `make run` still running?")]
    Sandbox(#[source] reqwest::Error),
    /// The platform does not notice.
    #[error("the clock was moved, but the platform at {0} does not show it; is `make run` still running?")]
    Unnoticed(Url),
    #[error("{0} is not a URL")]
    Address(&'static str),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Shows or moves the clock.
///
/// # Errors
/// [`ClockError`]; [`StackError::RealClock`] where there is no other clock than the real one.
pub async fn run(command: ClockCommand, environment: &Environment, format: Format) -> Result<(), ClockError> {
    let settings = settings(environment)?;
    let database = settings.get("TOT_DATABASE_URL").ok_or(ClockError::NoPlatform)?;
    if let ClockCommand::Advance { by } = command {
        let http = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(ClockError::Sandbox)?;
        let sandbox = url(&settings, CONTROL_VARIABLE)?;
        if let Some(sandbox) = &sandbox {
            ask_sandbox(http.get(at(sandbox, "/clock"))).await?;
        }
        dev_stack::move_clock(database, by.as_secs()).await?;
        let now = database_time(dev_stack::read_clock(database).await?);
        if let Some(sandbox) = &sandbox {
            set_sandbox(&http, sandbox, now).await?;
        }
        if let Some(platform) = url(&settings, "TOT_PUBLIC_URL")? {
            noticed(&http, &platform, now).await?;
        }
    }
    show(database, format).await
}

/// Makes it `now` in the sandbox whose control surface is at `control`.
pub async fn set_sandbox(http: &Client, control: &Url, now: Timestamp) -> Result<(), ClockError> {
    ask_sandbox(http.post(at(control, "/clock/set")).json(&json!({"now": now}))).await
}

/// The platform's time as a moment; the beginning of time for what no clock shows.
pub fn database_time(clock: dev_stack::DatabaseClock) -> Timestamp {
    Timestamp::from_millisecond(clock.now_ms).unwrap_or(Timestamp::MIN)
}

/// The settings of this process, or else of what `make run` started here.
fn settings(environment: &Environment) -> Result<Environment, ClockError> {
    if environment.get("TOT_DATABASE_URL").is_some() {
        return Ok(environment.clone());
    }
    let written = dev::written_settings().map_err(|(path, error)| ClockError::Settings(path, error))?;
    written.ok_or(ClockError::NoPlatform)
}

async fn show(database: &str, format: Format) -> Result<(), ClockError> {
    let clock = dev_stack::read_clock(database).await?;
    let now = database_time(clock);
    let said =
        json!({"now": now, "ahead_seconds": clock.ahead_seconds, "movable": clock.ahead_seconds.is_some()});
    output::print(format, &said, |_| match clock.ahead_seconds {
        None => format!("{now:.0}, the real clock"),
        Some(seconds) => {
            let ahead = SignedDuration::from_secs(seconds);
            format!("{now:.0}, {ahead:#} ahead of the real clock")
        }
    })?;
    Ok(())
}

async fn ask_sandbox(request: reqwest::RequestBuilder) -> Result<(), ClockError> {
    let answered = request.send().await.and_then(reqwest::Response::error_for_status);
    answered.map(drop).map_err(ClockError::Sandbox)
}

/// Waits until the API shows the platform's time from `target` on: what is asked for afterwards is decided by the new time.
async fn noticed(http: &Client, platform: &Url, target: Timestamp) -> Result<(), ClockError> {
    let version = at(platform, "/api/v1/version");
    let patience = Instant::now() + NOTICED_WITHIN;
    while Instant::now() < patience {
        if shown_now(http, &version).await.is_some_and(|now| now >= target) {
            return Ok(());
        }
        sleep(ASKED_EVERY).await;
    }
    Err(ClockError::Unnoticed(platform.clone()))
}

async fn shown_now(http: &Client, version: &str) -> Option<Timestamp> {
    let shown: Value = http.get(version).send().await.ok()?.json().await.ok()?;
    shown["now"].as_str()?.parse().ok()
}

fn url(settings: &Environment, variable: &'static str) -> Result<Option<Url>, ClockError> {
    let parsed = settings.get(variable).map(Url::parse).transpose();
    parsed.map_err(|_| ClockError::Address(variable))
}

fn at(base: &Url, path: &str) -> String {
    format!("{}{path}", base.as_str().trim_end_matches('/'))
}

fn parse_span(text: &str) -> Result<SignedDuration, String> {
    let expected = || "a span such as 26h, 15m or 90d, at most 400 days; time goes ahead only".to_owned();
    let span: Span = text.parse().map_err(|_| expected())?;
    let by = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| expected())?;
    if by.is_positive() && by <= MOVE_MAX && by.subsec_nanos() == 0 {
        Ok(by)
    } else {
        Err(expected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_hours_minutes_or_days_and_goes_ahead_only() {
        let seconds = |text| parse_span(text).map(|by| by.as_secs()).ok();
        assert_eq!(seconds("26h"), Some(26 * 3_600));
        assert_eq!(seconds("15m"), Some(15 * 60));
        assert_eq!(seconds("6d 23h"), Some((6 * 24 + 23) * 3_600));
        assert_eq!(seconds("90d"), Some(90 * 24 * 3_600));
        for wrong in [
            "26", "0h", "-2h", "2h ago", "401d", "1 month", "soon", "500ms", "",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
