//! For whom an app may act: a patient makes a code for one app, the app brings it, and the patient ends it at any time.

use domain::apps::AppScopes;
use domain::ids::{AccountId, AppId, PatientId};
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;
use sqlx::postgres::PgRow;
use tracing::info;
use uuid::Uuid;

use super::super::People;
use super::super::rows::{instant, sql};
use super::super::security_events::NewSecurityEvent;
use super::super::trail_writer;
use super::{AppError, AppRefusal, scopes};
use crate::values::app_name::AppName;
use crate::values::one_time_code::OneTimeCode;

/// How long a code waits for its app.
pub const LINK_CODE_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// In which index their keyed hashes are.
const INDEX: &str = "app link code";

/// A code just made.
#[derive(Debug)]
pub struct LinkCode {
    pub code: OneTimeCode,
    pub expires_at: Timestamp,
    /// Whom it lets act.
    pub app_name: AppName,
    /// What the patient agrees to by giving it away.
    pub scopes: AppScopes,
}

/// An app that may act for a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppLink {
    pub app_id: AppId,
    pub name: AppName,
    /// What the patient agreed to, as far as the app may still do it.
    pub scopes: AppScopes,
    pub linked_at: Timestamp,
}

/// A patient for whom an app may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkedPatient {
    pub patient_id: PatientId,
    /// What they agreed to.
    pub scopes: AppScopes,
    pub linked_at: Timestamp,
}

impl People {
    /// Makes a code by which this app may act for the patient, in the place of the one there was. Nobody is let in before the app brings it.
    ///
    /// # Errors
    /// [`AppRefusal::NoSuchApp`], also of one that is off; and faults.
    pub async fn make_link_code(
        &self,
        patient: PatientId,
        app: AppId,
        now: Timestamp,
    ) -> Result<LinkCode, AppError> {
        let code = OneTimeCode::fresh();
        let expires_at = now.checked_add(LINK_CODE_LASTS).unwrap_or(Timestamp::MAX);
        // Under a lock on the account, so that no code slips past a deactivation.
        let row = sqlx::query(
            "with owner as ( \
                 select id from identity.accounts where id = $1 and role = 'patient' and deactivated_at is null for share \
             ), app as (select id, name, scopes from identity.apps where id = $2 and deactivated_at is null), \
             made as ( \
                 insert into identity.app_link_codes (patient_id, app_id, scopes, digest, expires_at) \
                 select owner.id, app.id, app.scopes, $3, $4 from owner, app \
                 on conflict (patient_id) do update set app_id = excluded.app_id, scopes = excluded.scopes, \
                     digest = excluded.digest, expires_at = excluded.expires_at \
                 returning app_id \
             ) \
             select app.name, app.scopes from app join made on made.app_id = app.id",
        )
        .bind(patient.uuid())
        .bind(app.uuid())
        .bind(self.link_code_digest(&code).await?)
        .bind(sql(expires_at))
        .fetch_optional(self.pool())
        .await?;
        let row = row.ok_or(AppRefusal::NoSuchApp)?;
        Ok(LinkCode {
            code,
            expires_at,
            app_name: AppName::stored(row.try_get("name")?),
            scopes: scopes(&row, "scopes")?,
        })
    }

    /// The app brings the code: it may act for the patient from now on. The code is used up, also by what it said before. That it was
    /// brought stands in the audit trail, or nothing is linked.
    ///
    /// # Errors
    /// [`AppRefusal::WrongLinkCode`], and faults.
    pub async fn redeem_link_code(
        &self,
        app: AppId,
        code: &OneTimeCode,
        told: impl FnOnce(PatientId) -> NewSecurityEvent + Send,
        now: Timestamp,
    ) -> Result<LinkedPatient, AppError> {
        let digest = self.link_code_digest(code).await?;
        let mut tx = self.pool().begin().await?;
        let row = sqlx::query(
            "with taken as ( \
                 delete from identity.app_link_codes where digest = $1 and app_id = $2 and expires_at > $3 \
                 returning patient_id, scopes \
             ) \
             insert into identity.app_links (app_id, patient_id, scopes, linked_at) \
             select $2, patient_id, scopes, $3 from taken \
             on conflict (app_id, patient_id) do update set scopes = excluded.scopes, linked_at = excluded.linked_at \
             returning patient_id, scopes",
        )
        .bind(digest)
        .bind(app.uuid())
        .bind(sql(now))
        .fetch_optional(&mut *tx)
        .await?;
        let row = row.ok_or(AppRefusal::WrongLinkCode)?;
        let patient_id = PatientId::from_uuid(row.try_get("patient_id")?);
        let agreed = scopes(&row, "scopes")?;
        trail_writer::insert(&mut tx, &told(patient_id), &[patient_id.uuid()], &[]).await?;
        tx.commit().await?;
        info!(app.id = %app, account.id = %patient_id, "App {app} may act for patient {patient_id}");
        Ok(LinkedPatient {
            patient_id,
            scopes: agreed,
            linked_at: now,
        })
    }

    /// The apps that may act for this account, by their names; those that are off are told, too: they may be on again.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn app_links(&self, account: AccountId) -> Result<Vec<AppLink>, AppError> {
        let rows = sqlx::query(
            "select l.app_id, a.name, l.scopes as agreed, a.scopes, l.linked_at from identity.app_links l \
             join identity.apps a on a.id = l.app_id where l.patient_id = $1 order by a.name, a.id",
        )
        .bind(account.uuid())
        .fetch_all(self.pool())
        .await?;
        let link = |row: &PgRow| -> Result<AppLink, sqlx::Error> {
            Ok(AppLink {
                app_id: AppId::from_uuid(row.try_get("app_id")?),
                name: AppName::stored(row.try_get("name")?),
                scopes: scopes(row, "agreed")?.and(scopes(row, "scopes")?),
                linked_at: instant(row, "linked_at")?,
            })
        };
        Ok(rows.iter().map(link).collect::<Result<_, _>>()?)
    }

    /// The app acts for the patient no more, from the next request on; a code that waits for it is gone as well. False where it did not.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn end_app_link(&self, patient: PatientId, app: AppId) -> Result<bool, AppError> {
        let mut tx = self.pool().begin().await?;
        // Codes first: whoever is redeeming one is waited for, and the link that came of it is seen by the statement after it.
        sqlx::query("delete from identity.app_link_codes where patient_id = $1 and app_id = $2")
            .bind(patient.uuid())
            .bind(app.uuid())
            .execute(&mut *tx)
            .await?;
        let ended = sqlx::query("delete from identity.app_links where patient_id = $1 and app_id = $2")
            .bind(patient.uuid())
            .bind(app.uuid())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if ended.rows_affected() > 0 {
            info!(app.id = %app, account.id = %patient, "Patient {patient} ended what app {app} may do");
        }
        Ok(ended.rows_affected() > 0)
    }

    /// The patients of an app by when they let it act, behind `after` where it is named, at most so many.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn patients_of_app(
        &self,
        app: AppId,
        after: Option<(Timestamp, Uuid)>,
        rows: i64,
    ) -> Result<Vec<LinkedPatient>, AppError> {
        let (at, id) = after.unzip();
        let found = sqlx::query(
            "select patient_id, scopes, linked_at from identity.app_links \
             where app_id = $1 and ($2::timestamptz is null or (linked_at, patient_id) > ($2, $3)) \
             order by linked_at, patient_id limit $4",
        )
        .bind(app.uuid())
        .bind(at.map(sql))
        .bind(id)
        .bind(rows)
        .fetch_all(self.pool())
        .await?;
        let patient = |row: &PgRow| -> Result<LinkedPatient, sqlx::Error> {
            Ok(LinkedPatient {
                patient_id: PatientId::from_uuid(row.try_get("patient_id")?),
                scopes: scopes(row, "scopes")?,
                linked_at: instant(row, "linked_at")?,
            })
        };
        Ok(found.iter().map(patient).collect::<Result<_, _>>()?)
    }

    async fn link_code_digest(&self, code: &OneTimeCode) -> Result<Vec<u8>, AppError> {
        Ok(self.blind_index().await?.digest(INDEX, code.plain()))
    }
}
