//! Rows of the identity tables read into the platform's words, and its broken constraints read into refusals.

use domain::ids::{AccountId, ClinicId, DoctorId};
use domain::people::Role;
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::sealed_contacts::Contacts;
use super::{Account, DoctorProfile};
use crate::keys::master::MasterKeys;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::doctor::{ExperienceYears, Language, PriceClass, Specialization, Zone};
use crate::values::name::PersonName;

/// The columns [`account`] reads, of `identity.accounts a`, `identity.contacts c` and `identity.data_keys dk`.
pub(super) const ACCOUNT_COLUMNS: &str = "a.id, a.role, a.created_at, a.deactivated_at, \
     c.email_proven_at, c.email_vouched, c.phone_proven_at, c.email_sealed, c.phone_sealed, c.first_name_sealed, c.last_name_sealed, dk.wrapped";

pub(super) fn role(row: &PgRow) -> Result<Role, sqlx::Error> {
    Role::parse(row.try_get("role")?).ok_or_else(|| unreadable("role"))
}

pub(super) fn account(row: &PgRow, master: &MasterKeys) -> Result<Account, IdentityError> {
    let deactivated_at: Option<SqlTimestamp> = row.try_get("deactivated_at")?;
    let id = AccountId::from_uuid(row.try_get("id")?);
    let contacts = Contacts::open(row, master, id)?;
    Ok(Account {
        id,
        role: role(row)?,
        email: contacts.email,
        phone: contacts.phone,
        first_name: contacts.first_name,
        last_name: contacts.last_name,
        active: deactivated_at.is_none(),
        created_at: instant(row, "created_at")?,
        email_proven: maybe_instant(row, "email_proven_at")?.is_some(),
        email_vouched: row.try_get("email_vouched")?,
        phone_proven: maybe_instant(row, "phone_proven_at")?.is_some(),
    })
}

pub(super) fn doctor(row: &PgRow) -> Result<DoctorProfile, sqlx::Error> {
    let price_class: &str = row.try_get("price_class")?;
    Ok(DoctorProfile {
        id: DoctorId::from_uuid(row.try_get("doctor_id")?),
        first_name: PersonName::stored(row.try_get("first_name")?),
        last_name: PersonName::stored(row.try_get("last_name")?),
        specialization: Specialization::stored(row.try_get("specialization")?),
        experience_years: ExperienceYears::stored(row.try_get("experience_years")?),
        languages: row
            .try_get::<Vec<String>, _>("languages")?
            .into_iter()
            .map(Language::stored)
            .collect(),
        clinic_id: row.try_get::<Option<_>, _>("clinic_id")?.map(ClinicId::from_uuid),
        clinic: row.try_get("clinic")?,
        price_class: PriceClass::parse(price_class).map_err(|_| unreadable("price_class"))?,
        zone: Zone::stored(row.try_get("zone")?),
        accepts: row.try_get("accepts")?,
        about: row.try_get("about")?,
        travel_km: row.try_get("travel_km")?,
        metres: row.try_get("metres")?,
    })
}

pub(super) fn instant(row: &PgRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    Ok(row.try_get::<SqlTimestamp, _>(column)?.to_jiff())
}

pub(super) fn maybe_instant(row: &PgRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row
        .try_get::<Option<SqlTimestamp>, _>(column)?
        .map(SqlTimestamp::to_jiff))
}

pub(super) fn sql(at: Timestamp) -> SqlTimestamp {
    at.to_sqlx()
}

/// What a broken constraint means in the platform's words; any other error stays an error.
pub(super) fn refused(error: sqlx::Error) -> IdentityError {
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    match constraint {
        Some("doctor_profiles_clinic") => IdentityRefusal::NoSuchClinic.into(),
        Some(_) | None => error.into(),
    }
}

pub(super) fn unreadable(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column} holds a word this version does not know").into())
}
