//! One-time codes by e-mail and text message: one alive for each account and purpose, kept as a keyed digest, good for a quarter of an hour and five tries.
//!
//! A code is bound to the address that it was sent to. The next one has to wait: a minute, doubling with each of a day, a quarter of an
//! hour at most, as long as a code lives. So nobody fills a mailbox with them, and whoever owns it has a living one or may have another. All
//! accounts that say an address is theirs, and do not hold it, have so many codes a day together.

use domain::ids::AccountId;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Row};

use super::People;
use super::blind_index::BlindIndex;
use super::claims::HOLDS_EMAIL;
use super::outgoing_mail::{MailContent, Receiver};
use super::rows::{instant, sql};
use super::sealed_contacts::ContactField;
use crate::refusal::IdentityError;
use crate::values::contact::Email;
use crate::values::one_time_code::OneTimeCode;

/// How long a code is good for.
pub const CODE_LASTS: SignedDuration = SignedDuration::from_mins(15);
/// So many tries a code survives; the right one among them.
pub(super) const TRIES_MAX: i16 = 5;
/// The wait between two codes, at first and at most.
const WAIT_FIRST: SignedDuration = SignedDuration::from_mins(1);
const WAIT_MAX: SignedDuration = CODE_LASTS;
/// After so long without one it begins anew.
const LATELY: SignedDuration = SignedDuration::from_hours(24);
/// Codes that accounts which do not hold an address have sent there in a day, all together.
const CLAIMED_MAX: i64 = 12;
/// Keeps codes of one account from being issued twice at once.
const LOCK_CLASS: i64 = 7_245_301;

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodePurpose {
    PasswordReset,
    Email,
    Phone,
}

impl CodePurpose {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    const fn index(self) -> &'static str {
        match self {
            Self::PasswordReset => "one-time code password_reset",
            Self::Email => "one-time code email",
            Self::Phone => "one-time code phone",
        }
    }

    fn mail(self, code: &OneTimeCode) -> MailContent {
        match self {
            Self::PasswordReset => MailContent::reset_code(code),
            Self::Email => MailContent::email_code(code),
            Self::Phone => MailContent::phone_code(code),
        }
    }

    fn fresh(self) -> OneTimeCode {
        match self {
            Self::PasswordReset | Self::Email => OneTimeCode::fresh(),
            Self::Phone => OneTimeCode::fresh_digits(),
        }
    }

    /// What is stored in the place of a code that was sent to this address or number.
    pub(super) fn digest(self, index: &BlindIndex, to: &str, code: &OneTimeCode) -> Vec<u8> {
        index.digest(self.index(), &format!("{} {to}", code.plain()))
    }
}

/// How long the next code has to wait after so many.
fn wait(issued_lately: i16) -> SignedDuration {
    let doublings = u32::try_from(issued_lately)
        .unwrap_or_default()
        .saturating_sub(1)
        .min(10);
    let wait = WAIT_FIRST.checked_mul(1 << doublings).unwrap_or(WAIT_MAX);
    wait.min(WAIT_MAX)
}

impl People {
    /// Makes a code in the place of the one of before and has it sent, unless the next has to wait; whether it did.
    pub(super) async fn issue_code(
        &self,
        connection: &mut PgConnection,
        purpose: CodePurpose,
        (account, to): (AccountId, Receiver),
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, $2))")
            .bind(account.uuid().to_string())
            .bind(LOCK_CLASS)
            .execute(&mut *connection)
            .await?;
        let before = sqlx::query(
            "select issued_at, issued_lately from identity.one_time_codes where account_id = $1 and purpose = $2",
        )
        .bind(account.uuid())
        .bind(purpose.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        let mut issued_lately = 1_i16;
        if let Some(before) = before {
            let since = now.duration_since(instant(&before, "issued_at")?);
            let lately: i16 = before.try_get("issued_lately")?;
            if since < wait(lately) {
                return Ok(false);
            }
            if since < LATELY {
                issued_lately = lately.saturating_add(1);
            }
        }
        let code = purpose.fresh();
        let until = now.checked_add(CODE_LASTS).unwrap_or(Timestamp::MAX);
        sqlx::query(
            "insert into identity.one_time_codes (account_id, purpose, digest, issued_at, expires_at, issued_lately) \
             values ($1, $2, $3, $4, $5, $6) \
             on conflict (account_id, purpose) do update set digest = excluded.digest, issued_at = excluded.issued_at, \
                 expires_at = excluded.expires_at, issued_lately = excluded.issued_lately, tries = 0",
        )
        .bind(account.uuid())
        .bind(purpose.as_str())
        .bind(purpose.digest(self.blind_index().await?, to.as_str(), &code))
        .bind(sql(now))
        .bind(sql(until))
        .bind(issued_lately)
        .execute(&mut *connection)
        .await?;
        self.queue(connection, (account, to), purpose.mail(&code), (now, until))
            .await?;
        Ok(true)
    }

    /// Whether accounts that do not hold this address had so many codes sent there of late that the next has to wait.
    pub(super) async fn is_flooded(
        &self,
        connection: &mut PgConnection,
        email: &Email,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let since = now.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
        let query = format!(
            "select coalesce(sum(o.issued_lately), 0)::bigint from identity.one_time_codes o \
             join identity.contacts c on c.account_id = o.account_id \
             where c.email_index = $1 and not {HOLDS_EMAIL} and o.purpose = $2 and o.issued_at > $3"
        );
        let issued: i64 = sqlx::query_scalar(&query)
            .bind(self.email_index(email).await?)
            .bind(CodePurpose::Email.as_str())
            .bind(sql(since))
            .fetch_one(connection)
            .await?;
        Ok(issued >= CLAIMED_MAX)
    }

    /// Whose living code this is of those under the address, or whether it is the code of `only`; the try is counted before it is compared,
    /// right or wrong.
    pub(super) async fn try_code(
        &self,
        connection: &mut PgConnection,
        purpose: CodePurpose,
        (email, code, only): (&Email, &OneTimeCode, Option<AccountId>),
        now: Timestamp,
    ) -> Result<Option<AccountId>, IdentityError> {
        let index = self.blind_index().await?;
        let tried = sqlx::query(
            "update identity.one_time_codes o set tries = o.tries + 1 from identity.contacts c \
             where c.email_index = $1 and o.account_id = c.account_id and o.purpose = $2 and o.expires_at > $3 \
               and o.tries < $4 and ($6::uuid is null or o.account_id = $6) returning o.account_id, o.digest = $5 as is_right",
        )
        .bind(ContactField::Email.index(index, email.as_str()))
        .bind(purpose.as_str())
        .bind(sql(now))
        .bind(TRIES_MAX)
        .bind(purpose.digest(index, email.as_str(), code))
        .bind(only.map(AccountId::uuid))
        .fetch_all(connection)
        .await?;
        for row in &tried {
            if row.try_get("is_right")? {
                return Ok(Some(AccountId::from_uuid(row.try_get("account_id")?)));
            }
        }
        Ok(None)
    }

    /// Uses a right code up; false where it is there no more.
    pub(super) async fn use_up_code(
        &self,
        connection: &mut PgConnection,
        purpose: CodePurpose,
        account: AccountId,
        (to, code): (&str, &OneTimeCode),
    ) -> Result<bool, IdentityError> {
        let used = sqlx::query(
            "delete from identity.one_time_codes where account_id = $1 and purpose = $2 and digest = $3",
        )
        .bind(account.uuid())
        .bind(purpose.as_str())
        .bind(purpose.digest(self.blind_index().await?, to, code))
        .execute(connection)
        .await?;
        Ok(used.rows_affected() > 0)
    }

    /// Whoever has the right code and something else wrong may come again with it.
    pub(super) async fn give_try_back(
        &self,
        purpose: CodePurpose,
        account: AccountId,
    ) -> Result<(), IdentityError> {
        sqlx::query(
            "update identity.one_time_codes set tries = tries - 1 where account_id = $1 and purpose = $2 and tries > 0",
        )
        .bind(account.uuid())
        .bind(purpose.as_str())
        .execute(self.pool())
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_code_waits_longer_each_time_and_never_longer_than_one_lives() {
        let minutes = |lately| wait(lately).as_secs() / 60;
        assert_eq!(
            [1, 2, 3, 4, 5, 6, i16::MAX].map(minutes),
            [1, 2, 4, 8, 15, 15, 15]
        );
    }
}
