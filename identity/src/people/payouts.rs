//! Where people want their money: a telephone number and a bank, kept where they can be erased.

use std::fmt;

use domain::ids::{AccountId, DoctorId};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::People;
use super::outgoing_mail::MailContent;
use super::rows::{instant, sql};
use super::subject_keys::SubjectKey;
use crate::keys::master::{MasterKeyError, MasterKeys};
use crate::random;
use crate::refusal::IdentityError;
use crate::values::bank::BankId;
use crate::values::contact::Phone;

/// Doctors in one stretch of their list at most.
const DOCTORS_MAX: u32 = 500;
/// What a telephone number is shown with instead of its digits.
const HIDDEN: char = '*';
/// How many of its last digits are shown.
const SHOWN_DIGITS: usize = 4;

/// A bank account that its owner's money goes to, by the faster payments system; `Debug` hides the number.
#[derive(Clone, PartialEq, Eq)]
pub struct PayoutDestination {
    /// The number of this naming; naming another account, or the same anew, is another one.
    pub id: Uuid,
    pub owner_id: AccountId,
    /// The telephone number the account is tied to.
    pub phone: Phone,
    pub bank_id: BankId,
    pub set_at: Timestamp,
    /// When its owner first named this bank account, whatever was named in between.
    pub first_named_at: Timestamp,
    /// Why it is doubtful: the code with which the last payout there came to nothing.
    pub doubtful: Option<String>,
}

impl fmt::Debug for PayoutDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayoutDestination")
            .field("id", &self.id)
            .field("owner_id", &self.owner_id)
            .finish_non_exhaustive()
    }
}

impl PayoutDestination {
    /// The number as its owner recognises it and nobody else learns it: its beginning and its last digits.
    pub fn masked_phone(&self) -> String {
        let number = self.phone.as_str();
        let kept = number.len().saturating_sub(SHOWN_DIGITS);
        let begins = if number.starts_with('+') { 2 } else { 1 };
        let hide = |(place, digit)| {
            if (begins..kept).contains(&place) {
                HIDDEN
            } else {
                digit
            }
        };
        number.chars().enumerate().map(hide).collect()
    }
}

impl People {
    /// When `owner_id` first named this bank account, if ever.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn bank_account_named_at(
        &self,
        owner_id: AccountId,
        phone: &Phone,
        bank_id: &BankId,
    ) -> Result<Option<Timestamp>, IdentityError> {
        let row = sqlx::query(
            "select first_named_at from identity.known_bank_accounts where owner_id = $1 and digest = $2",
        )
        .bind(owner_id.uuid())
        .bind(self.bank_account_digest(owner_id, phone, bank_id).await?)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row
            .as_ref()
            .map(|row| instant(row, "first_named_at"))
            .transpose()?)
    }

    /// Tells a bank account again, and to nobody without the key which it is.
    async fn bank_account_digest(
        &self,
        owner_id: AccountId,
        phone: &Phone,
        bank_id: &BankId,
    ) -> Result<Vec<u8>, IdentityError> {
        let account = format!("{owner_id}/{}/{}", phone.as_str(), bank_id.as_str());
        Ok(self.blind_index().await?.digest("bank account", &account))
    }

    /// Remembers that `owner_id` named this bank account, and answers when they first did.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn remember_bank_account(
        &self,
        owner_id: AccountId,
        phone: &Phone,
        bank_id: &BankId,
        now: Timestamp,
    ) -> Result<Timestamp, IdentityError> {
        let row = sqlx::query(
            "insert into identity.known_bank_accounts (owner_id, digest, first_named_at) values ($1, $2, $3) \
             on conflict (owner_id, digest) do update set first_named_at = known_bank_accounts.first_named_at \
             returning first_named_at",
        )
        .bind(owner_id.uuid())
        .bind(self.bank_account_digest(owner_id, phone, bank_id).await?)
        .bind(sql(now))
        .fetch_one(&self.pool)
        .await?;
        Ok(instant(&row, "first_named_at")?)
    }

    /// Names the bank account that `owner_id`'s money goes to from now on; what was doubted before is forgotten.
    pub async fn set_payout_destination(
        &self,
        owner_id: AccountId,
        phone: Phone,
        bank_id: BankId,
        now: Timestamp,
    ) -> Result<PayoutDestination, IdentityError> {
        let id = random::id_at(now);
        let key = self.subject_key(owner_id).await?;
        let sealed = seal_destination(&key, owner_id, id, (phone.as_str(), bank_id.as_str()))?;
        // First, so that no account is named that nobody remembers: it would get money at once.
        let first_named_at = self
            .remember_bank_account(owner_id, &phone, &bank_id, now)
            .await?;
        let mut tx = self.pool.begin().await?;
        sqlx::query(
            "insert into identity.payout_destinations (owner_id, id, sealed, set_at) values ($1, $2, $3, $4) \
             on conflict (owner_id) do update set id = excluded.id, sealed = excluded.sealed, set_at = excluded.set_at, doubtful = null",
        )
        .bind(owner_id.uuid())
        .bind(id)
        .bind(sealed)
        .bind(sql(now))
        .execute(&mut *tx)
        .await?;
        self.notify(&mut tx, owner_id, MailContent::PayoutDestinationChanged, now)
            .await?;
        tx.commit().await?;
        Ok(PayoutDestination {
            id,
            owner_id,
            phone,
            bank_id,
            set_at: now,
            first_named_at,
            doubtful: None,
        })
    }

    /// Where `owner_id`'s money goes, if that was ever named.
    pub async fn payout_destination(
        &self,
        owner_id: AccountId,
    ) -> Result<Option<PayoutDestination>, IdentityError> {
        let row = sqlx::query(
            "select o.owner_id, o.id, o.sealed, o.set_at, o.doubtful, dk.wrapped from identity.payout_destinations o \
             join identity.data_keys dk on dk.subject_id = o.owner_id where o.owner_id = $1",
        )
        .bind(owner_id.uuid())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut named = destination(&row, self.master_keys())?;
        // Where nobody remembers it, it is as new as when it was named.
        if let Some(at) = self
            .bank_account_named_at(owner_id, &named.phone, &named.bank_id)
            .await?
        {
            named.first_named_at = at;
        }
        Ok(Some(named))
    }

    /// Marks a destination as doubtful, unless its owner has named another one since.
    pub async fn doubt_payout_destination(
        &self,
        owner_id: AccountId,
        id: Uuid,
        code: &str,
    ) -> Result<(), IdentityError> {
        sqlx::query("update identity.payout_destinations set doubtful = $3 where owner_id = $1 and id = $2")
            .bind(owner_id.uuid())
            .bind(id)
            .bind(code)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Every doctor after `after`, those who work here no more included: what they earned is owed to them all the same.
    pub async fn doctors_ever(
        &self,
        after: Option<DoctorId>,
        limit: u32,
    ) -> Result<Vec<DoctorId>, IdentityError> {
        let rows = sqlx::query(
            "select id from identity.accounts where role = 'doctor' and ($1::uuid is null or id > $1) \
             order by id limit $2",
        )
        .bind(after.map(DoctorId::uuid))
        .bind(i64::from(limit.clamp(1, DOCTORS_MAX)))
        .fetch_all(&self.pool)
        .await?;
        let ids = rows.iter().map(|row| row.try_get("id").map(DoctorId::from_uuid));
        Ok(ids.collect::<Result<_, _>>()?)
    }
}

/// A number and a bank as they are stored, bound to their owner and to this naming of them.
pub(super) fn seal_destination(
    key: &SubjectKey,
    owner_id: AccountId,
    id: Uuid,
    to: (&str, &str),
) -> Result<Vec<u8>, IdentityError> {
    let text = serde_json::to_vec(&to).map_err(|error| sqlx::Error::Encode(error.into()))?;
    Ok(key.seal(&context(owner_id, id), &text)?)
}

fn destination(row: &PgRow, master: &MasterKeys) -> Result<PayoutDestination, IdentityError> {
    let (owner_id, id) = (AccountId::from_uuid(row.try_get("owner_id")?), row.try_get("id")?);
    let (sealed, wrapped): (Vec<u8>, Vec<u8>) = (row.try_get("sealed")?, row.try_get("wrapped")?);
    let text = SubjectKey::unwrap(master, owner_id, &wrapped)?.open(&context(owner_id, id), &sealed)?;
    let (phone, bank_id): (String, String) =
        serde_json::from_slice(&text).map_err(|_| MasterKeyError::DoesNotOpen)?;
    Ok(PayoutDestination {
        id,
        owner_id,
        phone: Phone::stored(phone),
        bank_id: BankId::stored(bank_id),
        set_at: instant(row, "set_at")?,
        first_named_at: instant(row, "set_at")?,
        doubtful: row.try_get("doubtful")?,
    })
}

fn context(owner_id: AccountId, id: Uuid) -> Vec<u8> {
    [
        b"payout_destinations ".as_slice(),
        owner_id.uuid().as_bytes(),
        id.as_bytes(),
    ]
    .concat()
}
