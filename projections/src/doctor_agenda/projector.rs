//! Facts of bookings and their payments → the lines of agendas and of the staff's list.

use event_store::{ApplyFault, Consumer, Fact, StartAt};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use crate::Model;
use crate::booking_summary::table;

/// Keeps `doctor_agenda`.
pub struct DoctorAgenda;

impl Consumer for DoctorAgenda {
    fn name(&self) -> &'static str {
        Model::DoctorAgenda.name()
    }

    fn schema_version(&self) -> i32 {
        Model::DoctorAgenda.schema_version()
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
        table::apply(tx, "doctor_agenda", generation, facts).boxed()
    }
}
