//! An account's owner proves that they read what is sent to its address.

use domain::ids::AccountId;
use jiff::Timestamp;
use sqlx::PgConnection;
use tracing::info;

use super::contacts::{lock_email, reserve_email};
use super::one_time_codes::CodePurpose;
use super::rows::sql;
use super::security_events::{AuditActor, NewSecurityEvent, SecurityEvent};
use super::{Account, People, trail_writer};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::contact::Email;
use crate::values::one_time_code::OneTimeCode;

impl People {
    /// Has a code sent to the account's address, unless the next one has to wait.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], and faults.
    pub async fn send_email_code(&self, id: AccountId, now: Timestamp) -> Result<(), IdentityError> {
        let account = self.account(id).await?.ok_or(IdentityRefusal::NoSuchAccount)?;
        let mut tx = self.pool().begin().await?;
        lock_email(&mut tx, &self.email_index(&account.email).await?).await?;
        if account.holds_email() || !self.is_flooded(&mut tx, &account.email, now).await? {
            self.issue_code(
                &mut tx,
                CodePurpose::Email,
                (id, account.email.clone().into()),
                now,
            )
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Brings the code: the address is proven from then on, until it is another one. What others say of it is theirs to say, and comes to
    /// nothing.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], [`IdentityRefusal::WrongCode`], [`IdentityRefusal::EmailTaken`] where another account holds the
    /// address, which is told to its owner alone: the code is right. And faults.
    pub async fn confirm_email(
        &self,
        actor: &AuditActor,
        code: &OneTimeCode,
        now: Timestamp,
    ) -> Result<Account, IdentityError> {
        let id = actor.account_id;
        let account = self.account(id).await?.ok_or(IdentityRefusal::NoSuchAccount)?;
        let brought = (account.email.as_str(), code);
        let mut connection = self.pool().acquire().await?;
        let tried = (&account.email, code, Some(id));
        let found = self
            .try_code(&mut connection, CodePurpose::Email, tried, now)
            .await?;
        drop(connection);
        if found != Some(id) {
            return Err(IdentityRefusal::WrongCode.into());
        }
        let mut tx = self.pool().begin().await?;
        // The address before the codes, as a reset takes them: it deletes every code of the account.
        if !self.prove_email(&mut tx, id, &account.email, now).await? {
            return Err(IdentityRefusal::EmailTaken.into());
        }
        if !self.use_up_code(&mut tx, CodePurpose::Email, id, brought).await? {
            return Err(IdentityRefusal::WrongCode.into());
        }
        let event = NewSecurityEvent::new(SecurityEvent::EmailProven, actor.origin.clone());
        let event = event.by(Some((id, actor.role)));
        trail_writer::insert(&mut tx, &event, &[id.uuid()], &[]).await?;
        tx.commit().await?;
        info!(account.id = %id, "Account {id} has proven its address");
        self.account(id)
            .await?
            .ok_or_else(|| IdentityRefusal::NoSuchAccount.into())
    }

    /// Its owner reads what is sent to this address; false where it is the account's no more, or another one holds it.
    pub(super) async fn prove_email(
        &self,
        connection: &mut PgConnection,
        id: AccountId,
        email: &Email,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        match reserve_email(&mut *connection, self.blind_index().await?, email, id).await {
            Err(IdentityError::Refused(_)) => return Ok(false),
            reserved => reserved?,
        }
        let proven = sqlx::query(
            "update identity.contacts set email_proven_at = $3 where account_id = $1 and email_index = $2",
        )
        .bind(id.uuid())
        .bind(self.email_index(email).await?)
        .bind(sql(now))
        .execute(connection)
        .await?;
        Ok(proven.rows_affected() == 1)
    }
}
