//! A command under a caller's key that found nothing to do: kept, so that its repeat finds nothing to do either.

use sqlx::Row;

use super::session::DecisionSession;
use crate::appender::PriorCommit;
use crate::error::LogError;
use crate::metadata::CommandContext;
use crate::store::retried;

const REMEMBER: &str = "select conflicts, known, first, last, digest from remember_no_op($1, $2, $3, $4, $5)";

/// What became of it.
pub(super) enum RememberedNoOp {
    /// It is kept; its answer is what stood in the log then.
    Now(PriorCommit),
    /// It was carried out before, or found nothing to do before.
    Before(PriorCommit),
    /// A stream had moved on: it must be decided anew.
    Conflict,
}

/// Keeps that the command, decided from these streams, found nothing to do.
pub(super) async fn keep(
    session: &DecisionSession,
    context: &CommandContext,
) -> Result<RememberedNoOp, LogError> {
    let names = || session.streams.iter().map(|loaded| &loaded.name);
    let types: Vec<&str> = names().map(|name| name.aggregate).collect();
    let ids: Vec<&str> = names().map(|name| name.id.as_str()).collect();
    let versions: Vec<i64> = session.streams.iter().map(|loaded| loaded.version).collect();
    let failed = |error| LogError::from_sqlx("keeping that there was nothing to do", error);
    // Sent again after a lost connection it finds itself.
    retried(|| async {
        let row = sqlx::query(REMEMBER)
            .bind(context.command_id)
            .bind(&context.digest)
            .bind(&types)
            .bind(&ids)
            .bind(&versions)
            .fetch_one(session.log.pool())
            .await
            .map_err(failed)?;
        if row.try_get(0).map_err(failed)? {
            return Ok(RememberedNoOp::Conflict);
        }
        let digest: Option<String> = row.try_get(4).map_err(failed)?;
        let earlier = PriorCommit {
            first: row.try_get(2).map_err(failed)?,
            last: row.try_get(3).map_err(failed)?,
            digest: digest.unwrap_or_default(),
        };
        Ok(if row.try_get(1).map_err(failed)? {
            RememberedNoOp::Before(earlier)
        } else {
            RememberedNoOp::Now(earlier)
        })
    })
    .await
}
