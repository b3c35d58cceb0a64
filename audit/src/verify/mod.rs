//! Recomputes everything from the stored rows: leaves, tree and heads, over several connections at once, and names what differs.

pub mod finding;
mod heads;
mod name;
pub mod other_logs;
mod range;
mod streams;
mod tail;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use notary::{PublicKey, SignedTreeHead};
use serde::Serialize;
use sqlx::PgConnection;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::error::AuditError;
use crate::leaves;
use finding::{Finding, Kind};
use heads::HeadCheck;
use other_logs::{FormerLog, OtherLog};
use range::{RangeResult, SUSPECTS_MAX, Suspects, verify_range};

/// What a verification is told beside the database.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Keys that heads may be signed with; without any, signatures are not checked.
    pub keys: Vec<PublicKey>,
    /// Heads that somebody outside kept.
    pub witnessed: Vec<SignedTreeHead>,
    /// Files of more such heads, which are read one at a time.
    pub witness_files: Vec<PathBuf>,
    /// Logs that this one comes from, whose later heads need not hold.
    pub former_logs: Vec<FormerLog>,
    /// Told how far it has come.
    pub progress: Arc<Progress>,
    /// Which log its heads are of; none means the database's own identity, which a restored one has not drawn yet.
    pub log_id: Option<Uuid>,
}

/// How far a verification has come, in facts.
#[derive(Debug, Default)]
pub struct Progress {
    /// Compared so far.
    pub done: AtomicU64,
    /// To be compared.
    pub total: AtomicU64,
}

/// What a verification saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Which log.
    pub log_id: Uuid,
    /// Facts that were read.
    pub facts: u64,
    /// Facts with a leaf hash: those that can be verified.
    pub hashed: u64,
    /// Facts under a head that holds.
    pub signed: u64,
    /// Facts under a head that somebody outside kept.
    pub witnessed: u64,
    /// Heads of this log, or of one named as a former one, in the witnesses' files; none where no file was named.
    pub known_to_witnesses: Option<u64>,
    /// Stored and witnessed heads that were looked at.
    pub heads: u64,
    /// Heads of other logs that a witness kept: of this one before it was restored or cloned, or of another altogether.
    pub other_heads: u64,
    /// The other logs by a trusted key, and whether this log begins with what their heads say.
    pub other_logs: Vec<OtherLog>,
    /// Whether heads were checked against a trusted key.
    pub signatures_checked: bool,
    /// What is not as it was, by position.
    pub findings: Vec<Finding>,
    /// How many more rows are not as they were.
    pub more: u64,
}

impl Report {
    /// Whether all is as it was, as far as it could be compared.
    pub const fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.more == 0
    }

    /// Whether witnesses were named and none of them knows this log: then what stands in the database was compared with itself alone.
    pub const fn is_unknown_to_witnesses(&self) -> bool {
        matches!(self.known_to_witnesses, Some(0)) && self.witnessed == 0
    }
}

/// Verifies the log over these connections, which it gives back.
///
/// # Errors
/// What Postgres answers, or that a file of heads cannot be read: then nothing is known.
pub async fn verify(
    connections: Vec<PgConnection>,
    options: &VerifyOptions,
) -> Result<(Report, Vec<PgConnection>), AuditError> {
    let mut connections = connections;
    let Some(first) = connections.first_mut() else {
        return Err(sqlx::Error::PoolClosed.into());
    };
    let log_id = match options.log_id {
        Some(log_id) => log_id,
        None => {
            sqlx::query_scalar("select log_id from log_identity")
                .fetch_one(&mut *first)
                .await?
        }
    };
    // Heads before leaves before facts, so that none of them is ahead of what it stands on.
    let checks = HeadCheck::new(options, log_id);
    let mut checks = checks.read_files(options.witness_files.clone()).await?;
    checks.read_claims(first).await?;
    checks.read_stored(first).await?;
    let size = leaves::size(first).await?;
    let head: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from events")
        .fetch_one(&mut *first)
        .await?;
    let mut findings = Vec::new();
    let size = within_reach(size, head, &mut findings);
    checks.begin(size.unsigned_abs());
    let plan = Arc::new(Plan {
        size: size.unsigned_abs(),
        heads: checks.sizes(),
        next: AtomicU64::new(0),
        progress: Arc::clone(&options.progress),
    });
    options.progress.total.store(plan.size, Ordering::Relaxed);
    let (mut results, mut connections) = work(connections, &plan).await?;
    results.sort_by_key(|result| result.number);
    let (mut suspects, mut rows) = (Suspects::default(), 0);
    for result in results {
        rows += result.rows;
        checks.take(&result.frontier, &result.at_heads);
        suspects.absorb(result.suspects);
    }
    let Some(first) = connections.first_mut() else {
        return Err(sqlx::Error::PoolClosed.into());
    };
    checks.compare_nodes(first).await?;
    let tail = tail::verify_tail(first, size, head, &mut suspects, &mut findings).await?;
    streams::find_unplaced(first, &mut suspects).await?;
    findings.extend(streams::find_twice(first).await?);
    findings.extend(name::name(first, &suspects).await?);
    findings.extend(of_suspects(&suspects));
    findings.sort_by_key(|finding| (finding.position, finding.kind));
    findings.append(&mut checks.findings);
    let report = Report {
        log_id,
        facts: rows + tail,
        hashed: plan.size,
        signed: checks.signed,
        witnessed: checks.witnessed,
        known_to_witnesses: (!options.witness_files.is_empty()).then_some(checks.known_outside),
        heads: checks.count,
        other_heads: checks.other_heads,
        other_logs: checks.other_logs.into_values().collect(),
        signatures_checked: !options.keys.is_empty(),
        more: suspects.more + checks.more + findings.len().saturating_sub(SUSPECTS_MAX) as u64,
        findings: findings.into_iter().take(SUSPECTS_MAX).collect(),
    };
    Ok((report, connections))
}

/// How many facts at the end of the log are missed one by one.
const MISSED_SINGLY_MAX: i64 = 1 << 20;

/// The size of the tree, unless it is far beyond the log: then the log's end.
fn within_reach(size: i64, head: i64, findings: &mut Vec<Finding>) -> i64 {
    if size.saturating_sub(head) <= MISSED_SINGLY_MAX {
        return size;
    }
    let detail = "the facts from here on are gone, or their hashes were never theirs";
    findings.push(Finding::at(Kind::Dropped, head + 1, detail).with_other(size));
    head
}

/// What every connection works through.
struct Plan {
    size: u64,
    heads: Vec<u64>,
    next: AtomicU64,
    progress: Arc<Progress>,
}

/// Each connection takes the next range until there is none.
async fn work(
    connections: Vec<PgConnection>,
    plan: &Arc<Plan>,
) -> Result<(Vec<RangeResult>, Vec<PgConnection>), AuditError> {
    let mut workers: JoinSet<Result<(PgConnection, Vec<RangeResult>), sqlx::Error>> = JoinSet::new();
    for mut connection in connections {
        let plan = Arc::clone(plan);
        workers.spawn(async move {
            let mut results = Vec::new();
            loop {
                let number = plan.next.fetch_add(1, Ordering::Relaxed);
                // The first range is looked at even when nothing is hashed: for rows below the first position.
                if number > 0 && number >= range::count(plan.size) {
                    return Ok((connection, results));
                }
                let done = &plan.progress.done;
                let result = verify_range(&mut connection, number, plan.size, &plan.heads, done).await?;
                results.push(result);
            }
        });
    }
    let (mut results, mut connections) = (Vec::new(), Vec::new());
    while let Some(joined) = workers.join_next().await {
        let (connection, found) = joined.map_err(AuditError::Interrupted)??;
        connections.push(connection);
        results.extend(found);
    }
    Ok((results, connections))
}

/// What needs no naming.
fn of_suspects(suspects: &Suspects) -> Vec<Finding> {
    let order = suspects.out_of_order.iter().map(|position| {
        Finding::at(
            Kind::OutOfOrder,
            *position,
            "recorded before the fact before it, and hashed so",
        )
    });
    let gone = suspects.without_leaf.iter().map(|(from, to)| {
        let detail = format!("of the leaf hashes of the positions from {from} to {to} some are gone");
        Finding::at(Kind::LeavesMissing, *from, detail).with_other(*to)
    });
    let overlaps = suspects.overlapping.iter().map(|first| {
        let detail = "a row of leaf hashes begins here, within the one before it: one of both was put in";
        Finding::at(Kind::LeavesOverlap, *first, detail)
    });
    let noted = suspects.noted_otherwise.iter().map(|position| {
        let detail = "the fact is as it was hashed, and another time is noted beside its hash";
        Finding::at(Kind::LeafChanged, *position, detail)
    });
    let nodes = suspects.nodes.iter().map(|id| heads::node_changed(*id));
    order
        .chain(gone)
        .chain(overlaps)
        .chain(noted)
        .chain(nodes)
        .collect()
}
