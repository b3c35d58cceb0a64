//! How far the notary has come, for whoever asks whether it is behind.

use std::time::Duration;

use sqlx::PgPool;

/// How long hashing, signing and showing may take beyond the interval before the notary counts as behind.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the notary stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotaryStatus {
    /// The last position of the log.
    pub head: i64,
    /// Up to where facts are hashed.
    pub hashed: i64,
    /// Up to where they are signed; nothing when no head of this log ever was.
    pub signed: Option<i64>,
    /// For how long the first fact that is not hashed has waited, in milliseconds; 0 when there is none.
    pub unhashed_ms: i64,
    /// The same for the first that is not signed.
    pub unsigned_ms: i64,
}

impl NotaryStatus {
    /// In words, as long as heads are signed within `interval`; else what is wrong, in words.
    ///
    /// # Errors
    /// The notary is behind, or nobody signs.
    pub fn judge(&self, interval: Duration) -> Result<String, String> {
        let late = |ms: i64| u128::from(ms.unsigned_abs()) > (interval + PATIENCE).as_millis();
        let Self { head, hashed, .. } = *self;
        if late(self.unhashed_ms) {
            let seconds = self.unhashed_ms / 1_000;
            return Err(format!(
                "behind: {hashed} of {head} facts are hashed, the next has waited {seconds} s"
            ));
        }
        match self.signed {
            None => Err(format!(
                "{hashed} of {head} facts are hashed and no head is signed: the relay needs TOT_NOTARY_KEY_FILE"
            )),
            Some(signed) if late(self.unsigned_ms) => Err(format!(
                "{hashed} of {head} facts are hashed, but only {signed} are under a signed head: does the relay run with its key?"
            )),
            Some(signed) => Ok(format!(
                "{hashed} of {head} facts are hashed, {signed} under a signed head"
            )),
        }
    }
}

/// Where the notary stands now.
///
/// # Errors
/// What Postgres answers.
pub async fn status(pool: &PgPool) -> sqlx::Result<NotaryStatus> {
    let (head, hashed, signed, unhashed_ms, unsigned_ms): (i64, i64, Option<i64>, i64, i64) = sqlx::query_as(
        "with at as materialized (
             select coalesce((select position from events order by position desc limit 1), 0) as head,
                    coalesce((select first_position + cardinality(previous_positions) - 1 from notary_leaves
                              order by first_position desc limit 1), 0) as hashed,
                    (select h.tree_size from notary_heads h join log_identity i on i.log_id = h.log_id
                     order by h.tree_size desc limit 1) as signed
         )
         select head, hashed, signed,
                coalesce((select (extract(epoch from house_now() - e.recorded_at) * 1000)::bigint
                          from events e where e.position = hashed + 1), 0),
                coalesce((select (extract(epoch from house_now() - e.recorded_at) * 1000)::bigint
                          from events e where e.position = coalesce(signed, 0) + 1), 0)
         from at",
    )
    .fetch_one(pool)
    .await?;
    Ok(NotaryStatus {
        head,
        hashed,
        signed,
        unhashed_ms,
        unsigned_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn standing() -> NotaryStatus {
        NotaryStatus {
            head: 12,
            hashed: 12,
            signed: Some(12),
            unhashed_ms: 0,
            unsigned_ms: 0,
        }
    }

    #[test]
    fn a_notary_that_keeps_up_is_well() {
        assert_eq!(
            standing().judge(MINUTE).unwrap(),
            "12 of 12 facts are hashed, 12 under a signed head"
        );
        let between_two_heads = NotaryStatus {
            signed: Some(3),
            unsigned_ms: 120_000,
            ..standing()
        };
        assert!(between_two_heads.judge(MINUTE).is_ok());
    }

    #[test]
    fn a_notary_without_a_key_or_behind_says_so() {
        let keyless = NotaryStatus {
            signed: None,
            ..standing()
        };
        assert!(keyless.judge(MINUTE).unwrap_err().contains("TOT_NOTARY_KEY_FILE"));
        let behind = NotaryStatus {
            hashed: 3,
            unhashed_ms: 120_001,
            ..standing()
        };
        assert!(behind.judge(MINUTE).unwrap_err().starts_with("behind: 3 of 12"));
        let unsigned = NotaryStatus {
            signed: Some(3),
            unsigned_ms: 120_001,
            ..standing()
        };
        assert!(unsigned.judge(MINUTE).unwrap_err().contains("only 3"));
    }
}
