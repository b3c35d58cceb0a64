//! An account's owner proves that they read what is sent to its telephone number.

use domain::ids::AccountId;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Row};
use tracing::info;
use uuid::Uuid;

use super::contacts::{HOLDS_PHONE, lock_phone};
use super::one_time_codes::{CodePurpose, TRIES_MAX};
use super::outgoing_mail::{MailContent, Receiver};
use super::rows::sql;
use super::sealed_contacts::ContactField;
use super::security_events::{AuditActor, NewSecurityEvent, SecurityEvent};
use super::sms_limits::{self, SmsSend};
use super::trail_hashes::TrailHash;
use super::{Account, People, trail_writer};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::contact::Phone;
use crate::values::one_time_code::OneTimeCode;

/// What became of a code that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneCode {
    /// It is on its way, or the one of before is.
    Sent,
    /// Too many went to the number, to the account or to the network: the next has to wait so long.
    Waits(SignedDuration),
}

impl People {
    /// Has a code sent to the account's number, unless the next one has to wait.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], [`IdentityRefusal::NoPhone`], and faults.
    pub async fn send_phone_code(
        &self,
        id: AccountId,
        network: TrailHash,
        now: Timestamp,
    ) -> Result<PhoneCode, IdentityError> {
        let (_, phone) = self.with_phone(id).await?;
        let send = SmsSend {
            phone_index: ContactField::Phone.index(self.blind_index().await?, phone.as_str()),
            account: id,
            network,
        };
        let mut tx = self.pool().begin().await?;
        let issued = self
            .issue_code(&mut tx, CodePurpose::Phone, (id, Receiver::Phone(phone)), now)
            .await?;
        if issued && let Some(wait) = sms_limits::count(&mut tx, &send, now).await? {
            // What was issued is not: the transaction is given up.
            return Ok(PhoneCode::Waits(wait));
        }
        tx.commit().await?;
        Ok(PhoneCode::Sent)
    }

    /// Brings the code: the number is this account's from then on, until it is another one. Operators give numbers to others: it moves to
    /// whoever proved it last, and who had it before is told by mail.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], [`IdentityRefusal::NoPhone`], [`IdentityRefusal::WrongCode`], and faults.
    pub async fn confirm_phone(
        &self,
        actor: &AuditActor,
        code: &OneTimeCode,
        now: Timestamp,
    ) -> Result<Account, IdentityError> {
        let id = actor.account_id;
        let (_, phone) = self.with_phone(id).await?;
        if !self.try_phone_code(id, &phone, code, now).await? {
            return Err(IdentityRefusal::WrongCode.into());
        }
        let index = ContactField::Phone.index(self.blind_index().await?, phone.as_str());
        let mut tx = self.pool().begin().await?;
        let brought = (phone.as_str(), code);
        if !self.use_up_code(&mut tx, CodePurpose::Phone, id, brought).await? {
            return Err(IdentityRefusal::WrongCode.into());
        }
        let mut about = vec![id.uuid()];
        if let Some(other) = take_from_holder(&mut tx, &index, id).await? {
            about.push(other.uuid());
            self.notify(&mut tx, other, MailContent::PhoneMoved, now).await?;
        }
        sqlx::query(
            "update identity.contacts set phone_proven_at = $3 where account_id = $1 and phone_index = $2",
        )
        .bind(id.uuid())
        .bind(&index)
        .bind(sql(now))
        .execute(&mut *tx)
        .await?;
        let event = NewSecurityEvent::new(SecurityEvent::PhoneProven, actor.origin.clone());
        let event = event.by(Some((id, actor.role)));
        trail_writer::insert(&mut tx, &event, &about, &[]).await?;
        tx.commit().await?;
        info!(account.id = %id, "Account {id} has proven its number");
        let account = self.account(id).await?;
        account.ok_or_else(|| IdentityRefusal::NoSuchAccount.into())
    }

    async fn with_phone(&self, id: AccountId) -> Result<(Account, Phone), IdentityError> {
        let account = self.account(id).await?.ok_or(IdentityRefusal::NoSuchAccount)?;
        let phone = account.phone.clone().ok_or(IdentityRefusal::NoPhone)?;
        Ok((account, phone))
    }

    /// Whether it is the account's living code; counted before it is compared.
    async fn try_phone_code(
        &self,
        id: AccountId,
        phone: &Phone,
        code: &OneTimeCode,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let purpose = CodePurpose::Phone;
        let row = sqlx::query(
            "update identity.one_time_codes set tries = tries + 1 \
             where account_id = $1 and purpose = $2 and expires_at > $3 and tries < $4 returning digest = $5 as is_right",
        )
        .bind(id.uuid())
        .bind(purpose.as_str())
        .bind(sql(now))
        .bind(TRIES_MAX)
        .bind(purpose.digest(self.blind_index().await?, phone.as_str(), code))
        .fetch_optional(self.pool())
        .await?;
        Ok(row
            .map(|row| row.try_get("is_right"))
            .transpose()?
            .unwrap_or(false))
    }
}

/// Whoever else holds the number holds it no longer.
async fn take_from_holder(
    connection: &mut PgConnection,
    index: &[u8],
    id: AccountId,
) -> Result<Option<AccountId>, sqlx::Error> {
    lock_phone(&mut *connection, index).await?;
    let query = format!(
        "update identity.contacts c set phone_proven_at = null, phone_vouched = false \
         where c.phone_index = $1 and {HOLDS_PHONE} and c.account_id <> $2 returning c.account_id"
    );
    let other: Option<Uuid> = sqlx::query_scalar(&query)
        .bind(index)
        .bind(id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(other.map(AccountId::from_uuid))
}
