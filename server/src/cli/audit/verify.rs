//! `tot audit verify`: the whole log against its hashes, its tree and its heads, over several connections at once.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use audit::connect;
use audit::verify::finding::Finding;
use audit::verify::other_logs::{FormerLog, OtherLog};
use audit::verify::{Progress, Report, VerifyOptions, verify};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use uuid::Uuid;

use super::{NOT_SO, config, trusted_keys};
use crate::cli::operator::CommandResult;
use crate::cli::output::{self, Format};
use crate::compose;
use crate::config::Environment;

/// How often the progress is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// Arguments of `tot audit verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The notary's public key, in PEM, once for each it has had; by default the key of TOT_NOTARY_KEY_FILE.
    #[arg(long = "key")]
    keys: Vec<PathBuf>,
    /// The heads that a witness kept (the file of `tot witness` or of TOT_WITNESS_FILE); none are taken that are not named.
    #[arg(long = "witness")]
    witnesses: Vec<PathBuf>,
    /// A log that this one was restored or cloned from, by its identity, and to which position: heads of it beyond that need not hold.
    #[arg(long = "former-log", value_name = "LOG_ID[@POSITION]")]
    former_logs: Vec<FormerLog>,
    /// How many connections read at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    connections: u8,
}

/// Nothing differs, and yet nobody outside vouches for it.
#[derive(Debug, thiserror::Error)]
#[error(
    "nobody knows: the files of --witness hold no head of the log {log_id}, so the database was compared with itself alone; name the file \
     of a witness that this log's notary shows its heads to ({others} heads in them are of other logs)"
)]
struct UnknownToWitnesses {
    log_id: Uuid,
    others: u64,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Verified {
    verified: bool,
    #[serde(flatten)]
    report: Report,
    took_ms: u128,
    facts_per_s: u128,
}

/// Verifies; 0 when all is as it was, [`NOT_SO`] when something is not. An error, too, where witnesses were named that know nothing of it.
pub async fn run(args: VerifyArgs, environment: &Environment, format: Format) -> CommandResult<ExitCode> {
    let config = config(environment)?;
    let options = VerifyOptions {
        keys: trusted_keys(&args.keys, &config)?,
        witness_files: args.witnesses,
        former_logs: args.former_logs,
        ..VerifyOptions::default()
    };
    let log = compose::log_for_operator(&config.operator).await?;
    let mut connections = Vec::new();
    for _ in 0..args.connections {
        connections.push(connect(&log).await?);
    }
    let begun = Instant::now();
    let verifying = verify(connections, &options);
    let (report, _) = watched(verifying, &options.progress, format).await?;
    let took_ms = begun.elapsed().as_millis();
    let verified = Verified {
        verified: report.is_clean() && !report.is_unknown_to_witnesses(),
        facts_per_s: u128::from(report.facts) * 1_000 / took_ms.max(1),
        report,
        took_ms,
    };
    let unasked = options
        .witness_files
        .is_empty()
        .then_some(config.notary.witness_file.as_deref())
        .flatten();
    output::print(format, &verified, |verified| as_text(verified, unasked))?;
    if verified.report.is_clean() && verified.report.is_unknown_to_witnesses() {
        return Err(UnknownToWitnesses {
            log_id: verified.report.log_id,
            others: verified.report.other_heads,
        }
        .into());
    }
    Ok(if verified.verified {
        ExitCode::SUCCESS
    } else {
        NOT_SO.into()
    })
}

/// Waits for it and draws how far it has come, where somebody watches.
async fn watched<T>(verifying: impl Future<Output = T>, progress: &Arc<Progress>, format: Format) -> T {
    let bar = match format {
        Format::Text => ProgressBar::new(0).with_style(style()),
        Format::Json => ProgressBar::hidden(),
    };
    tokio::pin!(verifying);
    let mut draw = tokio::time::interval(DRAWN_EVERY);
    let done = loop {
        tokio::select! {
            done = &mut verifying => break done,
            _ = draw.tick() => {
                bar.set_length(progress.total.load(Ordering::Relaxed));
                bar.set_position(progress.done.load(Ordering::Relaxed));
            }
        }
    };
    bar.finish_and_clear();
    done
}

fn style() -> ProgressStyle {
    let template = "{bar:40} {pos}/{len} facts, {per_sec}, {eta} to go";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// `unasked` is the file of a witness that could have been named.
fn as_text(verified: &Verified, unasked: Option<&Path>) -> String {
    let Report {
        facts,
        hashed,
        signed,
        witnessed,
        heads,
        other_heads,
        other_logs,
        signatures_checked,
        findings,
        more,
        ..
    } = &verified.report;
    let mut lines: Vec<String> = findings.iter().map(finding_line).collect();
    if *more > 0 {
        lines.push(format!("and {more} more that are not as they were"));
    }
    lines.push(format!(
        "{facts} facts: {hashed} hashed, {signed} under a signed head, {witnessed} under a witnessed one; {heads} heads"
    ));
    if let Some(file) = unasked {
        lines.push(format!(
            "no witness was asked, the database was compared with itself alone: --witness {}",
            file.display()
        ));
    }
    if *other_heads > 0 {
        lines.push(format!("{other_heads} heads of the witness are of other logs"));
    }
    lines.extend(other_logs.iter().map(other_line));
    if !signatures_checked {
        lines.push("signatures were not checked: name the notary's public key by --key".to_owned());
    }
    let verdict = match findings.len() {
        0 if verified.verified => "all is as it was hashed".to_owned(),
        0 => "nothing in it contradicts itself".to_owned(),
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    };
    lines.push(format!(
        "{verdict}; {} ms, {} facts a second",
        verified.took_ms, verified.facts_per_s
    ));
    lines.join("\n")
}

fn other_line(other: &OtherLog) -> String {
    let OtherLog {
        log_id,
        heads,
        held,
        not_held,
        ..
    } = other;
    let named = if other.named {
        "which was named as a former one"
    } else {
        "which nobody named as a former one"
    };
    format!(
        "of the log {log_id}, {named}, by a trusted key: {heads} heads, {not_held} of which do not hold; this log begins with its first \
         {held} facts"
    )
}

/// A finding in words.
pub fn finding_line(finding: &Finding) -> String {
    let kind = serde_json::to_value(finding.kind).unwrap_or_default();
    let mut words = kind.as_str().unwrap_or_default().replace('_', " ");
    if let Some(position) = finding.position {
        words.push_str(&format!(" at position {position}"));
    }
    if let Some(other) = finding.other {
        words.push_str(&format!(" ({other})"));
    }
    if let Some(stream) = &finding.stream {
        words.push_str(&format!(
            ", number {} of {} {}",
            stream.sequence, stream.aggregate_type, stream.aggregate_id
        ));
    }
    format!("{words}: {}", finding.detail)
}
