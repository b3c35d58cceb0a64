//! Devices on which somebody signed in before.

use domain::ids::AccountId;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::People;
use super::rows::sql;
use super::sealed_contacts::ContactField;
use crate::opaque::{self, OpaqueToken};
use crate::refusal::IdentityError;
use crate::values::contact::Email;

/// Devices of one account that are remembered; the one unused for longest is forgotten first.
const DEVICES_MAX: i64 = 20;
/// Days after which a device that nobody signs in on is forgotten.
const DAYS_KEPT: i64 = 180;

/// What tells a device on which somebody signed in before: an opaque 256-bit token that opens nothing by itself; never shown in
/// `Debug` output.
#[derive(Clone, Debug)]
pub struct DeviceToken(OpaqueToken);

impl DeviceToken {
    /// Tells it from other tokens at a glance, also for secret scanners.
    pub const PREFIX: &str = "totd_";
    /// So many characters of base64url stand behind it: 256 bits.
    pub const ENCODED_CHARS: usize = opaque::ENCODED_CHARS;

    /// Reads a token; nothing of what does not look like one.
    pub fn parse(raw: &str) -> Option<Self> {
        OpaqueToken::parse(Self::PREFIX, raw).map(Self)
    }

    /// The token itself, for the one answer it belongs into.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored in its place.
    pub fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }

    fn fresh() -> Self {
        Self(OpaqueToken::fresh(Self::PREFIX))
    }
}

impl People {
    /// Whether an account of this address was signed in to on this device, and not too long ago.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn knows_device(
        &self,
        email: &Email,
        token: &DeviceToken,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let index = ContactField::Email.index(self.blind_index().await?, email.as_str());
        let known = sqlx::query_scalar(
            "select exists (select from identity.known_devices d join identity.contacts c on c.account_id = d.account_id \
             where d.digest = $1 and c.email_index = $2 and d.last_used_at > $3)",
        )
        .bind(&token.digest()[..])
        .bind(index)
        .bind(sql(kept_since(now)))
        .fetch_one(self.pool())
        .await?;
        Ok(known)
    }

    /// Whether this account was.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn knows_device_of(
        &self,
        id: AccountId,
        token: &DeviceToken,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let known = sqlx::query_scalar(
            "select exists (select from identity.known_devices where digest = $1 and account_id = $2 and last_used_at > $3)",
        )
        .bind(&token.digest()[..])
        .bind(id.uuid())
        .bind(sql(kept_since(now)))
        .fetch_one(self.pool())
        .await?;
        Ok(known)
    }

    /// Remembers that the account was signed in to on the device of `token`, or on a new one, whose token is answered; another
    /// account's token is as good as none.
    pub(super) async fn remember_device(
        &self,
        id: AccountId,
        token: Option<&DeviceToken>,
        now: Timestamp,
    ) -> Result<DeviceToken, IdentityError> {
        let mut tx = self.pool().begin().await?;
        if let Some(token) = token {
            let used = sqlx::query(
                "update identity.known_devices set last_used_at = $3 where digest = $1 and account_id = $2",
            )
            .bind(&token.digest()[..])
            .bind(id.uuid())
            .bind(sql(now))
            .execute(&mut *tx)
            .await?;
            if used.rows_affected() > 0 {
                tx.commit().await?;
                return Ok(token.clone());
            }
        }
        let token = DeviceToken::fresh();
        sqlx::query(
            "insert into identity.known_devices (digest, account_id, created_at, last_used_at) values ($1, $2, $3, $3)",
        )
        .bind(&token.digest()[..])
        .bind(id.uuid())
        .bind(sql(now))
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "delete from identity.known_devices where account_id = $1 and (last_used_at <= $2 or digest in ( \
                 select digest from identity.known_devices where account_id = $1 \
                 order by last_used_at desc, created_at desc offset $3))",
        )
        .bind(id.uuid())
        .bind(sql(kept_since(now)))
        .bind(DEVICES_MAX)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(token)
    }
}

/// No device is known any more: whoever knew the old password may hold the token of one.
pub(super) async fn forget_devices(connection: &mut PgConnection, id: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query("delete from identity.known_devices where account_id = $1")
        .bind(id.uuid())
        .execute(connection)
        .await
        .map(drop)
}

pub(super) fn kept_since(now: Timestamp) -> Timestamp {
    let kept = SignedDuration::from_hours(DAYS_KEPT * 24);
    now.checked_sub(kept).unwrap_or(Timestamp::MIN)
}
