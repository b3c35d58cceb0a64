//! Secrets of apps: 256 random bits behind a prefix, of which a keyed hash is kept. Two live together while a program changes over.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::ids::{AppId, AppSecretId};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Row};
use tracing::info;

use super::super::People;
use super::super::rows::{instant, maybe_instant, sql};
use super::{AppError, AppMade, AppRefusal};
use crate::opaque::OpaqueToken;
use crate::random;
use crate::refusal::IdentityError;

/// How many secrets of an app live at once at most.
pub const SECRETS_MAX: usize = 2;
/// For how many hours the secret of before goes on beside a new one at most.
pub const OVERLAP_HOURS_MAX: i64 = 30 * 24;
/// In which index their keyed hashes are.
const INDEX: &str = "app secret";

/// What an app signs in with; never shown in `Debug` output.
#[derive(Clone, Debug)]
pub struct AppSecret(OpaqueToken);

impl AppSecret {
    /// Tells a secret from tokens at a glance, also for secret scanners.
    pub const PREFIX: &str = "tota_";

    /// Reads a secret; none of what does not look like one.
    pub fn parse(raw: &str) -> Option<Self> {
        OpaqueToken::parse(Self::PREFIX, raw).map(Self)
    }

    /// The secret itself, for the one answer it belongs into.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    fn fresh() -> Self {
        Self(OpaqueToken::fresh(Self::PREFIX))
    }
}

/// What may be told of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppSecretEntry {
    pub id: AppSecretId,
    pub created_at: Timestamp,
    /// From when on it is good for nothing, where that is said.
    pub ends_at: Option<Timestamp>,
}

impl People {
    /// Gives an app a new secret; the one it has goes on for `overlap_hours`, and ends at once where that is 0.
    ///
    /// # Errors
    /// [`AppRefusal::NoSuchApp`], [`AppRefusal::Deactivated`], [`AppRefusal::TooManySecrets`], and faults.
    pub async fn rotate_app_secret(
        &self,
        id: AppId,
        overlap_hours: i64,
        now: Timestamp,
    ) -> Result<AppMade, AppError> {
        let mut tx = self.pool().begin().await?;
        // One after the other, so that no crowd of them passes the limit.
        let row = sqlx::query("select deactivated_at from identity.apps where id = $1 for no key update")
            .bind(id.uuid())
            .fetch_optional(&mut *tx)
            .await?;
        let row = row.ok_or(AppRefusal::NoSuchApp)?;
        if maybe_instant(&row, "deactivated_at")?.is_some() {
            return Err(AppRefusal::Deactivated.into());
        }
        let overlap = SignedDuration::from_hours(overlap_hours.clamp(0, OVERLAP_HOURS_MAX));
        let ends_at = now.checked_add(overlap).unwrap_or(Timestamp::MAX);
        sqlx::query(
            "update identity.app_secrets set ends_at = least(ends_at, $2) \
             where app_id = $1 and (ends_at is null or ends_at > $2)",
        )
        .bind(id.uuid())
        .bind(sql(ends_at))
        .execute(&mut *tx)
        .await?;
        if living(&mut tx, id, now).await?.len() >= SECRETS_MAX {
            return Err(AppRefusal::TooManySecrets.into());
        }
        let secret = self.add_secret(&mut tx, id, now).await?;
        tx.commit().await?;
        info!(app.id = %id, "App {id} has a new secret");
        let app = self.app(id, now).await?;
        Ok(AppMade { app, secret })
    }

    /// Ends a secret at once, and with it the tokens that were had by it.
    ///
    /// # Errors
    /// [`AppRefusal::NoSuchSecret`], and faults.
    pub async fn revoke_app_secret(
        &self,
        id: AppId,
        secret: AppSecretId,
        now: Timestamp,
    ) -> Result<super::App, AppError> {
        let ended = sqlx::query(
            "update identity.app_secrets set ends_at = $3 where id = $2 and app_id = $1 and (ends_at is null or ends_at > $3)",
        )
        .bind(id.uuid())
        .bind(secret.uuid())
        .bind(sql(now))
        .execute(self.pool())
        .await?;
        if ended.rows_affected() == 0 {
            return Err(AppRefusal::NoSuchSecret.into());
        }
        info!(app.id = %id, "A secret of app {id} was revoked");
        self.app(id, now).await
    }

    pub(super) async fn add_secret(
        &self,
        connection: &mut PgConnection,
        app: AppId,
        now: Timestamp,
    ) -> Result<AppSecret, IdentityError> {
        let secret = AppSecret::fresh();
        sqlx::query(
            "insert into identity.app_secrets (id, app_id, digest, created_at) values ($1, $2, $3, $4)",
        )
        .bind(random::id_at(now))
        .bind(app.uuid())
        .bind(self.app_secret_digest(secret.expose()).await?)
        .bind(sql(now))
        .execute(connection)
        .await?;
        Ok(secret)
    }

    /// Which of an app's living secrets this is; the work is the same whether there is such an app or not.
    pub(super) async fn matching_secret(
        &self,
        app: AppId,
        raw: &str,
        now: Timestamp,
    ) -> Result<Option<AppSecretEntry>, IdentityError> {
        let given = self.app_secret_digest(raw).await?;
        let rows = sqlx::query(
            "select s.id, s.created_at, s.ends_at, s.digest from identity.app_secrets s \
             join identity.apps a on a.id = s.app_id and a.deactivated_at is null \
             where s.app_id = $1 and (s.ends_at is null or s.ends_at > $2)",
        )
        .bind(app.uuid())
        .bind(sql(now))
        .fetch_all(self.pool())
        .await?;
        let mut found = None;
        for row in &rows {
            let digest: Vec<u8> = row.try_get("digest")?;
            if verify_slices_are_equal(&digest, &given).is_ok() {
                found = Some(entry(row)?);
            }
        }
        Ok(found)
    }

    async fn app_secret_digest(&self, raw: &str) -> Result<Vec<u8>, IdentityError> {
        Ok(self.blind_index().await?.digest(INDEX, raw))
    }
}

/// The secrets of an app that have not ended, the older one first.
pub(super) async fn living(
    connection: &mut PgConnection,
    app: AppId,
    now: Timestamp,
) -> Result<Vec<AppSecretEntry>, sqlx::Error> {
    let rows = sqlx::query(
        "select id, created_at, ends_at from identity.app_secrets \
         where app_id = $1 and (ends_at is null or ends_at > $2) order by created_at, id",
    )
    .bind(app.uuid())
    .bind(sql(now))
    .fetch_all(connection)
    .await?;
    rows.iter().map(entry).collect()
}

pub(super) async fn end_all(
    connection: &mut PgConnection,
    app: AppId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update identity.app_secrets set ends_at = $2 where app_id = $1 and (ends_at is null or ends_at > $2)",
    )
    .bind(app.uuid())
    .bind(sql(now))
    .execute(connection)
    .await
    .map(drop)
}

fn entry(row: &sqlx::postgres::PgRow) -> Result<AppSecretEntry, sqlx::Error> {
    Ok(AppSecretEntry {
        id: AppSecretId::from_uuid(row.try_get("id")?),
        created_at: instant(row, "created_at")?,
        ends_at: maybe_instant(row, "ends_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_and_shows_itself_to_nobody() {
        let secret = AppSecret::fresh();
        assert!(secret.expose().starts_with("tota_"));
        assert_eq!(
            AppSecret::parse(secret.expose()).unwrap().expose(),
            secret.expose()
        );
        let bare = &secret.expose()[AppSecret::PREFIX.len()..];
        assert!(!format!("{secret:?}").contains(bare));
        for raw in [
            "",
            AppSecret::PREFIX,
            bare,
            &secret.expose().replace("tota_", "totr_"),
        ] {
            assert!(AppSecret::parse(raw).is_none(), "{raw}");
        }
    }
}
