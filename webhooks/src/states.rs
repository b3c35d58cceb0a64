//! What a fact is told as: where its booking or payment stands after it, and whose it is, by the facts up to there and no others. So the
//! same fact is told in the same words whenever it is told.

use std::sync::Arc;

use cqrs_es::Aggregate;
use domain::account::Account;
use domain::account::events::AccountEvent;
use domain::any_event::{AnyEvent, DecodedEvents};
use domain::booking::Booking;
use domain::payment::Payment;
use event_store::{AsOf, EventLog, Fact};
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::catalogue::EventType;
use crate::error::WebhookError;
use crate::event::{Data, Event, body, message_id};

/// States of bookings and payments, as of the fact that was told last. Facts must come in the order of the log, none left out.
pub struct States {
    log: EventLog,
    bookings: Cache<String, Arc<Folded<Booking>>>,
    payments: Cache<String, Arc<Folded<Payment>>>,
}

/// A stream's state after so many facts.
#[derive(Clone, Default)]
struct Folded<A> {
    version: i64,
    state: A,
}

/// What a fact means for endpoints.
pub enum FactEffect {
    /// They are told of it.
    Event(Event),
    /// The owner of endpoints may not sign in any more: nobody tells them anything.
    OwnerDeactivated(Uuid),
}

/// A kind of stream that endpoints are told of.
trait Foldable: Aggregate + Clone + Default {
    fn one(event: &AnyEvent) -> Option<Self::Event>;
}

impl Foldable for Booking {
    fn one(event: &AnyEvent) -> Option<Self::Event> {
        if let AnyEvent::Booking(event) = event {
            Some(event.clone())
        } else {
            None
        }
    }
}

impl Foldable for Payment {
    fn one(event: &AnyEvent) -> Option<Self::Event> {
        if let AnyEvent::Payment(event) = event {
            Some(event.clone())
        } else {
            None
        }
    }
}

impl<A: Foldable> Folded<A> {
    fn after(mut self, fact: &Fact) -> Result<Self, WebhookError> {
        for event in decoded(fact)?.iter() {
            if let Some(event) = A::one(event) {
                self.state.apply(event);
            }
        }
        self.version = fact.sequence;
        Ok(self)
    }
}

impl States {
    /// None known yet, and at most so many remembered.
    pub fn new(log: EventLog, states_max: usize) -> Self {
        Self {
            log,
            bookings: Cache::new(states_max),
            payments: Cache::new(states_max),
        }
    }

    /// Forgets all: facts were left out.
    pub fn forget(&self) {
        self.bookings.clear();
        self.payments.clear();
    }

    /// What the fact, the next one of the log, means for endpoints.
    ///
    /// # Errors
    /// When the log cannot be read, or the fact needs newer code.
    pub async fn apply(&self, fact: &Fact) -> Result<Option<FactEffect>, WebhookError> {
        match fact.aggregate_type.as_str() {
            Booking::TYPE => self.of_booking(fact).await,
            Payment::TYPE => self.of_payment(fact).await,
            Account::TYPE => owner_deactivated(fact),
            _ => Ok(None),
        }
    }

    async fn of_booking(&self, fact: &Fact) -> Result<Option<FactEffect>, WebhookError> {
        let told = event_type_of(fact)?;
        let (id, known) = (&fact.aggregate_id, self.bookings.get(&fact.aggregate_id));
        if told.is_none() && known.is_none() {
            return Ok(None);
        }
        let before = match known {
            Some(known) => known,
            None => Arc::new(self.folded::<Booking>(id, fact).await?),
        };
        let after = Arc::new(Folded::clone(before.as_ref()).after(fact)?);
        self.bookings.insert(id.clone(), Arc::clone(&after));
        let (Some(event_type), Ok(booking_id)) = (told, id.parse()) else {
            return Ok(None);
        };
        let data = Data::Booking {
            booking_id,
            status: after.state.status().as_str(),
            version: after.version,
            position: fact.position,
        };
        let clinics = [clinic_of(&before.state), clinic_of(&after.state)];
        self.event(fact, event_type, data, clinics).map(Some)
    }

    async fn of_payment(&self, fact: &Fact) -> Result<Option<FactEffect>, WebhookError> {
        let told = event_type_of(fact)?;
        let (id, known) = (&fact.aggregate_id, self.payments.get(&fact.aggregate_id));
        if told.is_none() && known.is_none() {
            return Ok(None);
        }
        let before = match known {
            Some(known) => known,
            None => Arc::new(self.folded::<Payment>(id, fact).await?),
        };
        let after = Arc::new(Folded::clone(before.as_ref()).after(fact)?);
        self.payments.insert(id.clone(), Arc::clone(&after));
        let (Some(event_type), Ok(payment_id)) = (told, id.parse()) else {
            return Ok(None);
        };
        let booking_id = after.state.terms().and_then(|terms| terms.purpose.booking());
        let clinic = match booking_id {
            Some(booking_id) => self.clinic_at(&booking_id.to_string(), fact).await?,
            None => None,
        };
        let data = Data::Payment {
            payment_id,
            booking_id,
            status: after.state.status().as_str(),
            version: after.version,
            position: fact.position,
        };
        self.event(fact, event_type, data, [clinic, None]).map(Some)
    }

    /// The clinic of the booking at the moment of a fact of its payment.
    async fn clinic_at(&self, booking_id: &str, fact: &Fact) -> Result<Option<Uuid>, WebhookError> {
        let folded = match self.bookings.get(booking_id) {
            Some(known) => known,
            None => {
                let folded = Arc::new(self.folded::<Booking>(booking_id, fact).await?);
                self.bookings.insert(booking_id.to_owned(), Arc::clone(&folded));
                folded
            }
        };
        Ok(clinic_of(&folded.state))
    }

    /// The stream's state before a position of the log.
    async fn folded<A: Foldable>(&self, id: &str, before: &Fact) -> Result<Folded<A>, WebhookError> {
        let mut folded = Folded::default();
        if before.aggregate_type == A::TYPE && before.sequence == 1 {
            return Ok(folded);
        }
        let as_of = AsOf::Position(before.position - 1);
        for fact in self.log.read_stream(A::TYPE, id, as_of).await? {
            folded = folded.after(&fact)?;
        }
        Ok(folded)
    }

    fn event(
        &self,
        fact: &Fact,
        event_type: EventType,
        data: Data,
        clinics: [Option<Uuid>; 2],
    ) -> Result<FactEffect, WebhookError> {
        Ok(FactEffect::Event(Event {
            position: fact.position,
            id: message_id(self.log.identity().log_id(), fact.position),
            event_type,
            partition_key: fact.partition_key.clone(),
            payload: body(event_type, fact.recorded_at, data)?,
            clinics,
        }))
    }
}

/// An old fact may be several in today's words; the first that is told names it.
fn event_type_of(fact: &Fact) -> Result<Option<EventType>, WebhookError> {
    Ok(decoded(fact)?.iter().find_map(|event| EventType::of(event)))
}

fn owner_deactivated(fact: &Fact) -> Result<Option<FactEffect>, WebhookError> {
    let is_over = decoded(fact)?
        .iter()
        .any(|event| matches!(**event, AnyEvent::Account(AccountEvent::Deactivated { .. })));
    let owner = fact.aggregate_id.parse().ok().filter(|_| is_over);
    Ok(owner.map(FactEffect::OwnerDeactivated))
}

fn decoded(fact: &Fact) -> Result<Arc<DecodedEvents>, WebhookError> {
    fact.read_as(|stored| {
        AnyEvent::read(
            &stored.aggregate_type,
            &stored.event_type,
            &stored.event_version,
            stored.payload.get(),
        )
    })
    .map_err(|_| WebhookError::Fact(fact.position))
}

fn clinic_of(booking: &Booking) -> Option<Uuid> {
    let clinic = booking.agreement()?.clinic_id()?;
    Some(clinic.uuid())
}
