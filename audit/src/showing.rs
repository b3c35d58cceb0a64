//! Shows heads to one witness, beside whoever hashes: a witness that does not answer holds up nobody else.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use event_store::EventLog;
use notary::SignedTreeHead;
use sqlx::{Connection, PgConnection};
use tokio::sync::watch;
use tracing::{error, warn};
use uuid::Uuid;

use crate::error::AuditError;
use crate::follower::connect;
use crate::witnesses::{WitnessError, WitnessPort, bring};

/// So much is kept of why a witness has not a head.
const FAILURE_CHARACTERS_MAX: usize = 500;

/// Shows each new head to the witness until nobody signs any more. One that it did not take is shown again after `again`: a witness that
/// is away or refuses stops nothing, but is told.
pub async fn show(
    log: EventLog,
    witness: Arc<dyn WitnessPort>,
    mut heads: watch::Receiver<Option<SignedTreeHead>>,
    again: Duration,
) {
    loop {
        let head = *heads.borrow_and_update();
        let taken = match head {
            None => true,
            Some(head) => show_once(&log, witness.as_ref(), &head).await,
        };
        let changed = if taken {
            heads.changed().await
        } else {
            let changed = tokio::time::timeout(again, heads.changed());
            changed.await.unwrap_or(Ok(()))
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Whether the witness has the head now.
async fn show_once(log: &EventLog, witness: &dyn WitnessPort, head: &SignedTreeHead) -> bool {
    let name = witness.name();
    let mut connection = match connect(log).await {
        Ok(connection) => connection,
        Err(error) => {
            tell(&name, &WitnessError::Audit(Box::new(error)));
            return false;
        }
    };
    let brought = bring(&mut connection, witness, head).await.map(drop);
    if let Err(failure) = &brought {
        tell(&name, failure);
    }
    if let Err(failed) = record(&mut connection, &name, head, brought.as_ref().err()).await {
        let failed: &dyn Error = &failed;
        warn!(
            error = failed,
            notary.witness = name,
            "What a witness made of the head could not be noted"
        );
    }
    drop(connection.close().await);
    brought.is_ok()
}

fn tell(name: &str, failure: &WitnessError) {
    let failure: &dyn Error = failure;
    metrics::counter!("tot_notary_witness_failures_total", "witness" => name.to_owned()).increment(1);
    error!(
        error = failure,
        notary.witness = name,
        "A witness did not take the head"
    );
}

/// Notes what the witness made of a head; the first of several failures dates them.
async fn record(
    connection: &mut PgConnection,
    name: &str,
    head: &SignedTreeHead,
    failure: Option<&WitnessError>,
) -> sqlx::Result<()> {
    let head = head.unverified();
    let size = failure.is_none().then_some(head.position);
    let words = failure.map(|failure| {
        in_words(failure)
            .chars()
            .take(FAILURE_CHARACTERS_MAX)
            .collect::<String>()
    });
    let refused = failure.is_some_and(|failure| matches!(failure, WitnessError::Refused(_)));
    sqlx::query(
        "insert into notary_witnesses as w (name, log_id, tree_size, failure, refused, failing_since) \
         values ($1, $2, $3, $4, $5, case when $4 is not null then house_now() end) \
         on conflict (name) do update set log_id = excluded.log_id, \
             tree_size = case when w.log_id = excluded.log_id then coalesce(excluded.tree_size, w.tree_size) \
                              else excluded.tree_size end, \
             failure = excluded.failure, refused = excluded.refused, \
             failing_since = case when excluded.failure is not null then coalesce(w.failing_since, excluded.failing_since) end",
    )
    .bind(name)
    .bind(head.log_id)
    .bind(size)
    .bind(words)
    .bind(refused)
    .execute(connection)
    .await
    .map(drop)
}

/// An error with its causes.
fn in_words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    words
}

/// Forgets what was noted of witnesses that are none of these, or of another log.
///
/// # Errors
/// What Postgres answers.
pub async fn forget_others(
    connection: &mut PgConnection,
    log_id: Uuid,
    witnesses: &[Arc<dyn WitnessPort>],
) -> Result<(), AuditError> {
    let names: Vec<String> = witnesses.iter().map(|witness| witness.name()).collect();
    sqlx::query("delete from notary_witnesses where log_id <> $1 or name <> all ($2)")
        .bind(log_id)
        .bind(names)
        .execute(connection)
        .await?;
    Ok(())
}
