//! Doctors as the public sees them.

use domain::ids::{AccountId, DoctorId};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres};
use uuid::Uuid;

use super::{DoctorDetails, DoctorFilter, DoctorPage, DoctorProfile, DoctorSearch, People, rows};
use crate::refusal::IdentityError;
use crate::values::profile::GeoPoint;

/// Doctors in one page at most.
pub(super) const PAGE_MAX: u32 = 200;

/// What [`rows::doctor`] reads of `identity.doctor_profiles p` and `identity.clinics k`, but for the distance.
pub(super) const COLUMNS: &str = "p.doctor_id, p.first_name, p.last_name, p.specialization, p.experience_years, \
     p.languages, p.clinic_id, k.name as clinic, p.price_class, p.zone, p.about, p.travel_km";
/// Those who can be booked, and those who could.
pub(super) const DOCTORS: &str = "identity.doctor_profiles p \
     join identity.accounts a on a.id = p.doctor_id and a.deactivated_at is null \
     left join identity.clinics k on k.account_id = p.clinic_id";
/// Whether new visits are taken.
pub(super) const ACCEPTS: &str = "p.accepts and p.verified_at is not null as accepts";
/// From the place that `$1` and `$2` name to the doctor's own point, or their clinic's.
pub(super) const METRES: &str = "identity.metres_between(coalesce(p.latitude, k.latitude), coalesce(p.longitude, k.longitude), $1::integer, $2::integer)";

/// What a doctor is called and practises, in the normal form of [`DoctorSearch`].
const SAID: &str = "translate(lower(concat_ws(' ', p.first_name, p.last_name, p.specialization) collate pg_c_utf8), 'ё', 'е')";

/// Languages one doctor may list.
pub const LANGUAGES_MAX: usize = 16;

impl People {
    /// The verified doctors after `after`, at most `limit` (1 to 200) of them.
    pub async fn doctors(
        &self,
        filter: &DoctorFilter,
        after: Option<DoctorId>,
        limit: u32,
    ) -> Result<DoctorPage, IdentityError> {
        let limit = limit.clamp(1, PAGE_MAX);
        // Ids are UUIDv7: their order is the order of joining, and no later change moves a doctor within it.
        let query = format!(
            "select {COLUMNS}, {ACCEPTS}, {METRES} as metres from {DOCTORS} \
             where {} and ($9::uuid is null or p.doctor_id > $9) order by p.doctor_id limit $10",
            matches()
        );
        let found = matching(&query, filter)
            .bind(after.map(DoctorId::uuid))
            // One more than asked tells whether there is a next page.
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.pool)
            .await?;
        let mut items = found
            .iter()
            .map(rows::doctor)
            .collect::<Result<Vec<DoctorProfile>, _>>()?;
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > page;
        items.truncate(page);
        let next = items.last().filter(|_| more).map(|doctor| doctor.id);
        Ok(DoctorPage { items, next })
    }

    /// The doctor with this id, unless there is none or the account is deactivated. One who is not verified takes no new visits.
    pub async fn doctor(&self, id: DoctorId) -> Result<Option<DoctorProfile>, IdentityError> {
        self.doctor_from(id, None).await
    }

    /// The same, with how far the doctor is from there.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn doctor_from(
        &self,
        id: DoctorId,
        near: Option<GeoPoint>,
    ) -> Result<Option<DoctorProfile>, IdentityError> {
        let query =
            format!("select {COLUMNS}, {ACCEPTS}, {METRES} as metres from {DOCTORS} where p.doctor_id = $3");
        let row = sqlx::query(&query)
            .bind(near.map(|near| near.latitude))
            .bind(near.map(|near| near.longitude))
            .bind(id.uuid())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.as_ref().map(rows::doctor).transpose()?)
    }

    /// Whether an admin answers for this doctor; false where there is no such doctor.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn is_verified(&self, id: AccountId) -> Result<bool, IdentityError> {
        let is_verified = sqlx::query_scalar(
            "select verified_at is not null from identity.doctor_profiles where doctor_id = $1",
        )
        .bind(id.uuid())
        .fetch_optional(&self.pool)
        .await?;
        Ok(is_verified.unwrap_or(false))
    }

    /// Says whether the doctor takes new visits; the profile as it is then, unless there is no such doctor or the account
    /// is deactivated.
    pub async fn set_accepts(
        &self,
        id: DoctorId,
        accepts: bool,
    ) -> Result<Option<DoctorProfile>, IdentityError> {
        sqlx::query(
            "update identity.doctor_profiles set accepts = $2 where doctor_id = $1 and accepts <> $2",
        )
        .bind(id.uuid())
        .bind(accepts)
        .execute(&self.pool)
        .await?;
        self.doctor(id).await
    }
}

/// What [`DoctorFilter`] lets through: `$1` to `$8`.
pub(super) fn matches() -> String {
    format!(
        "p.verified_at is not null \
         and ($3::integer is null or {METRES} <= $3) \
         and ($4::text is null or lower(p.specialization) = lower($4)) \
         and ($5::uuid is null or p.clinic_id = $5) \
         and ($6::boolean is null or p.accepts = $6) \
         and (cardinality($7::text[]) = 0 or p.languages && $7) \
         and not exists (select from unnest($8::text[]) sought (word) where strpos({SAID}, sought.word) = 0)"
    )
}

/// A statement with the filter's values as `$1` to `$8`.
pub(super) fn matching<'q>(sql: &'q str, filter: &'q DoctorFilter) -> Query<'q, Postgres, PgArguments> {
    let languages: Vec<&str> = filter
        .languages
        .iter()
        .map(|language| language.as_str())
        .collect();
    let words = filter.search.as_ref().map_or(&[][..], DoctorSearch::words);
    sqlx::query(sql)
        .bind(filter.near.map(|near| near.latitude))
        .bind(filter.near.map(|near| near.longitude))
        .bind(filter.within_km.map(|km| i32::from(km) * 1_000))
        .bind(filter.specialization.as_ref().map(|words| words.as_str()))
        .bind(filter.clinic_id.map(|clinic| clinic.uuid()))
        .bind(filter.accepts)
        .bind(languages)
        .bind(words)
}

/// The doctor's profile as the doctor has it, whether offered or not.
pub(super) async fn as_said(
    tx: &mut PgConnection,
    id: DoctorId,
) -> Result<Option<DoctorProfile>, sqlx::Error> {
    let row = sqlx::query(&format!(
        "select {COLUMNS}, p.accepts, null::integer as metres from identity.doctor_profiles p \
         left join identity.clinics k on k.account_id = p.clinic_id where p.doctor_id = $1"
    ))
    .bind(id.uuid())
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(rows::doctor).transpose()
}

/// A statement that writes a doctor's profile: `$1` is the doctor, `$2` to `$8` what the profile says.
pub(super) fn profile<'q>(
    sql: &'q str,
    doctor: Uuid,
    details: &'q DoctorDetails,
) -> Query<'q, Postgres, PgArguments> {
    let languages = details.languages.iter().take(LANGUAGES_MAX);
    sqlx::query(sql)
        .bind(doctor)
        .bind(details.specialization.as_str())
        .bind(details.experience_years.years())
        .bind(languages.map(|language| language.as_str()).collect::<Vec<_>>())
        .bind(details.clinic_id.map(|clinic| clinic.uuid()))
        .bind(details.price_class.as_str())
        .bind(details.zone.as_str())
        .bind(details.accepts)
}
