//! Replays a range of the log's bookings under another price list, a few at a time, from one moment of the log that nothing is
//! written to.

use std::collections::{BTreeMap, VecDeque};

use commands::CommandError;
use commands::prices::{Agreed, Prices};
use cqrs_es::Aggregate;
use domain::any_event::{AnyEvent, DecodeError};
use domain::booking::Booking;
use domain::booking::events::BookingEvent;
use domain::booking::evolve::evolve;
use domain::money::{Money, MoneyError};
use domain::payment::Payment;
use domain::price_list::list::PriceList;
use event_store::{EventLog, Fact, LogError, LogSnapshot, Position};
use jiff::Timestamp;

use super::compare::{Comparison, compare};

/// How many bookings are loaded at once.
const BOOKINGS_AT_ONCE: usize = 100;
/// How many facts of one stream are read; an eventful booking has about a hundred.
const STREAM_FACTS_MAX: u32 = 1_000;
/// The fact that pins a price list.
const REQUESTED: &str = "BookingRequested";

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeEnd {
    /// A position of the log, included.
    Position(Position),
    /// What was recorded from this instant on, or before it.
    Instant(Timestamp),
}

/// Which bookings: those whose request stands between the ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// From the first fact on if absent.
    pub from: Option<RangeEnd>,
    /// To the last fact if absent.
    pub to: Option<RangeEnd>,
}

/// Why nothing, or no more, was replayed.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The lists that bookings were made under cannot be read.
    #[error("the published price lists cannot be read")]
    Lists(#[source] CommandError),
    /// A fact that this release cannot read.
    #[error("the fact at {position} cannot be read")]
    Fact {
        /// Where it stands.
        position: Position,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// A sum that no amount can hold.
    #[error("a sum is out of range")]
    Money(#[from] MoneyError),
}

/// Bookings being replayed.
pub struct WhatIf {
    snapshot: LogSnapshot,
    agreed: Agreed,
    list: PriceList,
    after: Position,
    upto: Position,
    requests: VecDeque<String>,
    compared: VecDeque<Comparison>,
}

impl WhatIf {
    /// Begins with the first booking of the range.
    ///
    /// # Errors
    /// [`WhatIfError`] when the log or the published lists cannot be read.
    pub async fn open(
        log: &EventLog,
        prices: &Prices,
        list: PriceList,
        range: Range,
    ) -> Result<Self, WhatIfError> {
        let agreed = prices.agreed().await.map_err(WhatIfError::Lists)?;
        let mut snapshot = log.snapshot().await?;
        let after = match range.from {
            None => 0,
            Some(RangeEnd::Position(position)) => position.saturating_sub(1),
            Some(RangeEnd::Instant(instant)) => snapshot.position_at(instant).await?.saturating_sub(1),
        };
        let head = snapshot.head().await?;
        let upto = match range.to {
            None => head,
            Some(RangeEnd::Position(position)) => position.min(head),
            Some(RangeEnd::Instant(instant)) => snapshot.position_at(instant).await?.saturating_sub(1),
        };
        Ok(Self {
            snapshot,
            agreed,
            list,
            after,
            upto,
            requests: VecDeque::new(),
            compared: VecDeque::new(),
        })
    }

    /// The next booking, in the order of their requests; none at the end.
    ///
    /// # Errors
    /// [`WhatIfError`] when the log cannot be read.
    pub async fn next(&mut self) -> Result<Option<Comparison>, WhatIfError> {
        loop {
            if let Some(next) = self.compared.pop_front() {
                return Ok(Some(next));
            }
            if self.requests.is_empty() {
                if self.after >= self.upto {
                    return Ok(None);
                }
                let page = self.snapshot.of_type(REQUESTED, self.after, self.upto).await?;
                self.after = page.reached;
                self.requests
                    .extend(page.facts.into_iter().map(|fact| fact.partition_key.clone()));
                continue;
            }
            let some = self.requests.len().min(BOOKINGS_AT_ONCE);
            let keys: Vec<String> = self.requests.drain(..some).collect();
            let facts = self.snapshot.partitions(&keys, STREAM_FACTS_MAX).await?;
            self.replay(&keys, facts)?;
        }
    }

    fn replay(&mut self, keys: &[String], facts: Vec<Fact>) -> Result<(), WhatIfError> {
        let mut of_bookings: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        for fact in facts {
            of_bookings
                .entry(fact.partition_key.clone())
                .or_default()
                .push(fact);
        }
        for key in keys {
            let facts = of_bookings.remove(key).unwrap_or_default();
            let streams = Streams::of(&facts)?;
            let booking = streams.booking.iter().cloned().fold(Booking::default(), evolve);
            let agreed = self.agreed.of(&booking);
            let left = streams.left(&booking);
            self.compared
                .extend(compare(&streams.booking, left, agreed, &self.list));
        }
        Ok(())
    }
}

/// What the facts of one partition say.
#[derive(Default)]
struct Streams {
    booking: Vec<BookingEvent>,
    payments: BTreeMap<String, Payment>,
}

impl Streams {
    fn of(facts: &[Fact]) -> Result<Self, WhatIfError> {
        let mut streams = Self::default();
        for fact in facts {
            let (aggregate, event, version) = (&fact.aggregate_type, &fact.event_type, &fact.event_version);
            if ![Booking::TYPE, Payment::TYPE].contains(&aggregate.as_str()) {
                continue;
            }
            let events = AnyEvent::read(aggregate, event, version, fact.payload.get()).map_err(|source| {
                WhatIfError::Fact {
                    position: fact.position,
                    source,
                }
            })?;
            for event in events {
                match &*event {
                    AnyEvent::Booking(event) => streams.booking.push(event.clone()),
                    AnyEvent::Payment(event) => streams
                        .payments
                        .entry(fact.aggregate_id.clone())
                        .or_default()
                        .apply(event.clone()),
                    AnyEvent::DoctorDay(_)
                    | AnyEvent::Wallet(_)
                    | AnyEvent::Payout(_)
                    | AnyEvent::PriceList(_)
                    | AnyEvent::Account(_) => {}
                }
            }
        }
        Ok(streams)
    }

    /// What is left of the money that secured the booking after every refund asked for; none while none is taken.
    fn left(&self, booking: &Booking) -> Option<Money> {
        let secured_by = booking.agreement()?.secured_by?;
        let payment = self.payments.get(&secured_by.to_string())?;
        match payment {
            Payment::Captured(attempt) | Payment::PartiallyRefunded(attempt) => attempt.left().ok(),
            Payment::Refunded(_) => Some(Money::ZERO),
            Payment::Absent
            | Payment::Pending(_)
            | Payment::Authorised(_)
            | Payment::Failed(_)
            | Payment::Cancelled(_) => None,
        }
    }
}
