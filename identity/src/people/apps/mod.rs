//! Apps: third parties' programs, made by admins, that sign in with credentials of their own and act for patients who agreed (ADR 43).

pub mod links;
pub mod secrets;
pub mod sign_in;

use domain::apps::{AppScope, AppScopes};
use domain::ids::{AccountId, AppId};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use tracing::info;

use super::audit_trail::OperatorAct;
use super::rows::{instant, maybe_instant, sql, unreadable};
use super::security_events::{AuditActor, AuditTarget, SecurityEvent};
use super::{People, trail_writer};
use crate::random;
use crate::refusal::IdentityError;
use crate::values::app_name::AppName;
use secrets::{AppSecret, AppSecretEntry};

/// The most requests, and the most writes, that an app may be let make in a minute.
pub const RATE_MAX: u32 = 100_000;

/// A business "no" about apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppRefusal {
    #[error("there is no such app")]
    NoSuchApp,
    #[error("this app has no such secret, or it has ended")]
    NoSuchSecret,
    #[error("this app is deactivated; reactivate it first")]
    Deactivated,
    #[error("this app has two secrets already: revoke one of them first")]
    TooManySecrets,
    /// The code was never made, was used, has expired or is for another app; which is not told.
    #[error("this code is not valid: it is taken once, within ten minutes, from the app it was made for")]
    WrongLinkCode,
}

/// What a call about apps may fail with.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A "no" to show to the caller.
    #[error("{0}")]
    Refused(#[from] AppRefusal),
    /// As everywhere in this crate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        Self::Identity(error.into())
    }
}

/// How much an app may ask in a minute, of its own; each 1 to [`RATE_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppLimits {
    pub requests_per_minute: u32,
    /// Of these, how many may change something.
    pub writes_per_minute: u32,
}

/// An app that is to be.
#[derive(Clone, Debug)]
pub struct NewApp {
    pub name: AppName,
    pub scopes: AppScopes,
    pub limits: AppLimits,
}

/// What changes; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct AppChange {
    pub name: Option<AppName>,
    pub scopes: Option<AppScopes>,
    pub requests_per_minute: Option<u32>,
    pub writes_per_minute: Option<u32>,
}

/// An app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    pub id: AppId,
    pub name: AppName,
    /// What it may do at most.
    pub scopes: AppScopes,
    pub limits: AppLimits,
    pub created_at: Timestamp,
    pub created_by: AccountId,
    pub deactivated_at: Option<Timestamp>,
    /// Those that have not ended, the older one first.
    pub secrets: Vec<AppSecretEntry>,
}

/// An app with its new secret, which is told this once.
#[derive(Debug)]
pub struct AppMade {
    pub app: App,
    pub secret: AppSecret,
}

const COLUMNS: &str = "a.id, a.name, a.scopes, a.requests_per_minute, a.writes_per_minute, a.created_at, a.created_by, a.deactivated_at";

impl People {
    /// Makes an app with its first secret; that an admin did stands in the audit trail, or nothing is made.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn create_app(
        &self,
        actor: &AuditActor,
        new: NewApp,
        now: Timestamp,
    ) -> Result<AppMade, AppError> {
        let id = AppId::from_uuid(random::id_at(now));
        let mut tx = self.pool().begin().await?;
        sqlx::query(
            "insert into identity.apps (id, name, scopes, requests_per_minute, writes_per_minute, created_at, created_by) \
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.uuid())
        .bind(new.name.as_str())
        .bind(new.scopes.words())
        .bind(whole(new.limits.requests_per_minute))
        .bind(whole(new.limits.writes_per_minute))
        .bind(sql(now))
        .bind(actor.account_id.uuid())
        .execute(&mut *tx)
        .await?;
        let secret = self.add_secret(&mut tx, id, now).await?;
        let target = AuditTarget::new("app", id);
        let act = OperatorAct::CreateApp.event(actor, SecurityEvent::ActDone, target);
        trail_writer::insert(&mut tx, &act, &[], &[]).await?;
        let app = read(&mut tx, id, now).await?.ok_or(AppRefusal::NoSuchApp)?;
        tx.commit().await?;
        info!(app.id = %id, "App {id} created");
        Ok(AppMade { app, secret })
    }

    /// An app.
    ///
    /// # Errors
    /// [`AppRefusal::NoSuchApp`], and faults.
    pub async fn app(&self, id: AppId, now: Timestamp) -> Result<App, AppError> {
        let mut connection = self.pool().acquire().await?;
        let app = read(&mut connection, id, now).await?;
        Ok(app.ok_or(AppRefusal::NoSuchApp)?)
    }

    /// Apps by when they were made, behind `after` where it is named, at most so many.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn apps(
        &self,
        after: Option<(Timestamp, uuid::Uuid)>,
        rows: i64,
        now: Timestamp,
    ) -> Result<Vec<App>, AppError> {
        let (at, id) = after.unzip();
        let query = format!(
            "select {COLUMNS} from identity.apps a \
             where $1::timestamptz is null or (a.created_at, a.id) > ($1, $2) order by a.created_at, a.id limit $3"
        );
        let mut connection = self.pool().acquire().await?;
        let found = sqlx::query(&query)
            .bind(at.map(sql))
            .bind(id)
            .bind(rows)
            .fetch_all(&mut *connection)
            .await?;
        let mut apps = found.iter().map(app).collect::<Result<Vec<App>, _>>()?;
        for app in &mut apps {
            app.secrets = secrets::living(&mut connection, app.id, now).await?;
        }
        Ok(apps)
    }

    /// Changes what an app is called, what it may do and how often. What patients agreed to stays as it was.
    ///
    /// # Errors
    /// [`AppRefusal::NoSuchApp`], and faults.
    pub async fn edit_app(&self, id: AppId, change: &AppChange, now: Timestamp) -> Result<App, AppError> {
        let changed = sqlx::query(
            "update identity.apps set name = coalesce($2, name), scopes = coalesce($3, scopes), \
                 requests_per_minute = coalesce($4, requests_per_minute), \
                 writes_per_minute = coalesce($5, writes_per_minute) where id = $1",
        )
        .bind(id.uuid())
        .bind(change.name.as_ref().map(AppName::as_str))
        .bind(change.scopes.map(AppScopes::words))
        .bind(change.requests_per_minute.map(whole))
        .bind(change.writes_per_minute.map(whole))
        .execute(self.pool())
        .await?;
        if changed.rows_affected() == 0 {
            return Err(AppRefusal::NoSuchApp.into());
        }
        self.app(id, now).await
    }

    /// Switches an app off: its secrets end, and its tokens with them. Off twice is off once.
    ///
    /// # Errors
    /// [`AppRefusal::NoSuchApp`], and faults.
    pub async fn deactivate_app(&self, id: AppId, now: Timestamp) -> Result<App, AppError> {
        let mut tx = self.pool().begin().await?;
        let app = "update identity.apps set deactivated_at = coalesce(deactivated_at, $2) where id = $1";
        let found = sqlx::query(app)
            .bind(id.uuid())
            .bind(sql(now))
            .execute(&mut *tx)
            .await?;
        if found.rows_affected() == 0 {
            return Err(AppRefusal::NoSuchApp.into());
        }
        secrets::end_all(&mut tx, id, now).await?;
        tx.commit().await?;
        info!(app.id = %id, "App {id} deactivated");
        self.app(id, now).await
    }

    /// Switches an app on again. Its secrets of before stay ended: it needs a new one.
    ///
    /// # Errors
    /// [`AppRefusal::NoSuchApp`], and faults.
    pub async fn reactivate_app(&self, id: AppId, now: Timestamp) -> Result<App, AppError> {
        sqlx::query("update identity.apps set deactivated_at = null where id = $1")
            .bind(id.uuid())
            .execute(self.pool())
            .await?;
        self.app(id, now).await
    }
}

fn whole(rate: u32) -> i32 {
    i32::try_from(rate).unwrap_or(i32::MAX)
}

async fn read(connection: &mut PgConnection, id: AppId, now: Timestamp) -> Result<Option<App>, sqlx::Error> {
    let query = format!("select {COLUMNS} from identity.apps a where a.id = $1");
    let row = sqlx::query(&query)
        .bind(id.uuid())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut app = app(&row)?;
    app.secrets = secrets::living(connection, id, now).await?;
    Ok(Some(app))
}

fn app(row: &PgRow) -> Result<App, sqlx::Error> {
    Ok(App {
        id: AppId::from_uuid(row.try_get("id")?),
        name: AppName::stored(row.try_get("name")?),
        scopes: scopes(row, "scopes")?,
        limits: limits(row)?,
        created_at: instant(row, "created_at")?,
        created_by: AccountId::from_uuid(row.try_get("created_by")?),
        deactivated_at: maybe_instant(row, "deactivated_at")?,
        secrets: Vec::new(),
    })
}

fn limits(row: &PgRow) -> Result<AppLimits, sqlx::Error> {
    let rate = |column| {
        let rate: i32 = row.try_get(column)?;
        u32::try_from(rate).map_err(|_| unreadable(column))
    };
    Ok(AppLimits {
        requests_per_minute: rate("requests_per_minute")?,
        writes_per_minute: rate("writes_per_minute")?,
    })
}

/// Scopes as they are stored; a word of newer code is none of ours.
fn scopes(row: &PgRow, column: &str) -> Result<AppScopes, sqlx::Error> {
    let words: Vec<String> = row.try_get(column)?;
    Ok(words.iter().filter_map(|word| AppScope::parse(word)).collect())
}
