//! Direct connections of the fan-out: their own timeouts, so that a paused worker never holds rows for long.

use sqlx::{Connection, PgConnection};
use tracing::debug;

use super::FanoutError;
use crate::identity::LogIdentity;
use crate::log::EventLog;

/// What every fan-out connection is set to. Read models may lose their last moments in a crash of the server, since
/// rows and checkpoints go together: so commits do not wait for the disk. Plans must be index probes whatever the
/// statistics say, because a plan made while a table was empty lives on.
const SETTINGS: [(&str, &str); 12] = [
    ("idle_in_transaction_session_timeout", "5s"),
    ("statement_timeout", "30s"),
    ("lock_timeout", "3s"),
    ("synchronous_commit", "off"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    // A statement whose answer is not read is ended by no other time-out of Postgres.
    ("tcp_user_timeout", "10s"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];

/// For the column list of a batch's first statement: from then on its transaction plans each statement once for as long as the
/// session lives. Planning costs more than the few rows of a batch do. Such a plan may be made while the generation is empty, so
/// only one index may fit: where a batch is joined to a table, its keys are to be given a second time, as `any`. A test looks
/// at what batches read of a generation without statistics.
pub(crate) const PLAN_ONCE: &str = "(select set_config('plan_cache_mode', 'force_generic_plan', true))";

/// The same for what is done rarely: no plan of the transaction is kept.
pub(crate) const PLAN_ANEW: &str = "(select set_config('plan_cache_mode', 'force_custom_plan', true))";

/// Connects, and makes sure that it is still the same log.
///
/// # Errors
/// When Postgres cannot be reached, or has become another log.
pub(crate) async fn open(log: &EventLog) -> Result<PgConnection, FanoutError> {
    let options = log.pool().connect_options().as_ref().clone().options(SETTINGS);
    let mut connection = PgConnection::connect_with(&options).await?;
    if LogIdentity::read(&mut connection).await? == *log.identity() {
        Ok(connection)
    } else {
        close(connection).await;
        Err(FanoutError::AnotherLog)
    }
}

/// Says good-bye, so that the server frees what the session held at once.
pub(crate) async fn close(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        debug!(error = %error, "a fan-out connection was not closed gracefully");
    }
}
