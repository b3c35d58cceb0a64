//! Sessions that ended elsewhere, and those that ended long ago.

use domain::ids::{AccountId, SessionId};
use domain::people::Role;
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

use super::People;
use super::refresh::RefreshToken;
use super::rows::{self, instant, sql};
use crate::refusal::IdentityError;
use crate::tokens::revocations::REVOKED_SESSIONS_MAX;

/// Sessions forgotten in one [`People::forget_ended_sessions`].
const FORGOTTEN_AT_ONCE: i64 = 1_000;

impl People {
    /// Whose session a refresh token belongs to, used or not, and in which role; for the audit trail.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn owner_of(&self, token: &RefreshToken) -> Result<Option<(AccountId, Role)>, IdentityError> {
        let row = sqlx::query(
            "select a.id, a.role from identity.refresh_tokens t join identity.sessions s on s.id = t.session_id \
             join identity.accounts a on a.id = s.account_id where t.digest = $1",
        )
        .bind(&token.digest()[..])
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((
            AccountId::from_uuid(row.try_get("id")?),
            rows::role(&row)?,
        )))
    }

    /// Reads which sessions other processes have ended; answers how many are remembered from there. Call it every few
    /// seconds, also once before serving: the interval bounds how long a session ended elsewhere stays open here; without
    /// it the bound is the access token's lifetime.
    pub async fn sync_revocations(&self, now: Timestamp) -> Result<usize, IdentityError> {
        let revocations = &self.inner.tokens.revocations;
        let since = now.checked_sub(revocations.remember()).unwrap_or(Timestamp::MIN);
        // One more than we can hold makes the list overflow, which it knows how to do safely.
        let most = i64::try_from(REVOKED_SESSIONS_MAX)
            .unwrap_or(i64::MAX)
            .saturating_add(1);
        let found = sqlx::query(
            "select id, revoked_at from identity.sessions where revoked_at > $1 order by revoked_at desc limit $2",
        )
        .bind(sql(since))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let mut ended = Vec::with_capacity(found.len());
        for row in &found {
            let id = SessionId::from_uuid(row.try_get("id")?);
            ended.push((id, instant(row, "revoked_at")?));
        }
        revocations.forget_old(now);
        revocations.add(ended, now);
        Ok(found.len())
    }

    /// Deletes up to 1 000 sessions that ended long enough ago for nobody to hold a token of theirs, and the tickets that have expired;
    /// answers how many sessions.
    pub async fn forget_ended_sessions(&self, now: Timestamp) -> Result<u64, IdentityError> {
        // Kept a while after their end, so that a late reuse is still recognised as one.
        let before = now.checked_sub(SignedDuration::from_hours(
            self.inner.options.patients.refresh_hours,
        ));
        let deleted = sqlx::query(
            "with expired as (delete from identity.stream_tickets where expires_at < $3), \
             given_up as (delete from identity.pending_sign_ins where expires_at < $3), \
             unsigned as (delete from identity.passkey_challenges where expires_at < $3) \
             delete from identity.sessions where id in ( \
                 select id from identity.sessions where expires_at < $1 or revoked_at < $1 limit $2)",
        )
        .bind(sql(before.unwrap_or(Timestamp::MIN)))
        .bind(FORGOTTEN_AT_ONCE)
        .bind(sql(now))
        .execute(&self.pool)
        .await?;
        Ok(deleted.rows_affected())
    }
}
