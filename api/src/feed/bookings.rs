//! Bookings as the facts so far leave them, as many as are in motion: by them it is told whom the next fact concerns.

use std::collections::{HashMap, HashSet};

use domain::any_event::{AnyEvent, DecodeError, DecodedEvents};
use domain::booking::Booking;
use domain::booking::evolve::evolve;
use domain::ids::{AccountId, BookingId, DoctorId};
use event_store::{Fact, StoredFact};

use super::change::{BookingNow, Change};
use commands::readers::Readers;

/// The types of the streams whose facts are told.
pub const BOOKING: &str = "booking";
const PAYMENT: &str = "payment";
const DOCTOR_DAY: &str = "doctor_day";
const ACCOUNT: &str = "account";
/// The fact that a new bank account was named.
const BANK_ACCOUNT_NAMED: &str = "BankAccountNamed";

/// So many bookings are known before the ones that nothing happened to are let go of; at most twice as many.
const RECENT_MAX: usize = 8_192;

/// A fact that this program cannot read: newer code wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// Bookings in motion.
#[derive(Debug, Default)]
pub struct KnownBookings {
    recent: HashMap<BookingId, Known>,
    earlier: HashMap<BookingId, Known>,
}

#[derive(Debug, Default)]
struct Known {
    booking: Booking,
    version: i64,
}

impl KnownBookings {
    /// The bookings whose earlier facts must be read before these facts can be told.
    pub fn missing(&mut self, facts: &[Fact]) -> Vec<BookingId> {
        let mut begun = HashSet::new();
        let mut missing = Vec::new();
        for fact in facts {
            let Some(id) = booking_of(fact) else { continue };
            if self.get(id).is_some() || !begun.insert(id) {
                continue;
            }
            let begins = fact.aggregate_type == BOOKING && fact.sequence == 1;
            if !begins {
                missing.push(id);
            }
        }
        missing
    }

    /// Takes in the earlier facts of bookings, each in order.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn learn(&mut self, facts: &[Fact]) -> Result<(), Unreadable> {
        for fact in facts {
            if let Some(id) = booking_of(fact) {
                self.proceed(id, fact)?;
            }
        }
        Ok(())
    }

    /// What a fact changes for whom; nothing for those that concern nobody who watches.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn apply(&mut self, fact: &Fact) -> Result<Option<Change>, Unreadable> {
        let change = match fact.aggregate_type.as_str() {
            BOOKING => self.tell_booking(fact)?,
            PAYMENT => self.tell_payment(fact),
            DOCTOR_DAY => tell_day(fact),
            ACCOUNT => tell_account(fact),
            _ => None,
        };
        Ok(change.filter(|change| !change.is_for_nobody()))
    }

    fn tell_booking(&mut self, fact: &Fact) -> Result<Option<Change>, Unreadable> {
        let Some(id) = booking_of(fact) else {
            return Ok(None);
        };
        let before = self.get(id).and_then(|known| Readers::of(&known.booking));
        let Some(known) = self.proceed(id, fact)? else {
            return Ok(None);
        };
        let Some(now) = Readers::of(&known.booking) else {
            return Ok(None);
        };
        let no_more = before
            .into_iter()
            .flat_map(Readers::accounts)
            .filter(|account| now.accounts().all(|reader| reader != *account));
        Ok(Some(Change::of_booking(
            fact,
            known.now(id),
            now.accounts(),
            no_more,
        )))
    }

    /// Of a deposit nobody is told: its partition is its owner's, which is no booking.
    fn tell_payment(&mut self, fact: &Fact) -> Option<Change> {
        let id = booking_of(fact)?;
        let known = self.get(id)?;
        let payer = Readers::of(&known.booking)?.patient;
        Some(Change::of_payment(fact, known.now(id), payer))
    }

    /// The booking with one fact more; nothing where the fact is not the next, or cannot be what it says it is.
    fn proceed(&mut self, id: BookingId, fact: &Fact) -> Result<Option<&Known>, Unreadable> {
        let events = match fact.read_as(read) {
            Ok(events) => events,
            Err(DecodeError::Unknown) => return Err(Unreadable),
            Err(error @ (DecodeError::Malformed(_) | DecodeError::Old(_))) => {
                tracing::error!(booking.id = %id, position = fact.position, error = %error, "A fact cannot be told live");
                return Ok(None);
            }
        };
        if fact.sequence == 1 {
            self.insert(id, Known::default());
        }
        let Some(known) = self.get(id).filter(|known| known.version + 1 == fact.sequence) else {
            return Ok(None);
        };
        for event in events.iter() {
            if let AnyEvent::Booking(event) = event.as_ref() {
                known.booking = evolve(std::mem::take(&mut known.booking), event.clone());
            }
        }
        known.version = fact.sequence;
        Ok(Some(known))
    }

    /// The booking, if it is known; it counts as recent from now on.
    fn get(&mut self, id: BookingId) -> Option<&mut Known> {
        if let Some(known) = self.earlier.remove(&id) {
            self.insert(id, known);
        }
        self.recent.get_mut(&id)
    }

    fn insert(&mut self, id: BookingId, known: Known) {
        if self.recent.len() >= RECENT_MAX {
            self.earlier = std::mem::take(&mut self.recent);
        }
        self.recent.insert(id, known);
    }
}

impl Known {
    const fn now(&self, id: BookingId) -> BookingNow {
        BookingNow {
            id,
            version: self.version,
            status: self.booking.status(),
        }
    }
}

/// The booking in whose partition a fact lies, if it may be one.
pub fn booking_of(fact: &StoredFact) -> Option<BookingId> {
    match fact.aggregate_type.as_str() {
        BOOKING | PAYMENT => fact.partition_key.parse().ok(),
        _ => None,
    }
}

fn tell_day(fact: &StoredFact) -> Option<Change> {
    let (doctor, date) = fact.aggregate_id.split_once('_')?;
    let doctor: DoctorId = doctor.parse().ok()?;
    Some(Change::of_day(fact, AccountId::from(doctor), date))
}

/// What admins do to an account is theirs to tell; a new bank account its owner may not have named.
fn tell_account(fact: &StoredFact) -> Option<Change> {
    let owner = fact.aggregate_id.parse().ok()?;
    (fact.event_type == BANK_ACCOUNT_NAMED).then(|| Change::of_account(fact, owner))
}

fn read(fact: &StoredFact) -> Result<DecodedEvents, DecodeError> {
    let payload = fact.payload.get();
    AnyEvent::read(
        &fact.aggregate_type,
        &fact.event_type,
        &fact.event_version,
        payload,
    )
}
