//! A hold that would end before its visit is taken first: nothing is renewed in silence.

use domain::booking::Booking;
use domain::ids::BookingId;
use domain::payment::Payment;
use domain::payment::charging::captured_before_move;
use domain::payment::commands::CaptureEarly;
use domain::payment::purpose::Purpose;

use crate::context::CommandMetadata;
use crate::intents::FollowUp;
use crate::payments::provider::state::apply_to_payment;
use crate::payments::{PaymentRef, moving};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};

/// Takes the money that secures a booking now, if its hold would end before the visit does.
pub(crate) fn ensure_hold_outlasts_visit(
    work: &mut UnitOfWork<'_>,
    booking_id: BookingId,
) -> Result<(), DecisionError> {
    let booking = work.state::<Booking>(&streams::booking(booking_id))?;
    let Some(agreement) = booking.agreement() else {
        return Ok(());
    };
    let ends_at = agreement
        .appointment
        .as_ref()
        .map(|appointment| appointment.visit.end());
    let (Some(payment_id), Some(ends_at)) = (agreement.secured_by, ends_at) else {
        return Ok(());
    };
    let name = streams::payment(payment_id, booking_id);
    let payment = work.state::<Payment>(&name)?;
    if captured_before_move(&payment, ends_at) {
        let at = work.now();
        moving::decide_payment(work, &name, CaptureEarly { at })?;
    }
    Ok(())
}

/// The hold ends soon: its money is taken if the booking still waits for its visit. One that has no doctor and no time to
/// wait for lets its hold go: money is never taken for a visit that nobody was sent to.
///
/// # Errors
/// The errors of the log.
pub(crate) async fn keep_hold(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
) -> Result<Option<FollowUp>, CommandError> {
    apply_to_payment(services, metadata, payment_ref, |work, _, name| {
        let purpose = work.state::<Payment>(name)?.terms().map(|terms| terms.purpose);
        let Some(booking_id) = purpose.and_then(Purpose::booking) else {
            return Ok(()); // A deposit is never held.
        };
        let booking = work.state::<Booking>(&streams::booking(booking_id))?;
        let secures = booking
            .agreement()
            .is_some_and(|agreement| agreement.secured_by == Some(payment_ref.payment_id));
        let is_to_be = booking.claims_time()
            && booking
                .agreement()
                .is_some_and(|agreement| agreement.appointment.is_some());
        if !(secures && is_to_be) {
            return Ok(());
        }
        let at = work.now();
        moving::decide_payment(work, name, CaptureEarly { at })
    })
    .await?;
    Ok(None)
}
