//! Logs of other names that heads speak of: the same database before it was restored or cloned, or a past that somebody hides.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// A log that this one is known to come from: its database was restored to an earlier point, or cloned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormerLog {
    /// Its identity.
    pub log_id: Uuid,
    /// Up to where it is this log's past; when that is not known, none of its heads need hold.
    pub until: Option<u64>,
}

impl FormerLog {
    /// Whether a head of this size is about what was given up.
    pub fn gave_up(&self, size: u64) -> bool {
        self.until.is_none_or(|until| size > until)
    }
}

/// As [`FormerLog::from_str`] reads it.
impl fmt::Display for FormerLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) => write!(f, "{}@{until}", self.log_id),
            None => write!(f, "{}", self.log_id),
        }
    }
}

/// The logs that this database says it comes from, the oldest first; none where it has no place yet to say so. Nobody is to believe it
/// unasked: whoever rewrites a log and gives it a new name can write this, too.
///
/// # Errors
/// What Postgres answers.
pub async fn claimed(connection: &mut PgConnection) -> sqlx::Result<Vec<FormerLog>> {
    let has_place: bool = sqlx::query_scalar("select to_regclass('public.former_logs') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !has_place {
        return Ok(Vec::new());
    }
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("select log_id, until from former_logs order by renamed_at, until, log_id")
            .fetch_all(connection)
            .await?;
    let claimed = rows.into_iter().map(|(log_id, until)| FormerLog {
        log_id,
        until: Some(until.unsigned_abs()),
    });
    Ok(claimed.collect())
}

/// It is `<log id>` or `<log id>@<position>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the identity of a log, or one with a position: 0199f2c0-…@1200")]
pub struct NoFormerLog;

impl FromStr for FormerLog {
    type Err = NoFormerLog;

    fn from_str(text: &str) -> Result<Self, NoFormerLog> {
        let (log_id, until) = match text.split_once('@') {
            None => (text, None),
            Some((log_id, until)) => (log_id, Some(until.parse().map_err(|_| NoFormerLog)?)),
        };
        let log_id = log_id.parse().map_err(|_| NoFormerLog)?;
        Ok(Self { log_id, until })
    }
}

/// What came of the heads of another log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OtherLog {
    /// Which.
    pub log_id: Uuid,
    /// Whether whoever verifies named it as a former one.
    pub named: bool,
    /// How many heads of it there are, by a trusted key.
    pub heads: u64,
    /// Facts under the largest of them that holds.
    pub held: u64,
    /// How many do not hold.
    pub not_held: u64,
}

impl OtherLog {
    /// One of which no head was looked at yet.
    pub const fn new(log_id: Uuid, named: bool) -> Self {
        Self {
            log_id,
            named,
            heads: 0,
            held: 0,
            not_held: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_former_log_is_named_with_or_without_where_it_ended() {
        let log_id = Uuid::from_u128(7);
        let read = |text: String| text.parse::<FormerLog>();
        let former = |until| FormerLog { log_id, until };
        assert_eq!(read(format!("{log_id}")), Ok(former(None)));
        assert_eq!(read(format!("{log_id}@1200")), Ok(former(Some(1_200))));
        assert_eq!(read(former(Some(7)).to_string()), Ok(former(Some(7))));
        assert_eq!(read(former(None).to_string()), Ok(former(None)));
        for wrong in [
            String::new(),
            "7".to_owned(),
            format!("{log_id}@"),
            format!("{log_id}@-1"),
        ] {
            assert_eq!(read(wrong.clone()), Err(NoFormerLog), "{wrong}");
        }
        assert!(!former(Some(1_200)).gave_up(1_200) && former(Some(1_200)).gave_up(1_201));
        assert!(former(None).gave_up(1));
    }
}
