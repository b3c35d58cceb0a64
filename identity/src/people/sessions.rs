//! Signing in, renewing and signing out.

use domain::ids::{AccountId, SessionId};
use jiff::{SignedDuration, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use tracing::{info, warn};
use uuid::Uuid;

use super::refresh::{Device, Judgement, RefreshToken, StoredSession, StoredToken, Used, judge};
use super::rows::{self, ACCOUNT_COLUMNS, instant, maybe_instant, sql};
use super::{Account, People, SignedIn};
use crate::passwords::Verdict;
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::tokens::Principal;
use crate::tokens::revocations::REVOKED_SESSIONS_MAX;
use crate::values::contact::Email;
use crate::values::password::Password;

/// Sessions forgotten in one [`People::forget_ended_sessions`].
const FORGOTTEN_AT_ONCE: i64 = 1_000;

impl People {
    /// Opens a session. An unknown address costs the same work and gets the same answer as a wrong password.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongCredentials`], [`IdentityRefusal::Deactivated`], [`IdentityError::Busy`], and faults.
    pub async fn login(
        &self,
        email: &Email,
        password: &Password,
        device: &Device,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let account = self.authenticate(email, password).await?;
        self.start_session(account, device, now).await
    }

    /// Opens a session of somebody who has just proven who they are.
    ///
    /// # Errors
    /// [`IdentityRefusal::Deactivated`], and faults.
    pub async fn start_session(
        &self,
        account: Account,
        device: &Device,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let session_id = SessionId::from_uuid(random::id_at(now));
        let refresh_token = RefreshToken::fresh();
        if !self
            .open_session(session_id, account.id, device, &refresh_token, now)
            .await?
        {
            return Err(IdentityRefusal::Deactivated.into());
        }
        self.end_surplus_sessions(account.id, now).await?;
        info!(account.id = %account.id, session.id = %session_id, "Account {} signed in", account.id);
        self.signed_in(account, session_id, refresh_token, now)
    }

    /// Whose address and password these are; opens nothing. An unknown address costs the same work and gets the same answer as
    /// a wrong password; whether the account may sign in is asked when a session is opened.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongCredentials`], [`IdentityError::Busy`], and faults.
    pub async fn authenticate(&self, email: &Email, password: &Password) -> Result<Account, IdentityError> {
        let found = self.credentials(email).await?;
        let stored_hash = found.as_ref().map(|(_, hash)| hash.clone());
        let verdict = self.inner.hasher.check(password, stored_hash).await?;
        let Some((account, stored_hash)) = found else {
            return Err(IdentityRefusal::WrongCredentials.into());
        };
        match verdict {
            Verdict::Wrong => return Err(IdentityRefusal::WrongCredentials.into()),
            Verdict::RightButWeak => self.rehash(account.id, password, &stored_hash).await?,
            Verdict::Right => {}
        }
        Ok(account)
    }

    /// Renews a session: a new access token, and a new refresh token in the place of `token`.
    ///
    /// # Errors
    /// [`IdentityRefusal::RefreshUnknown`], [`IdentityRefusal::RefreshExpired`], [`IdentityRefusal::RefreshReused`]
    /// (the session is ended), [`IdentityRefusal::Deactivated`], and faults.
    pub async fn refresh(
        &self,
        token: &RefreshToken,
        device: &Device,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let mut tx = self.pool.begin().await?;
        let digest = token.digest();
        let (session_id, session, account) = lock_session(&mut tx, &digest).await?;
        let stored = stored_token(&mut tx, &digest, token).await?;
        if !account.active {
            return Err(IdentityRefusal::Deactivated.into());
        }
        let grace_s = self.inner.options.refresh_grace_seconds;
        let successor = match judge(&session, &stored, device, grace_s, now) {
            Judgement::Refuse(refusal) => return Err(refusal.into()),
            Judgement::Repeat(seed) => token.successor(&seed),
            Judgement::Rotate => self.rotate(&mut tx, session_id, token, now).await?,
            Judgement::Reused => {
                end(&mut tx, session_id, "refresh_reused", now).await?;
                tx.commit().await?;
                self.inner.tokens.revocations.add([(session_id, now)], now);
                warn!(account.id = %account.id, session.id = %session_id,
                    "Session {session_id} ended: its refresh token was used twice");
                return Err(IdentityRefusal::RefreshReused.into());
            }
        };
        tx.commit().await?;
        self.signed_in(account, session_id, successor, now)
    }

    /// Ends a session; its access tokens are refused from now on. Ending it twice is ending it once.
    pub async fn logout(&self, session_id: SessionId, now: Timestamp) -> Result<(), IdentityError> {
        let mut connection = self.pool.acquire().await?;
        end(&mut connection, session_id, "logout", now).await?;
        self.inner.tokens.revocations.add([(session_id, now)], now);
        info!(session.id = %session_id, "Session {session_id} signed out");
        Ok(())
    }

    /// Ends the session a refresh token belongs to, also when the token was used before: whoever holds it may close the
    /// door.
    ///
    /// # Errors
    /// [`IdentityRefusal::RefreshUnknown`], and faults.
    pub async fn logout_by_token(&self, token: &RefreshToken, now: Timestamp) -> Result<(), IdentityError> {
        let row = sqlx::query("select session_id from identity.refresh_tokens where digest = $1")
            .bind(&token.digest()[..])
            .fetch_optional(&self.pool)
            .await?;
        let row = row.ok_or(IdentityRefusal::RefreshUnknown)?;
        self.logout(SessionId::from_uuid(row.try_get("session_id")?), now)
            .await
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

    /// Deletes up to 1 000 sessions that ended long enough ago for nobody to hold a token of theirs, answers how many; and old tickets.
    pub async fn forget_ended_sessions(&self, now: Timestamp) -> Result<u64, IdentityError> {
        // Kept a while after their end, so that a late reuse is still recognised as one.
        let before = now.checked_sub(SignedDuration::from_hours(self.inner.options.refresh_hours));
        let deleted = sqlx::query(
            "with expired as (delete from identity.stream_tickets where expires_at < $3) \
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

    fn signed_in(
        &self,
        account: Account,
        session_id: SessionId,
        refresh_token: RefreshToken,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let principal = Principal {
            account_id: account.id,
            role: account.role,
            session_id,
        };
        let access_token = self.inner.tokens.issue(principal, now)?;
        Ok(SignedIn {
            access_token,
            refresh_token,
            expires_in_s: self.inner.tokens.lifetime_s(),
            account,
        })
    }

    pub(super) async fn credentials(
        &self,
        email: &Email,
    ) -> Result<Option<(Account, String)>, IdentityError> {
        let query = format!(
            "select {ACCOUNT_COLUMNS}, p.password_hash from identity.contacts c \
             join identity.accounts a on a.id = c.account_id \
             join identity.credentials p on p.account_id = c.account_id where c.email = $1"
        );
        let row = sqlx::query(&query)
            .bind(email.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((rows::account(&row)?, row.try_get("password_hash")?)))
    }

    /// Replaces a weak hash now that the password is at hand, unless the password was changed meanwhile.
    async fn rehash(&self, id: AccountId, password: &Password, weak: &str) -> Result<(), IdentityError> {
        let strong = self.inner.hasher.hash(password).await?;
        sqlx::query(
            "update identity.credentials set password_hash = $3 where account_id = $1 and password_hash = $2",
        )
        .bind(id.uuid())
        .bind(weak)
        .bind(strong)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// False when the account may not sign in: asked under a lock, so that no session slips past a deactivation.
    async fn open_session(
        &self,
        session_id: SessionId,
        account_id: AccountId,
        device: &Device,
        token: &RefreshToken,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let opened = sqlx::query(
            "with owner as ( \
                 select id from identity.accounts where id = $2 and deactivated_at is null for share \
             ), opened as ( \
                 insert into identity.sessions (id, account_id, device, created_at, expires_at) \
                 select $1, id, $3, $4, $5 from owner returning id \
             ) \
             insert into identity.refresh_tokens (digest, session_id, issued_at, expires_at) \
             select $6, id, $4, $7 from opened",
        )
        .bind(session_id.uuid())
        .bind(account_id.uuid())
        .bind(device.digest())
        .bind(sql(now))
        .bind(sql(later(now, self.inner.options.session_hours)))
        .bind(&token.digest()[..])
        .bind(sql(later(now, self.inner.options.refresh_hours)))
        .execute(&self.pool)
        .await?;
        Ok(opened.rows_affected() > 0)
    }

    pub(super) async fn end_surplus_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        let ended: Vec<Uuid> = sqlx::query_scalar(
            "update identity.sessions set revoked_at = $2, revoked_reason = 'surplus' where id in ( \
                 select id from identity.sessions where account_id = $1 and revoked_at is null \
                 order by created_at desc, id desc offset $3) \
             and revoked_at is null returning id",
        )
        .bind(account_id.uuid())
        .bind(sql(now))
        .bind(self.inner.options.sessions_per_account_max)
        .fetch_all(&self.pool)
        .await?;
        let sessions = ended.into_iter().map(|id| (SessionId::from_uuid(id), now));
        self.inner.tokens.revocations.add(sessions, now);
        Ok(())
    }

    async fn rotate(
        &self,
        tx: &mut PgConnection,
        session_id: SessionId,
        token: &RefreshToken,
        now: Timestamp,
    ) -> Result<RefreshToken, IdentityError> {
        let seed = random::bytes::<32>();
        let successor = token.successor(&seed);
        sqlx::query(
            "with used as ( \
                 update identity.refresh_tokens set replaced_at = $3, successor_seed = $4 where digest = $1 \
             ) \
             insert into identity.refresh_tokens (digest, session_id, issued_at, expires_at) values ($5, $2, $3, $6)",
        )
        .bind(&token.digest()[..])
        .bind(session_id.uuid())
        .bind(sql(now))
        .bind(&seed[..])
        .bind(&successor.digest()[..])
        .bind(sql(later(now, self.inner.options.refresh_hours)))
        .execute(tx)
        .await?;
        Ok(successor)
    }
}

/// Locks the session of a token, so that its refreshes happen one after another.
async fn lock_session(
    tx: &mut PgConnection,
    digest: &[u8; 32],
) -> Result<(SessionId, StoredSession, Account), IdentityError> {
    let query = format!(
        "select s.id as session_id, s.device, s.expires_at, s.revoked_at, {ACCOUNT_COLUMNS} \
         from identity.sessions s \
         join identity.accounts a on a.id = s.account_id \
         join identity.contacts c on c.account_id = s.account_id \
         where s.id = (select session_id from identity.refresh_tokens where digest = $1) for update of s"
    );
    let row = sqlx::query(&query).bind(&digest[..]).fetch_optional(tx).await?;
    let row: PgRow = row.ok_or(IdentityRefusal::RefreshUnknown)?;
    let session = StoredSession {
        device: row.try_get("device")?,
        expires_at: instant(&row, "expires_at")?,
        revoked: maybe_instant(&row, "revoked_at")?.is_some(),
    };
    Ok((
        SessionId::from_uuid(row.try_get("session_id")?),
        session,
        rows::account(&row)?,
    ))
}

/// Read after the lock: a snapshot from before it would not show the rotation that was waited for.
async fn stored_token(
    tx: &mut PgConnection,
    digest: &[u8; 32],
    token: &RefreshToken,
) -> Result<StoredToken, IdentityError> {
    let row = sqlx::query(
        "select expires_at, replaced_at, successor_seed from identity.refresh_tokens where digest = $1",
    )
    .bind(&digest[..])
    .fetch_optional(&mut *tx)
    .await?;
    let row = row.ok_or(IdentityRefusal::RefreshUnknown)?;
    let expires_at = instant(&row, "expires_at")?;
    let seed: Option<Vec<u8>> = row.try_get("successor_seed")?;
    let (Some(at), Some(seed)) = (maybe_instant(&row, "replaced_at")?, seed) else {
        return Ok(StoredToken {
            expires_at,
            used: None,
        });
    };
    let successor_used: Option<bool> =
        sqlx::query_scalar("select replaced_at is not null from identity.refresh_tokens where digest = $1")
            .bind(&token.successor(&seed).digest()[..])
            .fetch_optional(tx)
            .await?;
    Ok(StoredToken {
        expires_at,
        used: Some(Used {
            at,
            seed,
            successor_used: successor_used.unwrap_or(true),
        }),
    })
}

async fn end(
    connection: &mut PgConnection,
    session_id: SessionId,
    reason: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update identity.sessions set revoked_at = $2, revoked_reason = $3 where id = $1 and revoked_at is null",
    )
    .bind(session_id.uuid())
    .bind(sql(now))
    .bind(reason)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) fn later(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::MAX)
}
