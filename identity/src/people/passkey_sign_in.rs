//! Signing in by a passkey, and proving anew who one is with one.

use domain::ids::{AccountId, PasskeyChallengeId, PasskeyId, SessionId};
use jiff::Timestamp;
use sqlx::Row;

use super::passkeys::{PasskeyChallenge, keep_challenge, not_believed};
use super::proofs::{PROOF_FRESH, prove_session};
use super::rows::sql;
use super::{Account, People};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::relying_party::{Assertion, PasskeyRefusal};

/// What a device signed.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyUse<'a> {
    /// Which challenge.
    pub challenge_id: PasskeyChallengeId,
    /// What the browser writes of it.
    pub credential: &'a str,
}

/// Which passkey somebody brought, and what came of it.
#[derive(Debug)]
pub struct UsedPasskey {
    /// Its owner and its id, where it is one of ours: for the audit trail, not for the answer.
    pub passkey: Option<(AccountId, PasskeyId)>,
    /// Whose account it opens, and which passkey it is.
    pub outcome: Result<(Account, PasskeyId), IdentityError>,
}

impl People {
    /// Asks a device for any passkey of the platform's: whose, it tells when it has signed.
    ///
    /// # Errors
    /// [`IdentityRefusal::PasskeysUnavailable`], and faults.
    pub async fn ask_for_passkey(&self, now: Timestamp) -> Result<PasskeyChallenge, IdentityError> {
        let asked = self.relying_party()?.ask_for_any().map_err(not_believed)?;
        let mut connection = self.pool().acquire().await?;
        keep_challenge(&mut connection, None, asked, now).await
    }

    /// Whose passkey signed the challenge; opens nothing yet.
    ///
    /// # Errors
    /// In the outcome: [`IdentityRefusal::PasskeyChallengeEnded`], [`IdentityRefusal::PasskeyRefused`],
    /// [`IdentityRefusal::Deactivated`], [`IdentityRefusal::PasskeysUnavailable`], and faults.
    pub async fn use_passkey(&self, used: PasskeyUse<'_>, now: Timestamp) -> UsedPasskey {
        let mut passkey = None;
        let outcome = self.verify_passkey(used, None, &mut passkey, now).await;
        UsedPasskey { passkey, outcome }
    }

    /// Somebody who is signed in proves anew who they are, by a passkey of theirs; answers until when that is fresh.
    ///
    /// # Errors
    /// As [`People::use_passkey`]; somebody else's passkey is refused.
    pub async fn prove_by_passkey(
        &self,
        (id, session): (AccountId, SessionId),
        used: PasskeyUse<'_>,
        now: Timestamp,
    ) -> Result<Timestamp, IdentityError> {
        self.verify_passkey(used, Some(id), &mut None, now).await?;
        let mut connection = self.pool().acquire().await?;
        prove_session(&mut connection, session, now).await?;
        Ok(now.checked_add(PROOF_FRESH).unwrap_or(Timestamp::MAX))
    }

    async fn verify_passkey(
        &self,
        used: PasskeyUse<'_>,
        of: Option<AccountId>,
        found: &mut Option<(AccountId, PasskeyId)>,
        now: Timestamp,
    ) -> Result<(Account, PasskeyId), IdentityError> {
        let refused = |fault| IdentityError::from(IdentityRefusal::PasskeyRefused(fault));
        let party = self.relying_party()?;
        let assertion = Assertion::parse(used.credential).map_err(refused)?;
        // Used up whatever comes of it.
        let state = self.take_challenge(used.challenge_id, None, now).await?;
        let mut tx = self.pool().begin().await?;
        // Locked, so that of two uses with one count the second falls back.
        let row = sqlx::query(
            "select p.id, p.account_id, p.credential, o.user_handle from identity.passkeys p \
             join identity.passkey_owners o on o.account_id = p.account_id where p.credential_id = $1 for update of p",
        )
        .bind(assertion.credential_id())
        .fetch_optional(&mut *tx)
        .await?;
        let row = row.ok_or_else(|| refused(PasskeyRefusal::Unknown))?;
        let owner = AccountId::from_uuid(row.try_get("account_id")?);
        let passkey = PasskeyId::from_uuid(row.try_get("id")?);
        *found = Some((owner, passkey));
        let is_theirs = of.is_none_or(|of| of == owner);
        if !is_theirs || !assertion.is_of(row.try_get("user_handle")?) {
            return Err(refused(PasskeyRefusal::Unknown));
        }
        let kept = party
            .verify(&assertion, state, row.try_get("credential")?)
            .map_err(not_believed)?;
        sqlx::query("update identity.passkeys set credential = $2, last_used_at = $3 where id = $1")
            .bind(passkey.uuid())
            .bind(kept)
            .bind(sql(now))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok((self.active_account(owner).await?, passkey))
    }
}
