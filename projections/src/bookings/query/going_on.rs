//! The question behind a patient's limits: what of the patient's is going on?

use domain::booking::events::CallType;
use domain::ids::{BookingId, DoctorId, PatientId};
use domain::payment::status::PaymentStatus;
use domain::policy::patient_limits::OwnBooking;
use sqlx::PgPool;

use crate::bookings::{BookingSummary, rows};
use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// More than any patient has going on at a time.
const GOING_ON_MAX: i64 = 200;

/// What one patient has going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoingOn {
    /// The bookings that have not ended, without the one in question.
    pub others: Vec<OwnBooking>,
    /// The one in question, whether it has ended or not.
    pub this: Option<OwnBooking>,
    /// Of the one in question.
    pub doctor_id: Option<DoctorId>,
}

/// What a patient has going on, and the booking in question beside it.
pub async fn going_on(pool: &PgPool, patient: PatientId, booking: BookingId) -> Result<GoingOn, QueryError> {
    let lines: Vec<BookingSummary> = sql_types::live_as(Model::Bookings, &sql())
        .bind(patient.uuid())
        .bind(booking.uuid())
        .bind(GOING_ON_MAX)
        .fetch_all(pool)
        .await?;
    let (this, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.booking_id == booking);
    let this = this.first();
    Ok(GoingOn {
        others: others.into_iter().map(own).collect(),
        this: this.map(|line| own(line)),
        doctor_id: this.and_then(|line| line.doctor_id),
    })
}

/// The question. By the index on the patient; a status is in no index, for every booking would pay for it.
fn sql() -> String {
    format!(
        "select {} from bookings
         where {LIVE} and patient_id = $3
           and (booking_id = $4 or status not in ('completed', 'cancelled', 'expired', 'no_show', 'missed'))
         order by requested_at desc
         limit $5",
        rows::LINE_COLUMNS.as_str()
    )
}

fn own(line: &BookingSummary) -> OwnBooking {
    OwnBooking {
        booking_id: line.booking_id,
        visit: line.visit,
        urgent: line.call_type == CallType::Urgent,
        paid: line.assigned || is_paid(line.payment_status()),
        pay_by: line.pay_by,
    }
}

const fn is_paid(status: PaymentStatus) -> bool {
    match status {
        PaymentStatus::Authorised | PaymentStatus::Completed | PaymentStatus::PartiallyRefunded => true,
        PaymentStatus::Absent
        | PaymentStatus::Pending
        | PaymentStatus::Failed
        | PaymentStatus::Cancelled
        | PaymentStatus::Refunded => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    use serde_json::Value;
    use uuid::Uuid;

    use super::{GOING_ON_MAX, sql};
    use crate::Model;
    use crate::kit::Database;
    use crate::kit::bookings::{Bookings, steps};
    use crate::sql_types;

    /// Many times what the question takes by the patient, a fraction of what a scan of all keys takes.
    const PAGES_MAX: i64 = 30;

    #[tokio::test]
    async fn a_patients_bookings_are_found_by_the_patient_before_any_statistics_were_taken() {
        let database = Database::create().await;
        let steps = steps(40)
            .new_tree(&mut TestRunner::deterministic())
            .unwrap()
            .current();
        let world = Bookings::lived(&steps);
        database.apply(Model::Bookings, 1, &world.history.facts).await;
        sqlx::query(
            "insert into bookings
             select (jsonb_populate_record(one.booking, other.ids)).*
             from (select b as booking from bookings b limit 1) one,
                  (select jsonb_build_object('booking_id', gen_random_uuid(), 'patient_id', gen_random_uuid()) as ids
                   from generate_series(1, 20000)) other",
        )
        .execute(&database.pool)
        .await
        .unwrap();
        let explain = format!("explain (analyze, buffers, format json) {}", sql());
        let (plan,): (Value,) = sql_types::live_as(Model::Bookings, &explain)
            .bind(Uuid::from_u128(1))
            .bind(Uuid::from_u128(2))
            .bind(GOING_ON_MAX)
            .fetch_one(&database.pool)
            .await
            .unwrap();
        let pages = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap();
        assert!(pages <= PAGES_MAX, "{pages} pages: {plan:#}");
    }
}
