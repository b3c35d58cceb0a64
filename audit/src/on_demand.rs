//! A head at once, for whoever cannot wait for the next one: all that is in the log is hashed, signed and brought to the witnesses.

use std::sync::Arc;

use event_store::EventLog;
use notary::witness::Acceptance;
use notary::{Frontier, PrivateKey, SignedTreeHead};

use crate::error::AuditError;
use crate::extend::extend;
use crate::follower::connect;
use crate::heads;
use crate::witnesses::{WitnessError, WitnessPort, bring};

/// How many facts are hashed at a time.
const BATCH_MAX: u32 = 4_096;

/// What a witness made of a head.
pub struct Witnessed {
    /// Who.
    pub witness: String,
    /// What it made of it.
    pub result: Result<Acceptance, WitnessError>,
}

/// Signs a head over the whole log. It works beside the follower: both take turns.
///
/// # Errors
/// What Postgres answers, or that the log has a hole or the tree another past than was signed.
pub async fn sign_now(
    log: &EventLog,
    key: &PrivateKey,
    witnesses: &[Arc<dyn WitnessPort>],
) -> Result<(SignedTreeHead, Vec<Witnessed>), AuditError> {
    let mut connection = connect(log).await?;
    let mut frontier = Frontier::default();
    while extend(&mut connection, &mut frontier, BATCH_MAX).await? > 0 {}
    let time_us = log.clock().now().as_microsecond();
    let log_id = log.identity().log_id();
    let head = heads::sign(&mut connection, key, log_id, &frontier, time_us).await?;
    let mut told = Vec::new();
    for witness in witnesses {
        told.push(Witnessed {
            witness: witness.name(),
            result: bring(&mut connection, witness.as_ref(), &head).await,
        });
    }
    Ok((head, told))
}
