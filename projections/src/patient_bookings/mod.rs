//! The bookings of one patient, newest first; staff see everybody's.

pub mod limits;
pub mod query;
#[cfg(test)]
mod tests;

use event_store::{ApplyError, PgConnection};

use crate::Model;
use crate::booking_facts::INPUTS;
use crate::booking_summary::table;
use crate::facts::{Decoded, Input};
use crate::projector::Projector;

pub(crate) struct PatientBookings;

impl Projector for PatientBookings {
    const MODEL: Model = Model::PatientBookings;
    const INPUTS: &'static [Input] = INPUTS;

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        table::project(tx, Self::MODEL, generation, events).await
    }
}
