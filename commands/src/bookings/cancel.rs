//! A booking is called off: the doctor's time is free again, the fee is what was agreed.

use domain::booking::Booking;
use domain::booking::commands::Cancel;
use domain::booking::events::CancelReason;
use domain::ids::{AccountId, BookingId, PrivateId};
use domain::money::Money;

use crate::bookings::{acting, vault};
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy;
use crate::refusal::CommandFault;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

/// The vault's word for a free note on a cancellation.
pub const CANCELLATION_NOTE: &str = "cancellation_note";

/// How a booking is called off.
#[derive(Clone, Debug)]
pub struct CancelBooking {
    /// Which.
    pub booking_id: BookingId,
    /// Why, in one of the known words.
    pub reason: CancelReason,
    /// Why, in own words; goes to the vault.
    pub note: Option<String>,
    /// The fee the caller saw, none meaning that it is free; a different true fee is refused with the true one.
    pub expected_fee: Option<Money>,
}

/// Calls a booking off, as its patient, its doctor, the doctor's clinic or an admin.
///
/// # Errors
/// `not_found`, `forbidden`, `fee_changed`, `too_late`, `not_now`; and the faults of the log.
pub async fn cancel(
    services: &CommandServices,
    asked: &CommandMetadata,
    command: CancelBooking,
) -> Result<CommandOutcome<BookingState>, CommandFault> {
    let booking_id = command.booking_id;
    let name = streams::booking(booking_id);
    let note_id = PrivateId::from_uuid(asked.begin().created_id("note"));
    acting::act(services, asked, booking_id, policy::CANCEL, |room, booking| {
        let agreement = policy::CANCEL
            .permit_on(booking, asked.by)
            .map_err(DecisionError::refuse)?;
        let at = room.now();
        let sealed = command.note.as_ref().map(|note| {
            let body = [("note".to_owned(), note.clone().into())].into_iter().collect();
            vault::seal(
                CANCELLATION_NOTE,
                AccountId::from(agreement.patient_id),
                body,
                note_id,
            )
        });
        let (row, note) = sealed.unzip();
        let cancel = Cancel {
            by: asked.by,
            reason: command.reason,
            note,
            expected_fee: command.expected_fee,
            at,
        };
        acting::decide_booking(room, booking_id, cancel)?;
        let after = room.state::<Booking>(&name)?;
        if after.status() != booking.status() {
            row.into_iter().for_each(|row| room.keep(row));
        }
        Ok(())
    })
    .await
}
