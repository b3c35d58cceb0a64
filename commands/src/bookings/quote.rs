//! What cancelling a booking would cost right now, to the kopeck, and when each step of its visit may be taken.

use domain::booking::Booking;
use domain::booking::deadline;
use domain::booking::events::Appointment;
use domain::booking::windows::StepWindows;
use domain::ids::BookingId;
use domain::money::Money;
use jiff::Timestamp;

use crate::context::CommandMetadata;
use crate::outcome::CommandOutcome;
use crate::policy::{MayReadBooking, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

/// How a booking stands at this moment for whoever thinks of cancelling it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The exact fee, as cancelling now would fix it.
    pub fee: Money,
    /// Doctor and time that others set and the patient has not accepted.
    pub change_to_accept: Option<Appointment>,
    /// When the steps of the visit may be taken.
    pub windows: StepWindows,
    /// When it ends by itself, if nothing else happens and it is free of charge then.
    pub ends_by_itself_at: Option<Timestamp>,
}

/// The exact fee if the caller cancelled now, and the visit's clock. Leaves no fact.
///
/// # Errors
/// `not_found`, `too_late`, `not_now` as for cancelling; and the errors of the log.
pub async fn quote(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<Quote>, CommandError> {
    let name = streams::booking(booking_id);
    let clocks = services.prices.clocks().await?;
    let mut quoted = None;
    let outcome = event_store::execute::<Refusal, _>(
        &services.log,
        &metadata.context(&name),
        std::slice::from_ref(&name),
        |work| {
            let booking = work.state::<Booking>(&name)?;
            let agreement = MayReadBooking::RULE
                .permit_on(&booking, metadata.by)
                .map_err(DecisionError::refuse)?;
            let windows = clocks.of(&booking);
            quoted = Some(Quote {
                fee: domain::booking::quote(&booking, metadata.by, work.now())
                    .map_err(DecisionError::refuse)?,
                change_to_accept: agreement.change_to_accept().cloned(),
                windows: StepWindows::of(agreement, &windows),
                ends_by_itself_at: deadline::end(&booking, &windows).map(|(_, at)| at),
            });
            Ok(())
        },
    )
    .await?;
    Ok(CommandOutcome {
        answer: quoted.ok_or(Refusal::NotFound)?,
        position: outcome.position,
        version: outcome.version(&name),
        replayed: false,
    })
}
