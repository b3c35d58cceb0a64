//! Mail and text messages on their way: kept, sealed under its receiver's key, in the transaction of what it is about, until a mail server took it.
//!
//! At least once: a process that dies after the server took a mail and before that is written down leaves it to be sent again, under the
//! same id.

use domain::ids::AccountId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::People;
use super::rows::{self, ACCOUNT_COLUMNS, instant, sql};
use super::subject_keys::{SubjectKey, read_or_make};
use crate::keys::master::MasterKeyError;
use crate::random;
use crate::refusal::IdentityError;
use crate::values::contact::{Email, Phone};
use crate::values::one_time_code::OneTimeCode;

/// How long the owner of an account is told of something that happened to it.
const NOTICE_LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The words of the channels.
const EMAIL: &str = "email";
const SMS: &str = "sms";

/// What a mail says; its words are found when it is sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailContent {
    /// The code with which a forgotten password is replaced.
    PasswordResetCode {
        /// As it is typed.
        code: String,
    },
    /// The code that proves the address.
    EmailCode {
        /// As it is typed.
        code: String,
    },
    /// The password was replaced by a code.
    PasswordReset,
    /// The password was changed by somebody who knew it.
    PasswordChanged,
    /// An authenticator app was enrolled, or a passkey registered.
    SecondFactorAdded,
    /// One of them was removed by its owner.
    SecondFactorRemoved,
    /// They were taken away by an admin.
    SecondFactorReset,
    /// Money goes elsewhere from now on.
    PayoutDestinationChanged,
    /// Somebody signed in on a device that was not known.
    NewDevice,
    /// The code that proves the number; it goes there.
    PhoneCode {
        /// As it is typed.
        code: String,
    },
    /// Another account has proven the number since.
    PhoneMoved,
}

impl std::fmt::Debug for MailContent {
    /// A code is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailContent(hidden)")
    }
}

impl MailContent {
    pub(super) fn reset_code(code: &OneTimeCode) -> Self {
        let code = code.expose();
        Self::PasswordResetCode { code }
    }

    pub(super) fn phone_code(code: &OneTimeCode) -> Self {
        let code = code.expose();
        Self::PhoneCode { code }
    }

    pub(super) fn email_code(code: &OneTimeCode) -> Self {
        let code = code.expose();
        Self::EmailCode { code }
    }
}

/// Whom something is sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// By mail.
    Email(Email),
    /// By a text message.
    Phone(Phone),
}

impl Receiver {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::Phone(phone) => phone.as_str(),
        }
    }

    const fn channel(&self) -> &'static str {
        match self {
            Self::Email(_) => EMAIL,
            Self::Phone(_) => SMS,
        }
    }
}

impl From<Email> for Receiver {
    fn from(email: Email) -> Self {
        Self::Email(email)
    }
}

/// A mail or a text message that is due.
#[derive(Debug)]
pub struct OutgoingMail {
    /// The same however often it is sent.
    pub id: Uuid,
    /// Whose account it is about.
    pub account_id: AccountId,
    /// To whom.
    pub to: Receiver,
    /// What it says.
    pub content: MailContent,
    /// How often it was tried, this time among them.
    pub attempts: i32,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    to: String,
    content: MailContent,
}

/// What sealing binds a mail to.
fn context(id: Uuid) -> Vec<u8> {
    [b"outgoing mail ".as_slice(), id.as_bytes()].concat()
}

impl People {
    /// Whether this deployment sends mail.
    pub fn sends_mail(&self) -> bool {
        self.inner.options.sends_mail
    }

    /// Whether this deployment sends text messages.
    pub fn sends_sms(&self) -> bool {
        self.inner.options.sends_sms
    }

    /// Has the owner of an account told of something, in the transaction in which it happens; nothing where no mail is sent, and nothing where
    /// the account does not hold its address: it may be somebody else's.
    pub(super) async fn notify(
        &self,
        connection: &mut PgConnection,
        id: AccountId,
        content: MailContent,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        if !self.sends_mail() {
            return Ok(());
        }
        let query = format!(
            "select {ACCOUNT_COLUMNS} from identity.accounts a join identity.contacts c on c.account_id = a.id \
             join identity.data_keys dk on dk.subject_id = a.id where a.id = $1"
        );
        let row = sqlx::query(&query)
            .bind(id.uuid())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(row) = row else { return Ok(()) };
        let account = rows::account(&row, self.master_keys())?;
        if !account.holds_email() {
            return Ok(());
        }
        let until = now.checked_add(NOTICE_LASTS).unwrap_or(Timestamp::MAX);
        self.queue(connection, (id, account.email.into()), content, (now, until))
            .await
    }

    /// Has something sent that is of use until then; nothing where nothing is sent that way.
    pub(super) async fn queue(
        &self,
        connection: &mut PgConnection,
        (account, to): (AccountId, Receiver),
        content: MailContent,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<(), IdentityError> {
        let is_sent = match &to {
            Receiver::Email(_) => self.sends_mail(),
            Receiver::Phone(_) => self.sends_sms(),
        };
        if !is_sent {
            return Ok(());
        }
        let id = random::id_at(now);
        let key = read_or_make(connection, self.master_keys(), account).await?;
        let stored = Stored {
            to: to.as_str().to_owned(),
            content,
        };
        let plain = serde_json::to_vec(&stored).map_err(|_| MasterKeyError::DoesNotOpen)?;
        sqlx::query(
            "insert into identity.outgoing_mail (id, account_id, sealed, queued_at, expires_at, due_at, channel) \
             values ($1, $2, $3, $4, $5, $4, $6)",
        )
        .bind(id)
        .bind(account.uuid())
        .bind(key.seal(&context(id), &plain)?)
        .bind(sql(now))
        .bind(sql(until))
        .bind(to.channel())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Whether anybody waits for a code or a mail is due: all that is asked while nothing is.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn is_mail_due(&self, now: Timestamp) -> Result<bool, IdentityError> {
        let is_due = sqlx::query_scalar(
            "select exists (select from identity.password_reset_requests) \
                 or exists (select from identity.outgoing_mail where due_at <= $1 and expires_at > $1)",
        )
        .bind(sql(now))
        .fetch_one(self.pool())
        .await?;
        Ok(is_due)
    }

    /// Up to `most` mails that are due, which nobody else is given for the time of `lease`; counted as tried.
    ///
    /// # Errors
    /// Faults of the database. What does not open is left out.
    pub async fn due_mail(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        most: i64,
    ) -> Result<Vec<OutgoingMail>, IdentityError> {
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let rows = sqlx::query(
            "with due as ( \
                 select id from identity.outgoing_mail where due_at <= $1 and expires_at > $1 \
                 order by due_at limit $3 for update skip locked) \
             update identity.outgoing_mail m set due_at = $2, attempts = m.attempts + 1 \
             from due join identity.outgoing_mail o on o.id = due.id \
             join identity.data_keys dk on dk.subject_id = o.account_id \
             where m.id = due.id returning m.id, m.account_id, m.sealed, m.attempts, m.channel, dk.wrapped",
        )
        .bind(sql(now))
        .bind(sql(until))
        .bind(most)
        .fetch_all(self.pool())
        .await?;
        let mut due = Vec::with_capacity(rows.len());
        for row in &rows {
            match self.opened_mail(row) {
                Ok(mail) => due.push(mail),
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "A mail does not open and is left until it expires"
                ),
            }
        }
        Ok(due)
    }

    fn opened_mail(&self, row: &PgRow) -> Result<OutgoingMail, IdentityError> {
        let id: Uuid = row.try_get("id")?;
        let account_id = AccountId::from_uuid(row.try_get("account_id")?);
        let (wrapped, sealed): (Vec<u8>, Vec<u8>) = (row.try_get("wrapped")?, row.try_get("sealed")?);
        let plain =
            SubjectKey::unwrap(self.master_keys(), account_id, &wrapped)?.open(&context(id), &sealed)?;
        let Stored { to, content } =
            serde_json::from_slice(&plain).map_err(|_| MasterKeyError::DoesNotOpen)?;
        Ok(OutgoingMail {
            id,
            account_id,
            to: match row.try_get::<&str, _>("channel")? {
                SMS => Receiver::Phone(Phone::stored(to)),
                _ => Receiver::Email(Email::stored(to)),
            },
            content,
            attempts: row.try_get("attempts")?,
        })
    }

    /// Forgets a mail: it was sent, or never will be.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn forget_mail(&self, id: Uuid) -> Result<(), IdentityError> {
        sqlx::query("delete from identity.outgoing_mail where id = $1")
            .bind(id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// A mail was not taken: it is tried again at `due`.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn retry_mail_at(&self, id: Uuid, due: Timestamp) -> Result<(), IdentityError> {
        sqlx::query("update identity.outgoing_mail set due_at = $2 where id = $1")
            .bind(id)
            .bind(sql(due))
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Forgets what is of no use any more: mails that expired unsent, and codes of days ago. Answers how many mails.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn forget_expired_mail(&self, now: Timestamp) -> Result<u64, IdentityError> {
        let a_day_ago = now
            .checked_sub(SignedDuration::from_hours(24))
            .unwrap_or(Timestamp::MIN);
        let forgotten = sqlx::query(
            "with codes as (delete from identity.one_time_codes where issued_at < $2), \
             messages as (delete from identity.sms_sends where sent_at < $2), \
             asked as (delete from identity.password_reset_requests where requested_at < $2) \
             delete from identity.outgoing_mail where expires_at <= $1",
        )
        .bind(sql(now))
        .bind(sql(a_day_ago))
        .execute(self.pool())
        .await?;
        Ok(forgotten.rows_affected())
    }

    /// How many mails wait, and since when the oldest of them; for the gauges.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn waiting_mail(&self) -> Result<(i64, Option<Timestamp>), IdentityError> {
        let row = sqlx::query("select count(*) as waiting, coalesce(min(queued_at), house_now()) as oldest from identity.outgoing_mail")
            .fetch_one(self.pool())
            .await?;
        let waiting: i64 = row.try_get("waiting")?;
        let oldest = instant(&row, "oldest")?;
        Ok((waiting, (waiting > 0).then_some(oldest)))
    }
}
