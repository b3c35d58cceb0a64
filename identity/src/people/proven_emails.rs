//! An account's owner proves that they read what is sent to its address.

use domain::ids::AccountId;
use jiff::Timestamp;
use tracing::info;

use super::one_time_codes::CodePurpose;
use super::security_events::{AuditActor, NewSecurityEvent, SecurityEvent};
use super::{Account, People, trail_writer};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::one_time_code::OneTimeCode;

impl People {
    /// Has a code sent to the account's address, unless the next one has to wait.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], and faults.
    pub async fn send_email_code(&self, id: AccountId, now: Timestamp) -> Result<(), IdentityError> {
        let account = self.account(id).await?.ok_or(IdentityRefusal::NoSuchAccount)?;
        let mut tx = self.pool().begin().await?;
        self.issue_code(&mut tx, CodePurpose::Email, (id, &account.email), now)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Brings the code: the address is proven from then on, until it is another one.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], [`IdentityRefusal::WrongCode`], and faults.
    pub async fn confirm_email(
        &self,
        actor: &AuditActor,
        code: &OneTimeCode,
        now: Timestamp,
    ) -> Result<Account, IdentityError> {
        let id = actor.account_id;
        let account = self.account(id).await?.ok_or(IdentityRefusal::NoSuchAccount)?;
        let brought = (&account.email, code);
        let mut connection = self.pool().acquire().await?;
        let found = self
            .try_code(&mut connection, CodePurpose::Email, brought, now)
            .await?;
        drop(connection);
        if found != Some(id) {
            return Err(IdentityRefusal::WrongCode.into());
        }
        let mut tx = self.pool().begin().await?;
        if !self.use_up_code(&mut tx, CodePurpose::Email, id, brought).await? {
            return Err(IdentityRefusal::WrongCode.into());
        }
        self.prove_email(&mut tx, id, &account.email, now).await?;
        let event = NewSecurityEvent::new(SecurityEvent::EmailProven, actor.origin.clone());
        let event = event.by(Some((id, actor.role)));
        trail_writer::insert(&mut tx, &event, &[id.uuid()], &[]).await?;
        tx.commit().await?;
        info!(account.id = %id, "Account {id} has proven its address");
        self.account(id)
            .await?
            .ok_or_else(|| IdentityRefusal::NoSuchAccount.into())
    }
}
