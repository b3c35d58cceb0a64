//! Facts of bookings and their payments → the lines of patients' lists.

use event_store::{ApplyFault, Consumer, Fact, StartAt};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use crate::Model;
use crate::booking_summary::table;

/// Keeps `patient_bookings`.
pub struct PatientBookings;

impl Consumer for PatientBookings {
    fn name(&self) -> &'static str {
        Model::PatientBookings.name()
    }

    fn schema_version(&self) -> i32 {
        Model::PatientBookings.schema_version()
    }

    fn start(&self) -> StartAt {
        StartAt::Beginning
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyFault>> {
        table::apply(tx, "patient_bookings", generation, facts).boxed()
    }
}
