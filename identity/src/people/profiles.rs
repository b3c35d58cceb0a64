//! Public profiles: what doctors and clinics say of themselves, as they read it, and clinics as anyone does.

use domain::ids::{AccountId, ClinicId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::People;
use crate::refusal::IdentityError;
use crate::values::profile::BasePoint;

/// What a doctor or a clinic says of themselves; what is the other role's is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnProfile {
    pub about: Option<String>,
    /// Their own, not their clinic's.
    pub base_point: Option<BasePoint>,
    pub travel_km: Option<i16>,
    pub specialization: Option<String>,
    pub experience_years: Option<i16>,
    pub languages: Option<Vec<String>>,
    pub clinic_name: Option<String>,
    pub address: Option<String>,
    pub public_phone: Option<String>,
}

/// A clinic as anyone reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClinicProfile {
    pub id: ClinicId,
    pub name: String,
    pub about: Option<String>,
    pub base_point: Option<BasePoint>,
    pub address: Option<String>,
    pub public_phone: Option<String>,
}

impl People {
    /// What the account's public profile says; none where it is no doctor's and no clinic's.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn own_profile(&self, id: AccountId) -> Result<Option<OwnProfile>, IdentityError> {
        let row = sqlx::query(
            "select coalesce(p.about, k.about) as about, coalesce(p.latitude, k.latitude) as latitude, \
                    coalesce(p.longitude, k.longitude) as longitude, p.travel_km, p.specialization, p.experience_years, \
                    p.languages, k.name as clinic_name, k.address, k.public_phone \
             from identity.accounts a left join identity.doctor_profiles p on p.doctor_id = a.id \
             left join identity.clinics k on k.account_id = a.id \
             where a.id = $1 and (p.doctor_id is not null or k.account_id is not null)",
        )
        .bind(id.uuid())
        .fetch_optional(self.pool())
        .await?;
        Ok(row.as_ref().map(own_profile).transpose()?)
    }

    /// The clinic with this id, unless there is none or its account is deactivated.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn clinic(&self, id: ClinicId) -> Result<Option<ClinicProfile>, IdentityError> {
        let row = sqlx::query(
            "select k.name, k.about, k.latitude, k.longitude, k.address, k.public_phone from identity.clinics k \
             join identity.accounts a on a.id = k.account_id and a.deactivated_at is null where k.account_id = $1",
        )
        .bind(id.uuid())
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(ClinicProfile {
            id,
            name: row.try_get("name")?,
            about: row.try_get("about")?,
            base_point: base_point(&row)?,
            address: row.try_get("address")?,
            public_phone: row.try_get("public_phone")?,
        }))
    }
}

fn own_profile(row: &PgRow) -> Result<OwnProfile, sqlx::Error> {
    Ok(OwnProfile {
        about: row.try_get("about")?,
        base_point: base_point(row)?,
        travel_km: row.try_get("travel_km")?,
        specialization: row.try_get("specialization")?,
        experience_years: row.try_get("experience_years")?,
        languages: row.try_get("languages")?,
        clinic_name: row.try_get("clinic_name")?,
        address: row.try_get("address")?,
        public_phone: row.try_get("public_phone")?,
    })
}

pub(super) fn base_point(row: &PgRow) -> Result<Option<BasePoint>, sqlx::Error> {
    let latitude: Option<i16> = row.try_get("latitude")?;
    let longitude: Option<i16> = row.try_get("longitude")?;
    Ok(latitude
        .zip(longitude)
        .map(|(latitude, longitude)| BasePoint { latitude, longitude }))
}
