//! `tot backup`: the whole database as one verified copy, and `tot restore`, which makes a database of it.

use std::path::PathBuf;
use std::process::ExitCode;

use audit::heads_file;
use audit::verify::Report;
use audit::verify::other_logs::FormerLog;
use backup::{BackupError, BackupOptions, DatabaseAddress, Manifest, RestoreOptions, Restored, Tools};
use clap::Args;
use notary::PublicKey;
use secrecy::ExposeSecret;
use serde_json::json;

use super::audit::finding_line;
use super::exit::NOT_SO;
use super::fail;
use super::operator::CommandResult;
use super::output::{self, Format};
use super::trail;
use crate::compose::APP_VERSION;
use crate::config::{Environment, MigrateConfig, OwnerConfig};
use crate::notary::public_key;

/// Where Postgres' own programs are.
#[derive(Debug, Args)]
struct ToolsArgs {
    /// The folder of Postgres' programs (pg_dump, pg_restore); by default PATH leads to them.
    #[arg(long, env = "TOT_POSTGRES_BIN", value_name = "DIR")]
    postgres_bin: Option<PathBuf>,
    /// How many tables are copied or filled at the same time.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
}

/// Arguments of `tot backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The folder that the backup becomes; a folder of that name must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    tools: ToolsArgs,
}

/// Arguments of `tot restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup's folder.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The notary's public key, in PEM, once for each it has had: then the signatures of heads are checked too.
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// The heads that a witness kept (the file of `tot witness` or of TOT_WITNESS_FILE).
    #[arg(long = "witness", value_name = "FILE")]
    witnesses: Vec<PathBuf>,
    /// A log that the copied one was restored or cloned from, by its identity, and to which position: heads of it beyond that need not
    /// hold. `tot restore` prints those to be named from then on.
    #[arg(long = "former-log", value_name = "LOG_ID[@POSITION]")]
    former_logs: Vec<FormerLog>,
    #[command(flatten)]
    tools: ToolsArgs,
}

/// Makes a backup of the database at TOT_DATABASE_OWNER_URL.
pub async fn make(args: BackupArgs, environment: &Environment, format: Format) -> CommandResult {
    let config = OwnerConfig::read(environment)?;
    let address = DatabaseAddress::parse(config.url.expose_secret())?;
    let options = BackupOptions {
        out: args.out,
        tot_version: APP_VERSION.to_owned(),
        jobs: args.tools.jobs,
        tools: Tools {
            folder: args.tools.postgres_bin,
        },
    };
    let manifest = backup::make(&address, &options).await?;
    let said = json!({"path": options.out, "manifest": manifest});
    output::print(format, &said, |_| made_as_text(&options, &manifest))?;
    Ok(())
}

/// Restores a backup into the empty database at TOT_DATABASE_OWNER_URL; [`NOT_SO`] when its log does not hold against its hashes.
pub async fn restore(
    args: RestoreArgs,
    environment: &Environment,
    format: Format,
) -> CommandResult<ExitCode> {
    let config = MigrateConfig::read(environment)?;
    let address = DatabaseAddress::parse(config.owner.url.expose_secret())?;
    let keys: Result<Vec<PublicKey>, _> = args.keys.iter().map(public_key).collect();
    let mut witnessed = Vec::new();
    for path in &args.witnesses {
        witnessed.extend(heads_file::read_heads(path)?);
    }
    let options = RestoreOptions {
        from: args.from,
        app_role: config.app_role,
        jobs: args.tools.jobs,
        keys: keys?,
        witnessed,
        former_logs: args.former_logs,
        tools: Tools {
            folder: args.tools.postgres_bin,
        },
    };
    match backup::restore(&address, &options).await {
        Ok(restored) => {
            trail::tell_made(restored.log_id);
            output::print(format, &restored, restored_as_text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(BackupError::NotVerified(report)) => {
            let said = json!({"restored": false, "report": report});
            output::print(format, &said, |_| findings_as_text(&report))?;
            fail(&BackupError::NotVerified(report));
            Ok(NOT_SO.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn made_as_text(options: &BackupOptions, manifest: &Manifest) -> String {
    let Manifest { log, files, .. } = manifest;
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let (out, position) = (options.out.display(), log.position);
    let hashed = match log.head {
        Some(head) => format!("the last signed head covers {}", head.unverified().tree_size),
        None => "no head is signed: `tot audit head` signs one".to_owned(),
    };
    format!(
        "{out}: {position} facts of the log {}, {} files, {bytes} bytes, read back whole\n\
         {} facts are hashed; {hashed}\n\
         keep it where this database's disk is not; `tot restore --from {out}` makes an empty database of it",
        log.log_id,
        files.len(),
        log.tree.size,
    )
}

fn restored_as_text(restored: &Restored) -> String {
    let Restored {
        manifest,
        log_id,
        former_logs,
        report,
        missing_roles,
    } = restored;
    let mut lines = vec![
        format!(
            "restored: {} facts of the log {}; {} verified by their hashes, {} under a signed head",
            report.facts, manifest.log.log_id, report.hashed, report.signed
        ),
        format!("the log has a new identity: {log_id}"),
    ];
    if !missing_roles.is_empty() {
        let roles = missing_roles.join(", ");
        lines.push(format!(
            "there is no role {roles}: docs/how-to/go-live.md tells how they are made"
        ));
    }
    lines.extend(NEXT.map(str::to_owned));
    lines.push(format!(
        "  5. `tot audit verify`, and `tot restore` of later backups, with the witness' file take {} from now on: the witness may have \
         heads of what was given up",
        former_logs.iter().map(|log| format!("--former-log {log}")).collect::<Vec<_>>().join(" ")
    ));
    lines.join("\n")
}

/// What an operator does after a restore.
const NEXT: [&str; 5] = [
    "next:",
    "  1. start the processes with this database's addresses; read models came from the same moment as the log and are not rebuilt \
     (`tot projections rebuild MODEL` builds one anew all the same)",
    "  2. `tot reconcile`: what providers did since the backup is recorded, or told",
    "  3. logins of analysts are not in a backup: `tot analyst create` makes them anew",
    "  4. accounts switched off, sessions ended and data erased since the backup are as they were then: `tot account deactivate`, \
     `tot account end-sessions`, again",
];

fn findings_as_text(report: &Report) -> String {
    let lines: Vec<String> = report.findings.iter().map(finding_line).collect();
    lines.join("\n")
}
