//! What the owner of an account does about their own sessions and password.

use domain::ids::{AccountId, SessionId};
use jiff::Timestamp;
use sqlx::PgConnection;
use tracing::info;
use uuid::Uuid;

use super::directory::{self, SessionEntry};
use super::known_devices::forget_devices;
use super::outgoing_mail::MailContent;
use super::refresh::Device;
use super::rows::sql;
use super::{People, SignedIn};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::tokens::Proof;
use crate::turns::Place;
use crate::values::contact::Email;
use crate::values::password::Password;

/// A password in the place of another.
#[derive(Clone, Debug)]
pub struct PasswordChange {
    /// Whose.
    pub account_id: AccountId,
    /// The one that holds until now.
    pub current: Password,
    /// The one that is to hold.
    pub chosen: Password,
    /// What was proven when the session was opened that it is asked for in: the new one is as good.
    pub proof: Proof,
}

impl People {
    /// The account's living sessions, the newest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn own_sessions(
        &self,
        id: AccountId,
        now: Timestamp,
    ) -> Result<Vec<SessionEntry>, IdentityError> {
        let mut connection = self.pool().acquire().await?;
        Ok(directory::sessions(&mut connection, id, Some(now)).await?)
    }

    /// Ends one session of the account; false if it has no such living one.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn end_own_session(
        &self,
        id: AccountId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let mut connection = self.pool().acquire().await?;
        let ended = end_sessions(
            &mut connection,
            id,
            SessionScope::Only(session),
            "ended_by_owner",
            now,
        )
        .await?;
        drop(connection);
        self.refuse_tokens_of(&ended, now);
        Ok(!ended.is_empty())
    }

    /// Ends every session of the account but this one; answers how many.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn end_other_sessions(
        &self,
        id: AccountId,
        kept: SessionId,
        now: Timestamp,
    ) -> Result<usize, IdentityError> {
        let mut connection = self.pool().acquire().await?;
        let ended = end_sessions(
            &mut connection,
            id,
            SessionScope::AllBut(kept),
            "ended_by_owner",
            now,
        )
        .await?;
        drop(connection);
        self.refuse_tokens_of(&ended, now);
        Ok(ended.len())
    }

    /// Changes the password, ends every session with the old one and opens one with the new. That the new one suits whoever chooses
    /// it ([`Password::suits`]) has been asked.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongPassword`] where `current` is not, or is no longer, the account's; [`IdentityRefusal::EmailTaken`] where
    /// `chosen` is the password of another account under an address that this one does not hold, so that each signs in to its own;
    /// [`IdentityRefusal::Deactivated`], [`IdentityError::Busy`], and faults.
    pub async fn change_password(
        &self,
        change: &PasswordChange,
        device: &Device,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let id = change.account_id;
        let (account, stored) = self.check_password(id, &change.current).await?;
        let hash = self
            .hash_for((id, &account.email), &change.chosen, Place::KNOWN)
            .await?;
        if hash.is_another_s && !account.holds_email() {
            return Err(IdentityRefusal::EmailTaken.into());
        }
        let mut tx = self.pool().begin().await?;
        // Of two changes at once the second finds another password than it was asked with.
        let changed = sqlx::query(
            "update identity.credentials set password_hash = $3, changed_at = $4 \
             where account_id = $1 and password_hash = $2",
        )
        .bind(id.uuid())
        .bind(stored)
        .bind(&hash.phc)
        .bind(sql(now))
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(IdentityRefusal::WrongPassword.into());
        }
        let ended = end_sessions(&mut tx, id, SessionScope::All, "password_changed", now).await?;
        forget_devices(&mut tx, id).await?;
        self.notify(&mut tx, id, MailContent::PasswordChanged, now)
            .await?;
        tx.commit().await?;
        self.refuse_tokens_of(&ended, now);
        info!(account.id = %id, "Account {id} has another password; {} sessions ended", ended.len());
        self.open_proven_session(account, (device, None), (change.proof, Some(&hash.phc)), now)
            .await
    }

    /// The hash of a password for the account with this address: under the salt of the others under it, or under a fresh one.
    pub(super) async fn hash_for(
        &self,
        (id, email): (AccountId, &Email),
        password: &Password,
        place: Place,
    ) -> Result<NewHash, IdentityError> {
        let claims = self.claims_of(email, None).await?;
        let computing = self
            .inner
            .hasher
            .compute(password, claims.hashes_beside(id), place);
        let computed = computing.await?;
        let mut fitting = computed.fits.iter().filter_map(|place| claims.at(*place));
        Ok(NewHash {
            is_another_s: fitting.any(|claim| claim.account_id != id),
            phc: computed.phc,
        })
    }

    pub(super) fn refuse_tokens_of(&self, ended: &[SessionId], now: Timestamp) {
        let ended = ended.iter().map(|session| (*session, now));
        self.inner.tokens.revocations.add(ended, now);
    }
}

/// The hash of a password that was chosen.
pub(super) struct NewHash {
    pub(super) phc: String,
    /// Whether it is the password of another account under the same address.
    pub(super) is_another_s: bool,
}

/// Which sessions of an account.
pub(super) enum SessionScope {
    All,
    Only(SessionId),
    AllBut(SessionId),
}

pub(super) async fn end_sessions(
    connection: &mut PgConnection,
    id: AccountId,
    which: SessionScope,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<SessionId>, sqlx::Error> {
    let (only, kept) = match which {
        SessionScope::All => (None, None),
        SessionScope::Only(session) => (Some(session.uuid()), None),
        SessionScope::AllBut(session) => (None, Some(session.uuid())),
    };
    if matches!(which, SessionScope::All) {
        // Nor does a sign-in that has begun come to its end.
        sqlx::query("delete from identity.pending_sign_ins where account_id = $1")
            .bind(id.uuid())
            .execute(&mut *connection)
            .await?;
    }
    let ended: Vec<Uuid> = sqlx::query_scalar(
        "update identity.sessions set revoked_at = $2, revoked_reason = $3 \
         where account_id = $1 and revoked_at is null and expires_at > $2 \
         and ($4::uuid is null or id = $4) and ($5::uuid is null or id <> $5) returning id",
    )
    .bind(id.uuid())
    .bind(sql(now))
    .bind(reason)
    .bind(only)
    .bind(kept)
    .fetch_all(connection)
    .await?;
    Ok(ended.into_iter().map(SessionId::from_uuid).collect())
}
