//! Pages of bookings, filtered and sorted: a patient's, a doctor's, a clinic's, everybody's.
//!
//! Each order of each list stands in an index, or is of the bookings of one patient, who has few. What none serves,
//! `api` refuses before it is asked here.

use domain::booking::status::BookingStatus;
use domain::ids::{ClinicId, DoctorId, PatientId};
use sqlx::PgPool;

use crate::bookings::query::conditions;
use crate::bookings::{BookingSort, BookingSummary, LineFilter, rows};
use crate::page::{Cursor, Limit, List, NEWEST_FIRST, OLDEST_FIRST, Page};
use crate::sql_types::{self, EARLIEST, LATEST, LIVE};
use crate::{Model, QueryError};

/// A page of one patient's bookings, newest first unless sorted otherwise.
pub async fn for_patient(
    pool: &PgPool,
    patient: PatientId,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    if filter.patient.is_some_and(|named| named != patient) {
        return Ok(Page::empty());
    }
    let filter = LineFilter {
        patient: Some(patient),
        ..filter
    };
    page(pool, Reader::Other, filter, cursor, limit).await
}

/// A page of the visits a doctor has or had, earliest first unless sorted otherwise.
pub async fn for_doctor(
    pool: &PgPool,
    doctor: DoctorId,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    if filter.doctor.is_some_and(|named| named != doctor) {
        return Ok(Page::empty());
    }
    let filter = LineFilter {
        doctor: Some(doctor),
        sort: filter.sort.or(Some(BookingSort::VisitEarliest)),
        ..filter
    };
    page(pool, Reader::Doctor, filter, cursor, limit).await
}

/// A page of all bookings, newest first unless sorted otherwise: for admins, or those of one clinic's doctors.
pub async fn for_staff(
    pool: &PgPool,
    clinic: Option<ClinicId>,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    if clinic.is_some() && filter.clinic.is_some() && filter.clinic != clinic {
        return Ok(Page::empty());
    }
    let filter = LineFilter {
        clinic: clinic.or(filter.clinic),
        ..filter
    };
    page(pool, Reader::Other, filter, cursor, limit).await
}

/// Who reads, as far as the question depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Sees only visits that are, or were at the end, the doctor's.
    Doctor,
    Other,
}

/// How many bookings of a doctor's, chosen or sent, have not ended.
pub async fn open_with_doctor(pool: &PgPool, doctor: DoctorId) -> Result<i64, QueryError> {
    let sql = format!(
        "select count(*) from bookings
         where {LIVE} and doctor_id = $3
           and status not in ('completed', 'cancelled', 'expired', 'no_show', 'missed')"
    );
    let row: (i64,) = sql_types::live_as(Model::Bookings, &sql)
        .bind(doctor.uuid())
        .fetch_one(pool)
        .await?;
    Ok(row.0)
}

/// A page of the bookings that fulfil the filter.
async fn page(
    pool: &PgPool,
    reader: Reader,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    let sort = filter.sort.unwrap_or(BookingSort::RequestedNewest);
    let order = Order::of(sort, &filter);
    let (at, id) = Cursor::time_place(cursor, order.list, order.start)?;
    let sql = order.sql(&filter, reader);
    let query = sql_types::live_as(Model::Bookings, &sql)
        .bind(filter.patient.map(PatientId::uuid))
        .bind(filter.doctor.map(DoctorId::uuid))
        .bind(filter.clinic.map(ClinicId::uuid))
        .bind(at)
        .bind(id)
        .bind(sql_types::time(filter.from.unwrap_or(EARLIEST)))
        .bind(sql_types::time(filter.to.unwrap_or(LATEST)))
        .bind(filter.when.map(|(_, now)| sql_types::time(now)));
    let place = |line: &BookingSummary| Cursor::at(order.list, order.key(line), line.booking_id.uuid());
    Page::fetch(pool, query, limit, place).await
}

/// Whether every status there is stands among these.
fn is_all(statuses: &[BookingStatus]) -> bool {
    BookingStatus::ALL.iter().all(|status| statuses.contains(status))
}

/// How a list is sorted: its cursors, and the words of SQL.
struct Order {
    sort: BookingSort,
    list: List,
    start: (jiff::Timestamp, uuid::Uuid),
    /// The time that is sorted by, and that `from` and `to` bound.
    time: &'static str,
    behind: &'static str,
    direction: &'static str,
}

impl Order {
    fn of(sort: BookingSort, filter: &LineFilter) -> Self {
        let (list, oldest_first) = match sort {
            BookingSort::VisitEarliest => (List::Agenda, true),
            BookingSort::VisitLatest => (List::AgendaLatest, false),
            BookingSort::RequestedOldest => (List::BookingsOldest, true),
            BookingSort::RequestedNewest => (List::Bookings, false),
        };
        let (start, behind, direction) = match oldest_first {
            true => (OLDEST_FIRST, ">", "asc"),
            false => (NEWEST_FIRST, "<", "desc"),
        };
        Self {
            sort,
            list,
            start,
            time: match (sort.is_by_visit(), filter.doctor) {
                // Who has a doctor has a time: the index holds it.
                (true, Some(_)) => "starts_at",
                (true, None) => conditions::VISIT_TIME,
                (false, _) => "requested_at",
            },
            behind,
            direction,
        }
    }

    /// The time of a line that is sorted by.
    fn key(&self, line: &BookingSummary) -> jiff::Timestamp {
        if !self.sort.is_by_visit() {
            return line.requested_at;
        }
        let agreed = line.agreed.map(|agreed| agreed.visit);
        line.visit
            .or(agreed)
            .map_or(line.requested_at, |visit| visit.start())
    }

    /// The question. Of several statuses each is asked for by itself where an index has each in order: together they would have
    /// none.
    fn sql(&self, filter: &LineFilter, reader: Reader) -> String {
        let ordered = format!(
            "order by {} {dir}, booking_id {dir}",
            self.time,
            dir = self.direction
        );
        let one = |status: &str| {
            format!(
                "select {columns} from bookings
                 where {LIVE} and {owner} and ({time}, booking_id) {behind} ($6, $7)
                   and {time} >= $8 and {time} < $9{rest}{status}
                 {ordered}
                 limit $11",
                columns = rows::LINE_COLUMNS.as_str(),
                owner = conditions::of_owners(filter, reader == Reader::Doctor),
                time = self.time,
                behind = self.behind,
                rest = conditions::of_line(filter),
            )
        };
        let of_few = filter.patient.is_some() || filter.doctor.is_some();
        match filter.statuses.as_slice() {
            // All of them are no condition, and the order of the list is an index's then.
            statuses if statuses.is_empty() || is_all(statuses) => one(""),
            statuses if of_few || statuses.len() == 1 => one(&conditions::of_statuses(statuses)),
            statuses => {
                let each = statuses
                    .iter()
                    .map(|status| format!("({})", one(&conditions::of_statuses(&[*status]))));
                let each = each.collect::<Vec<_>>().join(" union all ");
                format!("select * from ({each}) as lines {ordered} limit $11")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_statuses_are_asked_for_as_none_is() {
        let sql = |statuses: &[BookingStatus]| {
            let filter = LineFilter {
                statuses: statuses.to_vec(),
                ..LineFilter::default()
            };
            Order::of(BookingSort::RequestedNewest, &filter).sql(&filter, Reader::Other)
        };
        assert_eq!(sql(&BookingStatus::ALL), sql(&[]));
        assert_ne!(sql(&BookingStatus::ALL[1..]), sql(&[]));
    }
}
