//! Where a consultation takes place: named by its doctor, kept in the vault, told to the two who meet there.

use domain::booking::Booking;
use domain::booking::commands::NameRoom;
use domain::ids::{BookingId, PrivateId};
use domain::people::PrivateRef;

use crate::bookings::execution::{apply_to_booking, execute_on_booking, patient_of, seal};
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy::{MayReadBooking, MayReportVisit, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

/// The vault's word for it.
pub const CONSULTATION_ROOM: &str = "consultation_room";
/// The field of its row.
pub const ROOM_URL: &str = "url";

/// Names the address at which doctor and patient meet, as the assigned doctor or an admin.
///
/// # Errors
/// `not_found`, `forbidden`, `not_a_consultation`, `not_now`; and the errors of the log.
pub async fn name_room(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
    url: &str,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let id = PrivateId::from_uuid(metadata.created_id("room"));
    let rule = MayReportVisit::RULE;
    let patient = patient_of(services, booking_id).await?.ok_or(Refusal::NotFound)?;
    let body = [(ROOM_URL.to_owned(), url.into())].into_iter().collect();
    let sealed = seal(services, CONSULTATION_ROOM, patient, body, id).await?;
    execute_on_booking(services, metadata, booking_id, rule, |work, _, _| {
        let (row, room) = sealed.clone();
        let (by, at) = (metadata.by, work.now());
        apply_to_booking(work, booking_id, NameRoom { room, by, at })?;
        work.store_private(row);
        Ok(())
    })
    .await
}

/// Where the vault keeps the room of a booking that concerns the caller, while there is one. Leaves no fact.
///
/// # Errors
/// `not_found`, `forbidden`; and the errors of the log.
pub async fn room_of(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<Option<PrivateRef>, CommandError> {
    let name = streams::booking(booking_id);
    let known = std::slice::from_ref(&name);
    let mut room = None;
    event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
        let booking = work.state::<Booking>(&name)?;
        let agreement = MayReadBooking::RULE
            .permit_on(&booking, metadata.by)
            .map_err(DecisionError::refuse)?;
        room = agreement.room.clone();
        Ok(())
    })
    .await?;
    Ok(room)
}
