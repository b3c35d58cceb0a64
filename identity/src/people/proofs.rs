//! Proving anew who one is, before what a stolen session is not to be enough for.

use domain::ids::{AccountId, SessionId};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::People;
use super::rows::{maybe_instant, sql};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::factor_code::FactorCode;
use crate::values::password::Password;

/// For how long somebody who proved who they are need not prove it again.
pub const PROOF_FRESH: SignedDuration = SignedDuration::from_mins(5);

/// What somebody proves anew with.
#[derive(Clone, Debug)]
pub enum Given {
    /// Where there is no second factor.
    Password(Password),
    /// Where there is one.
    Code(FactorCode),
}

impl People {
    /// Somebody who is signed in proves anew who they are: by the code where there is a second factor, by the password where there is
    /// none.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongPassword`], [`IdentityRefusal::WrongCode`], [`IdentityRefusal::NoSecondFactor`],
    /// [`IdentityRefusal::SecondFactorDue`] for a password where a code is due, and faults.
    pub async fn prove(
        &self,
        (id, session): (AccountId, SessionId),
        given: &Given,
        now: Timestamp,
    ) -> Result<Timestamp, IdentityError> {
        let has_factor = self.has_second_factor(id).await?;
        match given {
            Given::Password(_) if has_factor => return Err(IdentityRefusal::SecondFactorDue.into()),
            Given::Code(_) if !has_factor => return Err(IdentityRefusal::NoSecondFactor.into()),
            Given::Password(password) => {
                self.check_password(id, password).await?;
            }
            Given::Code(_) => {}
        }
        // Not before the password was checked: who waits for that holds no connection.
        let mut tx = self.pool().begin().await?;
        if let Given::Code(code) = given
            && !self.use_code(&mut tx, id, code, now).await?
        {
            return Err(IdentityRefusal::WrongCode.into());
        }
        prove_session(&mut tx, session, now).await?;
        tx.commit().await?;
        Ok(now.checked_add(PROOF_FRESH).unwrap_or(Timestamp::MAX))
    }

    /// Lets somebody on who has just proven who they are.
    ///
    /// # Errors
    /// [`IdentityRefusal::ProofRequired`], and faults.
    pub async fn require_fresh_proof(&self, session: SessionId, now: Timestamp) -> Result<(), IdentityError> {
        if self.has_fresh_proof(session, now).await? {
            Ok(())
        } else {
            Err(IdentityRefusal::ProofRequired.into())
        }
    }

    /// Whether whoever uses this session proved who they are less than five minutes ago, by signing in or since.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn has_fresh_proof(&self, session: SessionId, now: Timestamp) -> Result<bool, IdentityError> {
        let row = sqlx::query("select proven_at from identity.sessions where id = $1 and revoked_at is null")
            .bind(session.uuid())
            .fetch_optional(self.pool())
            .await?;
        let proven = row
            .as_ref()
            .map(|row| maybe_instant(row, "proven_at"))
            .transpose()?;
        Ok(proven
            .flatten()
            .is_some_and(|at| now.duration_since(at) < PROOF_FRESH))
    }
}

/// Notes that whoever uses the session has just proven who they are.
pub(super) async fn prove_session(
    connection: &mut PgConnection,
    session: SessionId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("update identity.sessions set proven_at = $2 where id = $1 and revoked_at is null")
        .bind(session.uuid())
        .bind(sql(now))
        .execute(connection)
        .await
        .map(drop)
}
