//! A forgotten password replaced by a code that is sent to the account's address. Whoever asks learns nothing: the request writes the same row
//! for every address, and a worker finds out later whose it is.

use std::borrow::Cow;

use domain::ids::AccountId;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Row};
use tracing::info;
use uuid::Uuid;

use super::known_devices::forget_devices;
use super::one_time_codes::CodePurpose;
use super::outgoing_mail::MailContent;
use super::own_sessions::{SessionScope, end_sessions};
use super::rows::{instant, sql};
use super::second_factors::forget_factor;
use super::security_events::{EventOrigin, NewSecurityEvent, SecurityEvent};
use super::trail_hashes::typed_hash;
use super::{Account, People, trail_writer};
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::turns::Place;
use crate::values::ValueRefusal;
use crate::values::contact::Email;
use crate::values::one_time_code::OneTimeCode;
use crate::values::password::Password;

/// What addresses of requests are sealed for.
pub(super) const PURPOSE: &str = "password reset request";
/// A request that nobody got to for so long is forgotten: whoever sent it has given up, or sent another.
const REQUEST_LASTS: SignedDuration = SignedDuration::from_hours(1);

/// A password in the place of a forgotten one.
#[derive(Clone, Debug)]
pub struct PasswordReset {
    /// Whose address was typed.
    pub email: Email,
    /// As it was sent there.
    pub code: OneTimeCode,
    /// The one that is to hold.
    pub chosen: Password,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum ResetOutcome {
    /// The password is another one.
    Done(Box<Account>),
    /// The code is right and still good; the account's owner may not choose this password.
    Unsuitable(ValueRefusal),
}

impl People {
    /// Keeps that somebody forgot the password of this address, whether an account has it or not: the same work for each.
    ///
    /// # Errors
    /// [`IdentityError::Sealing`], and faults of the database.
    pub async fn request_password_reset(&self, email: &Email, now: Timestamp) -> Result<(), IdentityError> {
        let id = random::id_at(now);
        let context = id.to_string();
        let sealed = self
            .master_keys()
            .seal(PURPOSE, context.as_bytes(), email.as_str().as_bytes())?;
        sqlx::query(
            "insert into identity.password_reset_requests (id, sealed, requested_at) values ($1, $2, $3)",
        )
        .bind(id)
        .bind(sealed)
        .bind(sql(now))
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Takes the oldest request there is and has a code sent, where the address is an active account's, which holds it or alone claims it, and the next code need not wait;
    /// false where there is none. Request, code and mail change in one transaction.
    ///
    /// # Errors
    /// Faults of the database. A request that does not open is forgotten.
    pub async fn answer_reset_request(&self, now: Timestamp) -> Result<bool, IdentityError> {
        let mut tx = self.pool().begin().await?;
        let row = sqlx::query(
            "delete from identity.password_reset_requests where id = ( \
                 select id from identity.password_reset_requests order by requested_at limit 1 for update skip locked) \
             returning id, sealed, requested_at",
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let (id, sealed): (Uuid, Vec<u8>) = (row.try_get("id")?, row.try_get("sealed")?);
        let is_late = now.duration_since(instant(&row, "requested_at")?) > REQUEST_LASTS;
        let opened = self
            .master_keys()
            .open(PURPOSE, id.to_string().as_bytes(), &sealed);
        match opened.map(|plain| String::from_utf8(plain.to_vec())) {
            Ok(Ok(email)) if !is_late => {
                let email = Email::stored(email);
                self.issue_reset_code(&mut tx, &email, now).await?;
            }
            Ok(_) => {}
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "A request for a reset of a password does not open and is forgotten"
            ),
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn issue_reset_code(
        &self,
        connection: &mut PgConnection,
        email: &Email,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        let account = self.account_with_email(email).await?;
        if let Some(account) = account.filter(|account| account.active) {
            let issued = self
                .issue_code(
                    connection,
                    CodePurpose::PasswordReset,
                    (account.id, email.clone().into()),
                    now,
                )
                .await?;
            if issued {
                info!(account.id = %account.id, "Account {} is sent a code for another password", account.id);
            }
        }
        Ok(())
    }

    /// Replaces the password by what the right code brings: ends every session, forgets known devices and sign-ins that wait, and leaves the
    /// second factor as it is, unless the address is proven by this for the first time: then all that was set up before ends. That it was asked for, and what came of it, stands in the audit trail.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongCode`] whatever was wrong, an unknown address and a deactivated account among it;
    /// [`IdentityError::Busy`], and faults.
    pub async fn reset_password(
        &self,
        reset: &PasswordReset,
        (origin, place): (&EventOrigin, Place),
        now: Timestamp,
    ) -> Result<ResetOutcome, IdentityError> {
        let Some(account) = self.account_of_code(reset, origin, now).await? else {
            return Err(IdentityRefusal::WrongCode.into());
        };
        if let Err(refusal) = reset.chosen.suits(account.role, &account.own_words()) {
            self.give_try_back(CodePurpose::PasswordReset, account.id).await?;
            return Ok(ResetOutcome::Unsuitable(refusal));
        }
        let hash = self
            .hash_for((account.id, &reset.email), &reset.chosen, place)
            .await?;
        let mut tx = self.pool().begin().await?;
        let brought = (reset.email.as_str(), &reset.code);
        let purpose = CodePurpose::PasswordReset;
        if !self.prove_email(&mut tx, account.id, &reset.email, now).await? {
            return Err(IdentityRefusal::WrongCode.into());
        }
        if !self.use_up_code(&mut tx, purpose, account.id, brought).await? {
            return Err(IdentityRefusal::WrongCode.into());
        }
        sqlx::query(
            "update identity.credentials set password_hash = $2, changed_at = $3 where account_id = $1",
        )
        .bind(account.id.uuid())
        .bind(hash.phc)
        .bind(sql(now))
        .execute(&mut *tx)
        .await?;
        let ended = end_sessions(&mut tx, account.id, SessionScope::All, "password_reset", now).await?;
        forget_devices(&mut tx, account.id).await?;
        let event = NewSecurityEvent::new(SecurityEvent::PasswordReset, origin.clone());
        let mut event = event.by(Some((account.id, account.role)));
        if !account.holds_email() {
            // Whoever set it up may be somebody else.
            end_what_was_set_up(&mut tx, account.id, now).await?;
            event.purpose = Some(Cow::Borrowed("first_proof"));
        }
        trail_writer::insert(&mut tx, &event, &[account.id.uuid()], &[]).await?;
        self.notify(&mut tx, account.id, MailContent::PasswordReset, now)
            .await?;
        tx.commit().await?;
        self.refuse_tokens_of(&ended, now);
        info!(account.id = %account.id, "Account {} has another password by a code; {} sessions ended", account.id, ended.len());
        Ok(ResetOutcome::Done(Box::new(account)))
    }

    /// Whose right code it is. Counted and written down in one commit, whether an account has the address or not.
    async fn account_of_code(
        &self,
        reset: &PasswordReset,
        origin: &EventOrigin,
        now: Timestamp,
    ) -> Result<Option<Account>, IdentityError> {
        let mut tx = self.pool().begin().await?;
        let brought = (&reset.email, &reset.code, None);
        let found = self
            .try_code(&mut tx, CodePurpose::PasswordReset, brought, now)
            .await?;
        let Some(id) = found else {
            let mut event = NewSecurityEvent::new(SecurityEvent::PasswordResetWrongCode, origin.clone());
            event.typed_hash = typed_hash(self.master_keys(), &reset.email);
            trail_writer::insert(&mut tx, &event, &[], &[]).await?;
            tx.commit().await?;
            return Ok(None);
        };
        tx.commit().await?;
        let account = self.account(id).await?;
        Ok(account.filter(|account| account.active))
    }
}

/// Ends what whoever had the account before the address was proven may have set up to stay in it, or to be paid by it: second factors and
/// their codes, the calendar's link, apps that may act, bank accounts, an erasure that waits, and what was proven of the number.
async fn end_what_was_set_up(
    connection: &mut PgConnection,
    id: AccountId,
    now: Timestamp,
) -> Result<(), IdentityError> {
    forget_factor(&mut *connection, id, &["totp_secrets", "passkeys"], now).await?;
    for statement in [
        "delete from identity.calendar_links where account_id = $1",
        "delete from identity.app_link_codes where patient_id = $1",
        "delete from identity.app_links where patient_id = $1",
        "delete from identity.one_time_codes where account_id = $1",
        "delete from identity.payout_destinations where owner_id = $1",
        "delete from identity.known_bank_accounts where owner_id = $1",
        "update identity.contacts set phone_proven_at = null where account_id = $1",
    ] {
        sqlx::query(statement)
            .bind(id.uuid())
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(
        "update identity.erasures set state = 'withdrawn', withdrawn_at = $2 \
         where subject_id = $1 and requested_by = $1 and state = 'waiting'",
    )
    .bind(id.uuid())
    .bind(sql(now))
    .execute(connection)
    .await?;
    Ok(())
}
