//! Which urgent calls wait, for admins and for those clinics that may send a doctor.

use domain::ids::ClinicId;
use sqlx::PgPool;

use crate::bookings::OpenCall;
use crate::page::{Cursor, Limit, List, OLDEST_FIRST, Page};
use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// A page of the calls that wait, the longest wait first: all of them for admins (`None`); for a clinic those that no
/// clinic's doctor has had, and its own.
pub async fn for_staff(
    pool: &PgPool,
    clinic: Option<ClinicId>,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<OpenCall>, QueryError> {
    let (after, id) = Cursor::time_place(cursor, List::OpenCalls, OLDEST_FIRST)?;
    let sql = format!(
        "select booking_id, patient_id, details_id, requested_at, waiting_since from bookings
         where {LIVE} and waiting_since is not null and (waiting_since, booking_id) > ($3, $4)
           and ($5::uuid is null or clinic_id is null or clinic_id = $5)
         order by waiting_since, booking_id
         limit $6"
    );
    let query = sql_types::live_as(Model::Bookings, &sql)
        .bind(after)
        .bind(id)
        .bind(clinic.map(ClinicId::uuid));
    let place = |call: &OpenCall| Cursor::at(List::OpenCalls, call.waiting_since, call.booking_id.uuid());
    Page::fetch(pool, query, limit, place).await
}
