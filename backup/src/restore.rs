//! Restores a backup into an empty database, verifies the log and only then gives it an identity.

use std::path::PathBuf;

use audit::verify::other_logs::FormerLog;
use audit::verify::{Report, VerifyOptions};
use audit::{connect_to, stored_tree};
use notary::{PublicKey, SignedTreeHead};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::postgres::PgPoolOptions;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::address::DatabaseAddress;
use crate::error::BackupError;
use crate::manifest::{DUMP, Manifest, SourceLog};
use crate::snapshot::{connect, major, server_version};
use crate::target;
use crate::tools::{Program, Tools};

/// What a restore is told beside the database.
#[derive(Clone, Debug)]
pub struct RestoreOptions {
    /// The backup's folder.
    pub from: PathBuf,
    /// The application's role, which is granted its rights.
    pub app_role: String,
    /// How many tables are filled, and parts of the log verified, at the same time.
    pub jobs: u8,
    /// Keys that heads may be signed with; without any, signatures are not checked.
    pub keys: Vec<PublicKey>,
    /// Heads that somebody outside kept.
    pub witnessed: Vec<SignedTreeHead>,
    /// Logs that the copied one is known to come from, whose later heads need not hold.
    pub former_logs: Vec<FormerLog>,
    /// Postgres' programs.
    pub tools: Tools,
}

/// What was restored.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    /// The backup.
    pub manifest: Manifest,
    /// The identity that the log has now.
    pub log_id: Uuid,
    /// The logs that it comes from, the one that was copied last: heads of theirs that a witness kept of later times need not hold.
    pub former_logs: Vec<FormerLog>,
    /// What the verification of the log saw.
    pub report: Report,
    /// Roles of serving processes that do not exist on this server.
    pub missing_roles: Vec<&'static str>,
}

/// Restores a backup, as the owner of an empty database.
///
/// # Errors
/// The backup is not whole, the database not empty, a program or the server too old: then nothing was changed. Later on: what
/// `pg_restore` or the database answered, or that the log is not the one that was copied; then the database has no identity and no
/// process opens it.
pub async fn restore(address: &DatabaseAddress, options: &RestoreOptions) -> Result<Restored, BackupError> {
    let manifest = checked(options).await?;
    all_are_named(options, &manifest.log)?;
    let mut connection = connect(address).await?;
    fits(address, options, &manifest, &mut connection).await?;
    let former_logs = former_logs(options, &manifest.log);
    let done = filled(address, options, &manifest.log, &former_logs, &mut connection).await;
    let (log_id, report, missing_roles) = done.map_err(cut_short)?;
    Ok(Restored {
        manifest,
        log_id,
        former_logs,
        report,
        missing_roles,
    })
}

/// From here on the database is not empty, and what goes wrong leaves it so.
async fn filled(
    address: &DatabaseAddress,
    options: &RestoreOptions,
    source: &SourceLog,
    former_logs: &[FormerLog],
    connection: &mut PgConnection,
) -> Result<(Uuid, Report, Vec<&'static str>), BackupError> {
    fill(address, options).await?;
    let missing_roles = bring_up_to_date(address, &options.app_role).await?;
    let report = verify(address, options, source).await?;
    target::analyze(connection).await?;
    let log_id = target::draw_identity(connection, former_logs).await?;
    Ok((log_id, report, missing_roles))
}

/// Says what to do with the database, unless the error does.
fn cut_short(error: BackupError) -> BackupError {
    if matches!(
        error,
        BackupError::AnotherLog { .. } | BackupError::NotVerified(_)
    ) {
        error
    } else {
        BackupError::CutShort(Box::new(error))
    }
}

/// The manifest, once every file is what it says.
async fn checked(options: &RestoreOptions) -> Result<Manifest, BackupError> {
    let from = options.from.clone();
    let reading = spawn_blocking(move || {
        let manifest = Manifest::read(&from)?;
        manifest.check_files(&from)?;
        Ok(manifest)
    });
    reading.await.map_err(BackupError::Interrupted)?
}

/// Whether somebody names the logs of before whose later heads the witness kept: those are contradicted by what was restored then. That
/// the backup names them is not enough: whoever can forge the one can forge the other.
fn all_are_named(options: &RestoreOptions, source: &SourceLog) -> Result<(), BackupError> {
    let is_trusted =
        |head: &SignedTreeHead| options.keys.is_empty() || head.verify_with_one_of(&options.keys).is_ok();
    let is_named = |log_id: Uuid| options.former_logs.iter().any(|named| named.log_id == log_id);
    let gave_up = |claim: &FormerLog| {
        options.witnessed.iter().any(|head| {
            let said = head.unverified();
            said.log_id == claim.log_id && claim.gave_up(said.tree_size) && is_trusted(head)
        })
    };
    let claims = source.former_logs.iter().copied();
    let unnamed: Vec<FormerLog> = claims
        .filter(|claim| !is_named(claim.log_id) && gave_up(claim))
        .collect();
    if unnamed.is_empty() {
        Ok(())
    } else {
        Err(BackupError::FormerLogs(unnamed))
    }
}

/// Where the restored log comes from: from what the copied one came from, from what is named beside, and from the copied one itself.
fn former_logs(options: &RestoreOptions, source: &SourceLog) -> Vec<FormerLog> {
    let mut known = source.former_logs.clone();
    for named in &options.former_logs {
        if !known.iter().any(|former| former.log_id == named.log_id) {
            known.push(*named);
        }
    }
    known.push(FormerLog {
        log_id: source.log_id,
        until: Some(source.position.unsigned_abs()),
    });
    known
}

/// Whether this release, these programs and this database can take it.
async fn fits(
    address: &DatabaseAddress,
    options: &RestoreOptions,
    manifest: &Manifest,
    connection: &mut PgConnection,
) -> Result<(), BackupError> {
    let ours = migrations::newest();
    if manifest.migration > ours {
        return Err(BackupError::NewerTables {
            theirs: manifest.migration,
            ours,
            version: manifest.tot_version.clone(),
        });
    }
    let source_version = major(manifest.server_version);
    let server = major(server_version(connection).await?);
    if server < source_version {
        return Err(BackupError::ServerOld {
            source_version,
            server,
        });
    }
    options
        .tools
        .check(Program::Restore, manifest.tools_version)
        .await?;
    match target::objects(connection).await? {
        0 => Ok(()),
        objects => Err(BackupError::NotEmpty {
            database: address.to_string(),
            objects,
        }),
    }
}

/// Rights are not restored: roles may be others here, and are granted theirs anew afterwards.
async fn fill(address: &DatabaseAddress, options: &RestoreOptions) -> Result<(), BackupError> {
    let mut command = options.tools.command(Program::Restore, Some(address));
    // A name alone could be taken for a list of settings.
    let name = address.database().replace('\\', "\\\\").replace('\'', "\\'");
    command
        .args([
            "--no-password",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
        ])
        .arg(format!("--jobs={}", options.jobs))
        .arg(format!("--dbname=dbname='{name}'"))
        .arg(options.from.join(DUMP));
    options.tools.run(Program::Restore, command).await
}

async fn bring_up_to_date(
    address: &DatabaseAddress,
    app_role: &str,
) -> Result<Vec<&'static str>, BackupError> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(address.options())
        .await?;
    let missing = migrations::run(&pool, app_role).await?;
    pool.close().await;
    Ok(missing)
}

/// Every hash once more, against the heads of the log that was copied, the one in the manifest among them.
async fn verify(
    address: &DatabaseAddress,
    options: &RestoreOptions,
    source: &SourceLog,
) -> Result<Report, BackupError> {
    let mut connections = Vec::new();
    for _ in 0..options.jobs.max(1) {
        connections.push(connect_to(address.options()).await?);
    }
    // A witness has seen what came after the backup, too: that is lost, and nothing of it can be compared.
    let is_of_it = |head: &SignedTreeHead| {
        let head = head.unverified();
        head.log_id != source.log_id || head.tree_size <= source.tree.size
    };
    let witnessed = options.witnessed.iter().copied().filter(is_of_it);
    let verification = VerifyOptions {
        keys: options.keys.clone(),
        witnessed: witnessed.chain(source.head).collect(),
        former_logs: options.former_logs.clone(),
        log_id: Some(source.log_id),
        ..VerifyOptions::default()
    };
    let (report, mut connections) = audit::verify(connections, &verification).await?;
    if !report.is_clean() {
        return Err(BackupError::NotVerified(Box::new(report)));
    }
    let Some(connection) = connections.first_mut() else {
        return Ok(report);
    };
    let (facts, position) = target::facts(connection).await?;
    if (facts, position) != (source.position, source.position) {
        let what = format!("{facts} facts to position {position}, not to {}", source.position);
        return Err(BackupError::AnotherLog { what });
    }
    let tree = stored_tree(connection).await?;
    if tree != source.tree {
        let (size, root) = (source.tree.size, source.tree.root_hash);
        let what = format!(
            "{} facts have the root hash {}, not {size} facts {root}",
            tree.size, tree.root_hash
        );
        return Err(BackupError::AnotherLog { what });
    }
    Ok(report)
}
