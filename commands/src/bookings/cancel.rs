//! A booking is called off: the doctor's time is free again, the fee is what was agreed.

use domain::booking::Booking;
use domain::booking::commands::Cancel;
use domain::booking::events::CancelReason;
use domain::ids::{AccountId, BookingId, PrivateId};
use domain::money::Money;

use crate::bookings::execution::{apply_to_booking, execute_on_booking, patient_of, seal};
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy::{MayCancel, Permission};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams;

/// The vault's word for a free note on a cancellation.
pub const CANCELLATION_NOTE: &str = "cancellation_note";

/// How a booking is called off.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct CancelBooking {
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
/// `not_found`, `forbidden`, `fee_changed`, `too_late`, `not_now`; and the errors of the log.
pub async fn cancel(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: CancelBooking,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let booking_id = command.booking_id;
    let note_id = PrivateId::from_uuid(metadata.created_id("note"));
    let sealed = match (&command.note, patient_of_note(services, &command).await?) {
        (Some(note), Some(patient)) => {
            let body = [("note".to_owned(), note.clone().into())].into_iter().collect();
            Some(seal(services, CANCELLATION_NOTE, patient, body, note_id).await?)
        }
        (Some(_), None) | (None, _) => None,
    };
    execute_on_booking(
        services,
        metadata,
        booking_id,
        MayCancel::RULE,
        |work, booking, _| {
            let (row, note) = sealed.clone().unzip();
            let cancel = Cancel {
                by: metadata.by,
                reason: command.reason,
                note,
                expected_fee: command.expected_fee,
                at: work.now(),
            };
            apply_to_booking(work, booking_id, cancel)?;
            let after = work.state::<Booking>(&streams::booking(booking_id))?;
            if after.status() != booking.status() {
                row.into_iter().for_each(|row| work.store_private(row));
            }
            Ok(())
        },
    )
    .await
}

/// About whom a note is sealed, where there is one.
async fn patient_of_note(
    services: &CommandServices,
    command: &CancelBooking,
) -> Result<Option<AccountId>, CommandError> {
    match command.note {
        Some(_) => patient_of(services, command.booking_id).await,
        None => Ok(None),
    }
}
