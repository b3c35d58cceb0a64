//! A batch of facts about bookings and their payments, folded per booking into rows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::ids::{BookingId, PaymentId};
use domain::payment::events::PaymentEvent;
use event_store::{ApplyFault, Fact};

use crate::facts::{self, Input};

/// A row of one booking that grows by facts.
pub(crate) trait FoldsBookingFacts: Sized {
    /// The row a booking begins with; nothing unless the fact is its request.
    fn begin(fact: &BookingEvent, version: i64) -> Option<Self>;
    /// One more fact of the booking.
    fn proceed(&mut self, fact: &BookingEvent, version: i64);
    /// One more fact of one of its payments.
    fn paid(&mut self, payment_id: PaymentId, fact: &PaymentEvent);
}

/// The decoded facts of a batch that concern bookings.
pub(crate) struct BookingFacts<'a> {
    facts: Vec<(BookingId, &'a Fact, Arc<AnyEvent>)>,
}

/// What a batch leaves behind.
pub(crate) struct Rows<R> {
    /// Bookings first asked for in this batch.
    pub(crate) new: Vec<R>,
    /// Bookings known before.
    pub(crate) changed: Vec<R>,
}

impl<'a> BookingFacts<'a> {
    /// Decodes what concerns bookings.
    pub(crate) fn read(facts: &'a [Fact]) -> Result<Self, ApplyFault> {
        let facts = facts::decode_inputs(facts, &[Input::Booking, Input::Payment])?
            .into_iter()
            .map(|(fact, event)| Ok((facts::partition(fact)?, fact, event)))
            .collect::<Result<_, ApplyFault>>()?;
        Ok(Self { facts })
    }

    /// The bookings whose rows must be there already: all but those whose request is in the batch.
    pub(crate) fn known_before(&self) -> Vec<BookingId> {
        let mut seen = HashSet::with_capacity(self.facts.len());
        self.facts
            .iter()
            .filter(|(booking_id, _, event)| seen.insert(*booking_id) && !is_request(event))
            .map(|(booking_id, ..)| *booking_id)
            .collect()
    }

    /// Folds the facts into the rows loaded for [`Self::known_before`].
    pub(crate) fn fold<R: FoldsBookingFacts>(
        &self,
        loaded: Vec<(BookingId, R)>,
    ) -> Result<Rows<R>, ApplyFault> {
        let mut places: HashMap<BookingId, (bool, usize)> = HashMap::with_capacity(self.facts.len());
        let mut rows = Rows {
            new: Vec::with_capacity(self.facts.len()),
            changed: Vec::with_capacity(loaded.len()),
        };
        for (booking_id, row) in loaded {
            places.insert(booking_id, (false, rows.changed.len()));
            rows.changed.push(row);
        }
        for (booking_id, fact, event) in &self.facts {
            let row = match places.get(booking_id) {
                Some((true, index)) => rows.new.get_mut(*index),
                Some((false, index)) => rows.changed.get_mut(*index),
                None => None,
            };
            match (row, event.as_ref()) {
                (Some(_), event) if is_request(event) => {
                    return Err(facts::poison(fact, "the booking was asked for before"));
                }
                (Some(row), AnyEvent::Booking(event)) => row.proceed(event, fact.sequence),
                (Some(row), AnyEvent::Payment(event)) => row.paid(facts::stream(fact)?, event),
                (None, AnyEvent::Booking(event)) => {
                    let row = R::begin(event, fact.sequence)
                        .ok_or_else(|| facts::poison(fact, "the booking was never asked for"))?;
                    places.insert(*booking_id, (true, rows.new.len()));
                    rows.new.push(row);
                }
                // A deposit's: it lies in its owner's partition, where there are no bookings.
                (None, AnyEvent::Payment(_)) => {}
                (
                    Some(_) | None,
                    AnyEvent::DoctorDay(_)
                    | AnyEvent::Wallet(_)
                    | AnyEvent::Payout(_)
                    | AnyEvent::PriceList(_),
                ) => {}
            }
        }
        Ok(rows)
    }
}

fn is_request(event: &AnyEvent) -> bool {
    match event {
        AnyEvent::Booking(event) => matches!(event, BookingEvent::Requested { .. }),
        AnyEvent::Payment(_)
        | AnyEvent::DoctorDay(_)
        | AnyEvent::Wallet(_)
        | AnyEvent::Payout(_)
        | AnyEvent::PriceList(_) => false,
    }
}
