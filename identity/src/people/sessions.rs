//! Sessions: opened, renewed, ended.

use domain::ids::{AccountId, SessionId};
use domain::people::Role;
use jiff::{SignedDuration, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use tracing::{info, warn};
use uuid::Uuid;

use super::factor_codes::HAS_FACTOR;
use super::refresh::{Device, Judgement, RefreshToken, StoredSession, StoredToken, Used, judge};
use super::rows::{self, ACCOUNT_COLUMNS, instant, maybe_instant, sql};
use super::sign_in::Proven;
use super::{Account, People, SignedIn};
use crate::keys::master::MasterKeys;
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::tokens::{Principal, Proof};

impl People {
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
        let (session_id, session, account, proof) =
            lock_session(&mut tx, self.master_keys(), &digest).await?;
        let stored = stored_token(&mut tx, &digest, token).await?;
        if !account.active {
            return Err(IdentityRefusal::Deactivated.into());
        }
        let grace_s = self.inner.options.refresh_grace_seconds;
        let successor = match judge(&session, &stored, device, grace_s, now) {
            Judgement::Refuse(refusal) => return Err(refusal.into()),
            Judgement::Repeat(seed) => token.successor(&seed),
            Judgement::Rotate => self.rotate(&mut tx, session_id, account.role, token, now).await?,
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
        self.signed_in(account, (session_id, proof), successor, now)
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

    pub(super) fn signed_in(
        &self,
        account: Account,
        (session_id, proof): (SessionId, Proof),
        refresh_token: RefreshToken,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let principal = Principal {
            account_id: account.id,
            role: account.role,
            session_id,
        };
        let access_token = self.inner.tokens.issue(principal, proof, now)?;
        Ok(SignedIn {
            access_token,
            refresh_token,
            device_token: None,
            expires_in_s: self.inner.tokens.lifetime_s(),
            account,
        })
    }

    /// False when the account may not sign in, has or has not a second factor otherwise than was proven, or has another password than was
    /// brought: asked under a lock, so that no session slips past a deactivation, a factor that came or went, or a change of the password.
    pub(super) async fn open_session(
        &self,
        session_id: SessionId,
        account: &Account,
        (device, (proof, hash)): (&Device, Proven<'_>),
        token: &RefreshToken,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let lasts = self.inner.options.lasts(account.role);
        let query = format!(
            "with owner as ( \
                 select a.id from identity.accounts a join identity.credentials k on k.account_id = a.id \
                 where a.id = $1 and a.deactivated_at is null and $8 = {HAS_FACTOR} \
                 and ($10::text is null or k.password_hash = $10) for share of a, k \
             ), opened as ( \
                 insert into identity.sessions \
                     (id, account_id, device, created_at, expires_at, second_factor, proven_at, by_passkey) \
                 select $2, id, $3, $4, $5, $8, $4, $9 from owner returning id \
             ) \
             insert into identity.refresh_tokens (digest, session_id, issued_at, expires_at) \
             select $6, id, $4, $7 from opened"
        );
        let opened = sqlx::query(&query)
            .bind(account.id.uuid())
            .bind(session_id.uuid())
            .bind(device.digest())
            .bind(sql(now))
            .bind(sql(later(now, lasts.session_hours)))
            .bind(&token.digest()[..])
            .bind(sql(later(now, lasts.refresh_hours)))
            .bind(proof.is_second_factor())
            .bind(proof == Proof::Passkey)
            .bind(hash)
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
        role: Role,
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
        .bind(sql(later(now, self.inner.options.lasts(role).refresh_hours)))
        .execute(tx)
        .await?;
        Ok(successor)
    }
}

/// Locks the session of a token, so that its refreshes happen one after another.
async fn lock_session(
    tx: &mut PgConnection,
    master: &MasterKeys,
    digest: &[u8; 32],
) -> Result<(SessionId, StoredSession, Account, Proof), IdentityError> {
    let query = format!(
        "select s.id as session_id, s.device, s.expires_at, s.revoked_at, s.second_factor, s.by_passkey, {ACCOUNT_COLUMNS} \
         from identity.sessions s \
         join identity.accounts a on a.id = s.account_id \
         join identity.contacts c on c.account_id = s.account_id \
         join identity.data_keys dk on dk.subject_id = s.account_id \
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
        rows::account(&row, master)?,
        match (row.try_get("second_factor")?, row.try_get("by_passkey")?) {
            (_, true) => Proof::Passkey,
            (true, false) => Proof::SecondFactor,
            (false, false) => Proof::Password,
        },
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
