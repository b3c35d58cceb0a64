//! The codes of second factors: kept, used up, made anew.

use domain::ids::AccountId;
use jiff::Timestamp;
use sqlx::{PgConnection, Row};

use super::People;
use super::rows::sql;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::totp::TotpSecret;
use crate::values::factor_code::{FactorCode, RecoveryCode};

/// Recovery codes that an account gets at once.
pub const RECOVERY_CODES: usize = 10;
/// Whether the account `$1` has a second factor: an app that was confirmed, or a passkey.
pub(super) const HAS_FACTOR: &str = "(exists (select from identity.totp_secrets where account_id = $1 and confirmed_at is not null) \
     or exists (select from identity.passkeys where account_id = $1))";
/// What secrets of apps are sealed for.
pub(super) const PURPOSE: &str = "totp-secret";

impl People {
    pub(super) async fn has_second_factor(&self, id: AccountId) -> Result<bool, IdentityError> {
        let mut connection = self.pool().acquire().await?;
        Ok(has_second_factor(&mut connection, id).await?)
    }

    /// Uses up a code of somebody whose password was right.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongCode`], and faults.
    pub async fn take_code(
        &self,
        id: AccountId,
        code: &FactorCode,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        let mut tx = self.pool().begin().await?;
        if !self.use_code(&mut tx, id, code, now).await? {
            return Err(IdentityRefusal::WrongCode.into());
        }
        Ok(tx.commit().await?)
    }

    /// Uses a code up; false if it is none of the account's, or was used. Under a lock, so that one code opens one thing.
    pub(super) async fn use_code(
        &self,
        connection: &mut PgConnection,
        id: AccountId,
        code: &FactorCode,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let used = match code {
            FactorCode::Totp(code) => {
                let row = sqlx::query(
                    "select sealed, last_step from identity.totp_secrets \
                     where account_id = $1 and confirmed_at is not null for update",
                )
                .bind(id.uuid())
                .fetch_optional(&mut *connection)
                .await?;
                let Some(row) = row else { return Ok(false) };
                let secret = self.open_totp(id, row.try_get("sealed")?)?;
                let Some(step) = secret.step_of_code(*code, row.try_get("last_step")?, now) else {
                    return Ok(false);
                };
                sqlx::query("update identity.totp_secrets set last_step = $2 where account_id = $1")
                    .bind(id.uuid())
                    .bind(step)
            }
            // There are some where there is a factor, whichever it is.
            FactorCode::Recovery(code) => sqlx::query(
                "update identity.recovery_codes set used_at = $3 \
                 where account_id = $1 and digest = $2 and used_at is null",
            )
            .bind(id.uuid())
            .bind(code.digest().to_vec())
            .bind(sql(now)),
        };
        Ok(used.execute(connection).await?.rows_affected() > 0)
    }

    /// Sealed for this account alone: copied to another it does not open.
    pub(super) fn seal_totp(&self, id: AccountId, secret: &TotpSecret) -> Result<Vec<u8>, IdentityError> {
        let master = &self.inner.master;
        Ok(master.seal(PURPOSE, id.to_string().as_bytes(), secret.bytes())?)
    }

    pub(super) fn open_totp(&self, id: AccountId, sealed: Vec<u8>) -> Result<TotpSecret, IdentityError> {
        let opened = self
            .inner
            .master
            .open(PURPOSE, id.to_string().as_bytes(), &sealed)?;
        TotpSecret::of(&opened).ok_or_else(|| super::rows::unreadable("sealed").into())
    }
}

pub(super) async fn has_second_factor(
    connection: &mut PgConnection,
    id: AccountId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(&format!("select {HAS_FACTOR}"))
        .bind(id.uuid())
        .fetch_one(connection)
        .await
}

/// Recovery codes in the place of those that were there.
pub(super) async fn renew_recovery_codes(
    connection: &mut PgConnection,
    id: AccountId,
) -> Result<Vec<RecoveryCode>, sqlx::Error> {
    let codes: Vec<RecoveryCode> = std::iter::repeat_with(RecoveryCode::fresh)
        .take(RECOVERY_CODES)
        .collect();
    let digests: Vec<Vec<u8>> = codes.iter().map(|code| code.digest().to_vec()).collect();
    sqlx::query("delete from identity.recovery_codes where account_id = $1")
        .bind(id.uuid())
        .execute(&mut *connection)
        .await?;
    sqlx::query("insert into identity.recovery_codes (account_id, digest) select $1, unnest($2)")
        .bind(id.uuid())
        .bind(digests)
        .execute(connection)
        .await?;
    Ok(codes)
}

/// Recovery codes go with the last factor.
pub(super) async fn forget_codes_without_factor(
    connection: &mut PgConnection,
    id: AccountId,
) -> Result<(), sqlx::Error> {
    sqlx::query(&format!(
        "delete from identity.recovery_codes where account_id = $1 and not {HAS_FACTOR}"
    ))
    .bind(id.uuid())
    .execute(connection)
    .await
    .map(drop)
}
