//! Facts of bookings and their payments → a row for each booking.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::ids::BookingId;
use event_store::{ApplyError, PgConnection};

use crate::Model;
use crate::bookings::{BookingDetails, rows};
use crate::facts::{self, Decoded, Input};
use crate::projector::Projector;
use crate::rows::{RowStart, Rows, known_before};
use crate::sql_types;

pub(crate) struct Bookings;

const BEGINS: RowStart = RowStart("booking", "asked for");

impl Projector for Bookings {
    const MODEL: Model = Model::Bookings;
    const INPUTS: &'static [Input] = &[Input::Booking, Input::Payment];

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        let folded = load_and_fold(tx, generation, events).await?;
        Ok(rows::write(tx, generation, &folded.new, &folded.changed).await?)
    }
}

/// Loads the rows that the batch is about and folds the batch into them.
///
/// # Errors
/// [`ApplyError::Poison`] for a fact of a booking that was never asked for, or twice; [`ApplyError::Database`].
async fn load_and_fold(
    tx: &mut PgConnection,
    generation: i32,
    events: &[Decoded<'_>],
) -> Result<Rows<BookingId, BookingDetails>, ApplyError> {
    let mut of_bookings = Vec::with_capacity(events.len());
    for (fact, event) in events {
        of_bookings.push((facts::partition::<BookingId>(fact)?, *fact, event.as_ref()));
    }
    let keys = of_bookings
        .iter()
        .map(|(booking_id, _, event)| (*booking_id, is_request(event)));
    let known = known_before(keys).into_iter().map(BookingId::uuid).collect();
    let loaded = sql_types::load(tx, &rows::LOAD, generation, known).await?;
    let mut rows = Rows::loaded(loaded, |details: &BookingDetails| details.line.booking_id);
    for (booking_id, fact, event) in of_bookings {
        if let AnyEvent::Booking(event) = event {
            let begun = BookingDetails::begin(event, fact.sequence);
            if let Some(row) = rows.follow(fact, booking_id, begun, BEGINS)? {
                row.proceed(event, fact.sequence);
            }
        } else if let AnyEvent::Payment(event) = event
            // A deposit's lies in its owner's partition, where there are no bookings.
            && let Some(row) = rows.get_mut(&booking_id)
        {
            row.line.paid(facts::stream(fact)?, event);
        }
    }
    Ok(rows)
}

const fn is_request(event: &AnyEvent) -> bool {
    matches!(event, AnyEvent::Booking(BookingEvent::Requested { .. }))
}
