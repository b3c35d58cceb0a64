//! Which log this is: one past among those that a restored, failed-over or cloned database could have had.

use std::fmt;

use sqlx::{PgConnection, Row};
use uuid::Uuid;

/// A log's identity: its drawn number together with the server's system id and WAL timeline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogIdentity {
    log_id: Uuid,
    system_id: String,
    timeline: String,
    token: String,
}

impl LogIdentity {
    /// The identity of the log behind `connection`.
    pub(crate) async fn read(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let row = sqlx::query(
            "select log_id, (select system_identifier::text from pg_control_system()), \
                    left(pg_walfile_name(pg_current_wal_lsn()), 8) \
             from log_identity",
        )
        .fetch_one(connection)
        .await?;
        Ok(Self::of(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
    }

    fn of(log_id: Uuid, system_id: String, timeline: String) -> Self {
        let token = Uuid::new_v5(&log_id, format!("{system_id}/{timeline}").as_bytes())
            .simple()
            .to_string();
        Self {
            log_id,
            system_id,
            timeline,
            token,
        }
    }

    /// The number drawn for this database by `renew_log_identity()`.
    pub fn log_id(&self) -> Uuid {
        self.log_id
    }

    /// The whole identity as 32 lower-case hex digits: for names of streams, subjects and messages.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether a database that shows this number and timeline is still this log.
    pub(crate) fn is_still(&self, log_id: Uuid, timeline: &str) -> bool {
        self.log_id == log_id && self.timeline == timeline
    }
}

impl fmt::Display for LogIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_server_and_timeline_each_make_another_log() {
        let one = LogIdentity::of(Uuid::from_u128(1), "7".to_owned(), "00000001".to_owned());
        let drawn = LogIdentity::of(Uuid::from_u128(2), "7".to_owned(), "00000001".to_owned());
        let server = LogIdentity::of(Uuid::from_u128(1), "8".to_owned(), "00000001".to_owned());
        let timeline = LogIdentity::of(Uuid::from_u128(1), "7".to_owned(), "00000002".to_owned());
        for other in [&drawn, &server, &timeline] {
            assert_ne!(one.token(), other.token());
        }
        assert_eq!(one.token().len(), 32);
        assert!(one.is_still(Uuid::from_u128(1), "00000001"));
        assert!(!one.is_still(Uuid::from_u128(1), "00000002"));
    }
}
