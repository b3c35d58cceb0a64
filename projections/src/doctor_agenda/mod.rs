//! The visits a doctor has, by time; staff see all bookings there, newest first.

pub mod query;
#[cfg(test)]
mod tests;

use event_store::{ApplyError, PgConnection};

use crate::Model;
use crate::booking_facts::INPUTS;
use crate::booking_summary::table;
use crate::facts::{Decoded, Input};
use crate::projector::Projector;

pub(crate) struct DoctorAgenda;

impl Projector for DoctorAgenda {
    const MODEL: Model = Model::DoctorAgenda;
    const INPUTS: &'static [Input] = INPUTS;

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        table::project(tx, Self::MODEL, generation, events).await
    }
}
