//! Second factors: an authenticator app, with codes for when it is lost.

use domain::ids::{AccountId, SessionId};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Postgres, Row, Transaction};
use tracing::info;

use super::audit_trail::OperatorAct;
use super::factor_codes::{forget_codes_without_factor, has_second_factor, renew_recovery_codes};
use super::known_devices::forget_devices;
use super::outgoing_mail::MailContent;
use super::own_sessions::{SessionScope, end_sessions};
use super::refresh::Device;
use super::rows::{instant, maybe_instant, sql};
use super::security_events::{AuditActor, AuditTarget, SecurityEvent};
use super::{Account, People, SignedIn, trail_writer};
use crate::passwords::Verdict;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::tokens::Proof;
use crate::totp::TotpSecret;
use crate::turns::Place;
use crate::values::factor_code::{FactorCode, RecoveryCode};
use crate::values::password::Password;

/// Why sessions end where a factor came or went.
pub(super) const FACTOR_CHANGED: &str = "second_factor_changed";
/// How long an app may take to show its first code.
const CONFIRMED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// The second factor of an account: an app, passkeys, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Since when it counts.
    pub confirmed_at: Timestamp,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u32,
}

/// An app that is about to be enrolled.
#[derive(Clone, Debug)]
pub struct TotpEnrolment {
    /// For the app; it is told this once.
    pub secret: TotpSecret,
    /// The same as a QR code holds it.
    pub uri: String,
    /// Until when its first code is waited for.
    pub expires_at: Timestamp,
}

/// A new session, and the recovery codes that were made with it.
#[derive(Clone, Debug)]
pub struct WithRecoveryCodes {
    /// Every other session has ended.
    pub signed_in: SignedIn,
    /// To be shown once: nobody can tell them again.
    pub recovery_codes: Vec<RecoveryCode>,
}

/// Who resets whose second factor.
#[derive(Clone, Copy, Debug)]
pub struct FactorReset<'a> {
    /// The admin, on which request.
    pub by: &'a AuditActor,
    /// Whose it is.
    pub account_id: AccountId,
}

impl People {
    /// The account's second factor, if it has one.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn second_factor(&self, id: AccountId) -> Result<Option<SecondFactor>, IdentityError> {
        let row = sqlx::query(
            "select since.at as confirmed_at, (select count(*) from identity.recovery_codes \
                 where account_id = $1 and used_at is null) as recovery_codes \
             from (select min(at) as at from ( \
                 select confirmed_at as at from identity.totp_secrets where account_id = $1 \
                 union all select created_at from identity.passkeys where account_id = $1) factors) since \
             where since.at is not null",
        )
        .bind(id.uuid())
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let left: i64 = row.try_get("recovery_codes")?;
        Ok(Some(SecondFactor {
            confirmed_at: instant(&row, "confirmed_at")?,
            recovery_codes_left: u32::try_from(left).unwrap_or_default(),
        }))
    }

    /// Begins to enrol an app as the account's first factor; one that was begun before and not confirmed is forgotten.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongPassword`], [`IdentityRefusal::SecondFactorExists`], and faults.
    pub async fn enrol_totp(
        &self,
        id: AccountId,
        password: &Password,
        now: Timestamp,
    ) -> Result<TotpEnrolment, IdentityError> {
        let (account, _) = self.check_password(id, password).await?;
        if self.has_second_factor(id).await? {
            return Err(IdentityRefusal::SecondFactorExists.into());
        }
        self.begin_totp(&account, TotpSecret::fresh(), now).await
    }

    /// The same for somebody who is signed in and may have passkeys: beside these the password is no proof, and a fresh one is due.
    ///
    /// # Errors
    /// As [`People::enrol_totp`], and [`IdentityRefusal::ProofRequired`].
    pub async fn enrol_totp_in(
        &self,
        (id, session): (AccountId, SessionId),
        password: &Password,
        now: Timestamp,
    ) -> Result<TotpEnrolment, IdentityError> {
        let (account, _) = self.check_password(id, password).await?;
        if self.has_second_factor(id).await? {
            self.require_fresh_proof(session, now).await?;
        }
        self.begin_totp(&account, TotpSecret::fresh(), now).await
    }

    /// The same with a secret that is known already and counts at once: for the demo's people alone.
    ///
    /// # Errors
    /// [`IdentityRefusal::SecondFactorExists`], and faults.
    pub async fn seed_totp(
        &self,
        account: &Account,
        secret: TotpSecret,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        self.begin_totp(account, secret, now).await?;
        let mut connection = self.pool().acquire().await?;
        confirm(&mut connection, account.id, 0, now).await?;
        Ok(())
    }

    async fn begin_totp(
        &self,
        account: &Account,
        secret: TotpSecret,
        now: Timestamp,
    ) -> Result<TotpEnrolment, IdentityError> {
        let sealed = self.seal_totp(account.id, &secret)?;
        let begun = sqlx::query(
            "insert into identity.totp_secrets (account_id, sealed, created_at) values ($1, $2, $3) \
             on conflict (account_id) do update set sealed = excluded.sealed, created_at = excluded.created_at, \
                 last_step = 0 where totp_secrets.confirmed_at is null",
        )
        .bind(account.id.uuid())
        .bind(sealed)
        .bind(sql(now))
        .execute(self.pool())
        .await?;
        if begun.rows_affected() == 0 {
            return Err(IdentityRefusal::SecondFactorExists.into());
        }
        Ok(TotpEnrolment {
            uri: secret.uri(account.email.as_str()),
            secret,
            expires_at: now.checked_add(CONFIRMED_WITHIN).unwrap_or(Timestamp::MAX),
        })
    }

    /// The app showed its first code: from now on it counts. Every session ends and a new one is opened, with recovery codes.
    ///
    /// # Errors
    /// As [`People::confirm_totp_elsewhere`].
    pub async fn confirm_totp(
        &self,
        id: AccountId,
        code: &FactorCode,
        device: &Device,
        now: Timestamp,
    ) -> Result<WithRecoveryCodes, IdentityError> {
        let account = self.active_account(id).await?;
        let recovery_codes = self.confirm_totp_elsewhere(id, code, now).await?;
        let signed_in = self
            .start_session(account, device, None, Proof::SecondFactor, now)
            .await?;
        Ok(WithRecoveryCodes {
            signed_in,
            recovery_codes,
        })
    }

    /// The same without a new session, for the command line: answers the recovery codes.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSecondFactor`] where none was begun, or too long ago; [`IdentityRefusal::SecondFactorExists`],
    /// [`IdentityRefusal::WrongCode`], [`IdentityRefusal::Deactivated`], and faults.
    pub async fn confirm_totp_elsewhere(
        &self,
        id: AccountId,
        code: &FactorCode,
        now: Timestamp,
    ) -> Result<Vec<RecoveryCode>, IdentityError> {
        let mut tx = self.pool().begin().await?;
        let row = sqlx::query(
            "select sealed, created_at, confirmed_at from identity.totp_secrets where account_id = $1 for update",
        )
        .bind(id.uuid())
        .fetch_optional(&mut *tx)
        .await?;
        let row = row.ok_or(IdentityRefusal::NoSecondFactor)?;
        if maybe_instant(&row, "confirmed_at")?.is_some() {
            return Err(IdentityRefusal::SecondFactorExists.into());
        }
        if now.duration_since(instant(&row, "created_at")?) > CONFIRMED_WITHIN {
            return Err(IdentityRefusal::NoSecondFactor.into());
        }
        let secret = self.open_totp(id, row.try_get("sealed")?)?;
        let step = match code {
            FactorCode::Totp(code) => secret.step_of_code(*code, 0, now),
            FactorCode::Recovery(_) => None,
        };
        confirm(&mut tx, id, step.ok_or(IdentityRefusal::WrongCode)?, now).await?;
        let recovery_codes = renew_recovery_codes(&mut tx, id).await?;
        let ended = end_sessions(&mut tx, id, SessionScope::All, FACTOR_CHANGED, now).await?;
        // Whoever knew the password before is not to try codes as somebody known.
        forget_devices(&mut tx, id).await?;
        self.notify(&mut tx, id, MailContent::SecondFactorAdded, now)
            .await?;
        tx.commit().await?;
        self.refuse_tokens_of(&ended, now);
        info!(account.id = %id, "Account {id} has a second factor; {} sessions ended", ended.len());
        Ok(recovery_codes)
    }

    /// Makes recovery codes in the place of those that were there.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSecondFactor`], [`IdentityRefusal::WrongPassword`], [`IdentityRefusal::WrongCode`], and faults.
    pub async fn renew_recovery_codes(
        &self,
        id: AccountId,
        (password, code): (&Password, &FactorCode),
        now: Timestamp,
    ) -> Result<Vec<RecoveryCode>, IdentityError> {
        let (mut tx, _) = self.check_both(id, (password, code), now).await?;
        let codes = renew_recovery_codes(&mut tx, id).await?;
        tx.commit().await?;
        info!(account.id = %id, "Account {id} has other recovery codes");
        Ok(codes)
    }

    /// Takes the app away from whoever proves that both are theirs; recovery codes go with the last factor. Every session ends and a new one is opened.
    ///
    /// # Errors
    /// As [`People::renew_recovery_codes`], and [`IdentityRefusal::Deactivated`].
    pub async fn remove_second_factor(
        &self,
        id: AccountId,
        (password, code): (&Password, &FactorCode),
        device: &Device,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let (mut tx, account) = self.check_both(id, (password, code), now).await?;
        let ended = forget_factor(&mut tx, id, &["totp_secrets"], now).await?;
        self.notify(&mut tx, id, MailContent::SecondFactorRemoved, now)
            .await?;
        // With passkeys it has one still, and a code was proven.
        let proof = match has_second_factor(&mut tx, id).await? {
            true => Proof::SecondFactor,
            false => Proof::Password,
        };
        tx.commit().await?;
        self.refuse_tokens_of(&ended, now);
        info!(account.id = %id, "Account {id} has no authenticator app any more; {} sessions ended", ended.len());
        self.start_session(account, device, None, proof, now).await
    }

    /// Takes somebody's second factor away, app and passkeys, as an admin's act, which stands in the audit trail or nothing happens: for whoever has lost
    /// app and codes. Every session of theirs ends, devices are known no longer; they sign in with the password alone.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchAccount`], [`IdentityRefusal::OwnFactor`], [`IdentityRefusal::NoSecondFactor`], and faults.
    pub async fn reset_second_factor(
        &self,
        reset: FactorReset<'_>,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        let id = reset.account_id;
        self.account(id).await?.ok_or(IdentityRefusal::NoSuchAccount)?;
        if reset.by.account_id == id {
            return Err(IdentityRefusal::OwnFactor.into());
        }
        self.active_account(reset.by.account_id).await?;
        let mut tx = self.pool().begin().await?;
        if !has_second_factor(&mut tx, id).await? {
            return Err(IdentityRefusal::NoSecondFactor.into());
        }
        let act = OperatorAct::ResetSecondFactor.event(
            reset.by,
            SecurityEvent::ActDone,
            AuditTarget::new("account", id),
        );
        trail_writer::insert(&mut tx, &act, &[id.uuid()], &[]).await?;
        let ended = forget_factor(&mut tx, id, &["totp_secrets", "passkeys"], now).await?;
        self.notify(&mut tx, id, MailContent::SecondFactorReset, now)
            .await?;
        tx.commit().await?;
        self.refuse_tokens_of(&ended, now);
        info!(account.id = %id, actor.id = %reset.by.account_id, "The second factor of account {id} was reset");
        Ok(())
    }

    /// The account whose password this is, with the hash that is stored of it.
    pub(super) async fn check_password(
        &self,
        id: AccountId,
        password: &Password,
    ) -> Result<(Account, String), IdentityError> {
        let account = self.active_account(id).await?;
        let stored: Option<String> =
            sqlx::query_scalar("select password_hash from identity.credentials where account_id = $1")
                .bind(id.uuid())
                .fetch_optional(self.pool())
                .await?;
        let stored = stored.ok_or(IdentityRefusal::WrongPassword)?;
        let checking = self.inner.hasher.check(password, stored.clone(), Place::KNOWN);
        match checking.await? {
            Verdict::Wrong => Err(IdentityRefusal::WrongPassword.into()),
            Verdict::Right | Verdict::RightButWeak => Ok((account, stored)),
        }
    }

    /// Whose password and code these are; the code is used up where the transaction is committed. It begins after the password was
    /// checked: who waits for that holds no connection.
    async fn check_both(
        &self,
        id: AccountId,
        (password, code): (&Password, &FactorCode),
        now: Timestamp,
    ) -> Result<(Transaction<'static, Postgres>, Account), IdentityError> {
        if !self.has_second_factor(id).await? {
            return Err(IdentityRefusal::NoSecondFactor.into());
        }
        let (account, _) = self.check_password(id, password).await?;
        let mut tx = self.pool().begin().await?;
        if self.use_code(&mut tx, id, code, now).await? {
            Ok((tx, account))
        } else {
            Err(IdentityRefusal::WrongCode.into())
        }
    }
}

async fn confirm(
    connection: &mut PgConnection,
    id: AccountId,
    step: i64,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("update identity.totp_secrets set confirmed_at = $2, last_step = $3 where account_id = $1")
        .bind(id.uuid())
        .bind(sql(now))
        .bind(step)
        .execute(connection)
        .await
        .map(drop)
}

/// What stands in these tables is gone, whoever was signed in, and the devices that were known; with the last factor its codes.
pub(super) async fn forget_factor(
    connection: &mut PgConnection,
    id: AccountId,
    tables: &[&str],
    now: Timestamp,
) -> Result<Vec<SessionId>, sqlx::Error> {
    for table in [tables, &["pending_sign_ins", "passkey_challenges"]].concat() {
        sqlx::query(&format!("delete from identity.{table} where account_id = $1"))
            .bind(id.uuid())
            .execute(&mut *connection)
            .await?;
    }
    forget_codes_without_factor(&mut *connection, id).await?;
    forget_devices(&mut *connection, id).await?;
    end_sessions(connection, id, SessionScope::All, FACTOR_CHANGED, now).await
}
