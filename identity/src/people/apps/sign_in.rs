//! An app signs in by its own credentials (RFC 6749 section 4.4), and is let in by the database at each use of its token.

use domain::apps::AppScopes;
use domain::ids::{AppId, PatientId};
use jiff::Timestamp;
use secrecy::SecretString;

use super::super::People;
use super::super::rows::sql;
use super::{AppLimits, limits, scopes};
use crate::refusal::IdentityError;
use crate::tokens::AppAccess;

/// Why an app gets no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientRefusal {
    /// There is no such app, it is off, or the secret is none of its own; which is not told.
    InvalidClient,
    /// It asked for what it may not do.
    InvalidScope,
}

/// A token of an app.
#[derive(Debug)]
pub struct AppToken {
    pub access_token: SecretString,
    /// Seconds until it expires.
    pub expires_in_s: i64,
    /// What it lets the app do.
    pub scopes: AppScopes,
}

/// How an app stands at the moment of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppStanding {
    /// What it may do now, by its token and as admins have it.
    pub scopes: AppScopes,
    pub limits: AppLimits,
    /// What the patient agreed to whom it would act for; none where there is no such patient among its own.
    pub agreed: Option<AppScopes>,
}

impl People {
    /// A token for the app with this id and secret: for all that it may do, or for the scopes it asks for.
    ///
    /// # Errors
    /// Faults of the database. The refusal is a value: whoever counts failures is to see it.
    pub async fn sign_in_app(
        &self,
        app: AppId,
        secret: &str,
        wanted: Option<AppScopes>,
        now: Timestamp,
    ) -> Result<Result<AppToken, ClientRefusal>, IdentityError> {
        let Some(entry) = self.matching_secret(app, secret, now).await? else {
            return Ok(Err(ClientRefusal::InvalidClient));
        };
        let row = sqlx::query("select scopes from identity.apps where id = $1 and deactivated_at is null")
            .bind(app.uuid())
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else {
            return Ok(Err(ClientRefusal::InvalidClient));
        };
        let may = scopes(&row, "scopes")?;
        let granted = wanted.unwrap_or(may);
        if granted.is_empty() || !may.contains_all(granted) {
            return Ok(Err(ClientRefusal::InvalidScope));
        }
        let (access_token, expires_in_s) =
            self.inner
                .tokens
                .issue_to_app((app, entry.id), granted, entry.ends_at, now)?;
        Ok(Ok(AppToken {
            access_token,
            expires_in_s,
            scopes: granted,
        }))
    }

    /// How the app of this token stands, and whether the patient is one of its own; none where the app is off or the token's secret has
    /// ended.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn app_standing(
        &self,
        access: &AppAccess,
        patient: Option<PatientId>,
        now: Timestamp,
    ) -> Result<Option<AppStanding>, IdentityError> {
        let row = sqlx::query(
            "select a.scopes, a.requests_per_minute, a.writes_per_minute, l.patient_id is not null as linked, \
                 coalesce(l.scopes, '{}') as agreed \
             from identity.apps a \
             join identity.app_secrets s on s.id = $2 and s.app_id = a.id and (s.ends_at is null or s.ends_at > $3) \
             left join (identity.app_links l join identity.accounts p on p.id = l.patient_id and p.deactivated_at is null) \
                 on l.app_id = a.id and l.patient_id = $4 \
             where a.id = $1 and a.deactivated_at is null",
        )
        .bind(access.app_id.uuid())
        .bind(access.secret_id.uuid())
        .bind(sql(now))
        .bind(patient.map(PatientId::uuid))
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let linked: bool = sqlx::Row::try_get(&row, "linked")?;
        Ok(Some(AppStanding {
            scopes: scopes(&row, "scopes")?.and(access.scopes),
            limits: limits(&row)?,
            agreed: match linked {
                true => Some(scopes(&row, "agreed")?),
                false => None,
            },
        }))
    }
}
