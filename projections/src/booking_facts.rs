//! A batch of facts about bookings and their payments, folded per booking into rows.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::ids::{BookingId, PaymentId};
use domain::payment::events::PaymentEvent;
use event_store::{ApplyError, PgConnection};
use sqlx::FromRow;
use sqlx::postgres::PgRow;

use crate::facts::{self, Decoded, Input};
use crate::rows::{Begins, Rows, known_before};
use crate::sql_types;

/// What a row of one booking is made of.
pub(crate) const INPUTS: &[Input] = &[Input::Booking, Input::Payment];

const BEGINS: Begins = Begins("booking", "asked for");

/// A row of one booking that grows by facts.
pub(crate) trait FoldsBookingFacts: Sized {
    /// The row a booking begins with; nothing unless the fact is its request.
    fn begin(fact: &BookingEvent, version: i64) -> Option<Self>;
    /// One more fact of the booking.
    fn proceed(&mut self, fact: &BookingEvent, version: i64);
    /// One more fact of one of its payments.
    fn paid(&mut self, payment_id: PaymentId, fact: &PaymentEvent);
}

/// Loads the rows that the batch is about with `load` (see [`sql_types::load`]) and folds the batch into them.
///
/// # Errors
/// [`ApplyError::Poison`] for a fact of a booking that was never asked for, or twice; [`ApplyError::Database`].
pub(crate) async fn load_and_fold<R>(
    tx: &mut PgConnection,
    load: &str,
    generation: i32,
    events: &[Decoded<'_>],
    key: fn(&R) -> BookingId,
) -> Result<Rows<BookingId, R>, ApplyError>
where
    R: FoldsBookingFacts + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let mut of_bookings = Vec::with_capacity(events.len());
    for (fact, event) in events {
        of_bookings.push((facts::partition::<BookingId>(fact)?, *fact, event.as_ref()));
    }
    let keys = of_bookings
        .iter()
        .map(|(booking_id, _, event)| (*booking_id, is_request(event)));
    let known = known_before(keys).into_iter().map(BookingId::uuid).collect();
    let mut rows = Rows::loaded(sql_types::load(tx, load, generation, known).await?, key);
    for (booking_id, fact, event) in of_bookings {
        if let AnyEvent::Booking(event) = event {
            let begun = R::begin(event, fact.sequence);
            if let Some(row) = rows.follow(fact, booking_id, begun, BEGINS)? {
                row.proceed(event, fact.sequence);
            }
        } else if let AnyEvent::Payment(event) = event
            // A deposit's lies in its owner's partition, where there are no bookings.
            && let Some(row) = rows.get_mut(&booking_id)
        {
            row.paid(facts::stream(fact)?, event);
        }
    }
    Ok(rows)
}

const fn is_request(event: &AnyEvent) -> bool {
    matches!(event, AnyEvent::Booking(BookingEvent::Requested { .. }))
}
