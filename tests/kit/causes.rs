//! Nothing happens without a cause: each fact of a log is a person's command, follows from an earlier fact, or is what a provider
//! told or a comparison of the books found, by the id of the hint or of the comparison.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgPool;
use uuid::Uuid;

/// The process that follows what providers tell, and what may come of that alone: money that moved, or did not, and what is said of it.
const NOTICES: &str = "provider_notices";
/// The process that records what a comparison of the books finds.
const RECONCILIATION: &str = "reconciliation";
/// Which facts may have no other cause than what a provider has.
const TOLD_BY_PROVIDERS: [&str; 30] = [
    "PaymentPending",
    "PaymentAuthorised",
    "PaymentCaptured",
    "PaymentCancelled",
    "PaymentFailed",
    "PaymentIncomeKnown",
    "PaymentLinkOffered",
    "PaymentRefundPending",
    "PaymentRefunded",
    "PaymentRefundCancelled",
    "PaymentReceiptDue",
    "PaymentReceiptRequested",
    "PaymentReceiptRegistered",
    "PaymentReceiptCopyOffered",
    "PaymentReceiptFailed",
    "PaymentAnomalyRecorded",
    "PaymentOutcomeUnknown",
    "PayoutPending",
    "PayoutPaid",
    "PayoutCancelled",
    "PayoutAnomalyRecorded",
    "PayoutOutcomeUnknown",
    "WalletDeposited",
    "WalletDepositRestored",
    "WalletDepositReturned",
    "WalletPayoutReturned",
    "WalletRefunded",
    "WalletPeriodOpened",
    "WalletPeriodClosed",
    "BookingReactionRefused",
];
/// Facts that no person's command brings about: time, money or a process does.
const NEVER_BY_PEOPLE: [&str; 13] = [
    "BookingSecured",
    "BookingExpired",
    "BookingRevived",
    "BookingNobodyFound",
    "BookingMissed",
    "BookingEscalated",
    "BookingEarned",
    "BookingReactionRefused",
    "LatePaymentRefused",
    "PaymentReactionRefused",
    "PaymentReceiptRegistered",
    "PayoutReactionRefused",
    "WalletEarned",
];
/// The roles of people.
const PEOPLE: [&str; 4] = ["patient", "doctor", "clinic", "admin"];

/// What metadata says of where a fact comes from.
struct Origin {
    position: i64,
    event_type: String,
    actor: String,
    role: String,
    correlation: String,
    causation: String,
}

/// Fails unless every fact of the log has its cause.
pub async fn every_fact_has_its_cause(pool: &PgPool) {
    let without = without_cause(pool).await;
    assert!(without.is_empty(), "{without:#?}");
}

/// What is wrong with the causes of the log's facts, a sentence each.
pub async fn without_cause(pool: &PgPool) -> Vec<String> {
    let rows: Vec<(i64, String, String, String, String, String)> = sqlx::query_as(
        "select position, event_type, metadata ->> 'actor_id', metadata ->> 'actor_role', metadata ->> 'correlation_id',
                metadata ->> 'causation'
         from events order by position",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let hints = ids(
        pool,
        "select id from intents where process = $1 union select id from closed_intents where process = $1",
    )
    .await;
    let comparisons = ids(pool, "select id from reconciliations where $1 <> ''").await;
    let mut correlations: BTreeMap<i64, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (position, event_type, actor, role, correlation, causation) in rows {
        let origin = Origin {
            position,
            event_type,
            actor,
            role,
            correlation,
            causation,
        };
        if let Err(why) = cause_of(&origin, &correlations, &hints, &comparisons) {
            wrong.push(format!("#{position} {} {why}", origin.event_type));
        }
        correlations.insert(position, origin.correlation);
    }
    wrong
}

fn cause_of(
    fact: &Origin,
    correlations: &BTreeMap<i64, String>,
    hints: &BTreeSet<Uuid>,
    comparisons: &BTreeSet<Uuid>,
) -> Result<(), String> {
    if PEOPLE.contains(&fact.role.as_str()) {
        let is_account = fact.actor.parse::<Uuid>().is_ok() && fact.correlation.parse::<Uuid>().is_ok();
        let by_itself = fact.causation.is_empty();
        let may_be = !NEVER_BY_PEOPLE.contains(&fact.event_type.as_str());
        return match is_account && by_itself && may_be {
            true => Ok(()),
            false => Err(format!("cannot be a command of {} {}", fact.role, fact.actor)),
        };
    }
    if fact.role != "process" {
        return Err(format!("is of no role that there is: {}", fact.role));
    }
    if !fact.causation.is_empty() {
        let cause: i64 = fact
            .causation
            .parse()
            .map_err(|_| "has no position for a cause")?;
        let correlation = correlations
            .get(&cause)
            .filter(|_| cause < fact.position)
            .ok_or_else(|| format!("follows from #{cause}, which is not before it"))?;
        return match *correlation == fact.correlation {
            true => Ok(()),
            false => Err(format!("follows from #{cause}, which belongs to another command")),
        };
    }
    let told = match fact.actor.as_str() {
        NOTICES => hints,
        RECONCILIATION => comparisons,
        other => return Err(format!("of {other} has no cause")),
    };
    let id = fact.correlation.parse::<Uuid>().ok();
    if id.is_none_or(|id| !told.contains(&id)) {
        return Err(format!(
            "of {} names no hint and no comparison: {}",
            fact.actor, fact.correlation
        ));
    }
    match TOLD_BY_PROVIDERS.contains(&fact.event_type.as_str()) {
        true => Ok(()),
        false => Err("is nothing that a provider can tell".to_owned()),
    }
}

async fn ids(pool: &PgPool, sql: &str) -> BTreeSet<Uuid> {
    let found: Vec<Uuid> = sqlx::query_scalar(sql)
        .bind(NOTICES)
        .fetch_all(pool)
        .await
        .unwrap();
    found.into_iter().collect()
}
