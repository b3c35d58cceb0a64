//! What is limited by the hour or the day, counted where all processes meet: one statement for one more of it.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

use super::People;
use super::rows::{maybe_instant, sql};
use crate::refusal::IdentityError;

/// How many rows that count nothing any more each call takes away: more than it makes.
const TAKEN_AWAY: i64 = 4;

/// So many within a span, evenly, all of which may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountLimit {
    /// How many, at least one.
    pub most: u32,
    /// Within how long.
    pub within: SignedDuration,
}

impl People {
    /// One more of whoever has this keyed hash, at `now`: none, or until when there is no room for it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count_one(
        &self,
        key_hash: [u8; 16],
        limit: CountLimit,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, IdentityError> {
        let every = limit.within / i32::try_from(limit.most).unwrap_or(i32::MAX).max(1);
        let row = sqlx::query(
            "with old as (delete from identity.limit_counts where key_hash in ( \
                 select key_hash from identity.limit_counts where full_again_at < $2 and key_hash <> $1 \
                 order by full_again_at limit $5 for update skip locked)), \
             counted as (insert into identity.limit_counts as c (key_hash, full_again_at) values ($1, $3) \
                 on conflict (key_hash) do update set full_again_at = greatest(c.full_again_at, $2) + ($3 - $2) \
                 where greatest(c.full_again_at, $2) + ($3 - $2) <= $4 returning full_again_at) \
             select exists (select from counted) as has_room, \
                 (select full_again_at from identity.limit_counts where key_hash = $1) as before",
        )
        .bind(&key_hash[..])
        .bind(sql(now))
        .bind(sql(now + every))
        .bind(sql(now + limit.within))
        .bind(TAKEN_AWAY)
        .fetch_one(self.pool())
        .await?;
        if row.try_get("has_room")? {
            return Ok(None);
        }
        let full_again_at = maybe_instant(&row, "before")?.unwrap_or(now);
        Ok(Some(full_again_at + every - limit.within))
    }
}
