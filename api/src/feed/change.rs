//! What one fact changes for whom, as it is told on their streams.

use std::sync::Arc;

use domain::booking::status::BookingStatus;
use domain::ids::{AccountId, BookingId};
use event_store::{Position, StoredFact};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// What a stream's event is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something happened to a booking that is theirs.
    Booking,
    /// A booking that was theirs is no more: nothing else will be told of it.
    BookingGone,
    /// Something happened to a doctor's own day.
    Day,
    /// Something was done with their own account that they should know of.
    Account,
}

impl Kind {
    /// The name of the event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Booking => "booking",
            Self::BookingGone => "booking_gone",
            Self::Day => "day",
            Self::Account => "account",
        }
    }
}

/// What one fact changes: for each account it concerns, what it is told.
#[derive(Debug)]
pub struct Change {
    /// The fact's position.
    pub position: Position,
    addressed: Vec<Addressed>,
}

#[derive(Debug)]
struct Addressed {
    account: AccountId,
    kind: Kind,
    data: Arc<str>,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveEvent {
    /// The position of the fact behind it.
    pub position: Position,
    /// What it is called.
    pub kind: Kind,
    /// What it says, as JSON.
    pub data: Arc<str>,
}

/// What every event says. Personal data are not among it.
#[derive(Serialize)]
struct Data<'a> {
    position: Position,
    r#type: &'a str,
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking_id: Option<BookingId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doctor_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
}

/// A booking as a fact of its partition left it.
#[derive(Clone, Copy, Debug)]
pub struct BookingNow {
    /// Which.
    pub id: BookingId,
    /// Its version.
    pub version: i64,
    /// Where it stands.
    pub status: BookingStatus,
}

impl Change {
    /// A fact of a booking: for whom it is, and for whom it was and is no more.
    pub fn of_booking(
        fact: &StoredFact,
        booking: BookingNow,
        theirs: impl Iterator<Item = AccountId>,
        no_more: impl Iterator<Item = AccountId>,
    ) -> Self {
        let data = Data {
            booking_id: Some(booking.id),
            version: Some(booking.version),
            status: Some(booking.status.as_str()),
            ..Data::of(fact)
        };
        let mut change = Self::for_accounts(fact, Kind::Booking, &data, theirs);
        // How it goes on is nothing of theirs.
        let gone = Data { status: None, ..data };
        change
            .addressed
            .extend(Self::for_accounts(fact, Kind::BookingGone, &gone, no_more).addressed);
        change
    }

    /// A fact of a payment of a booking.
    pub fn of_payment(fact: &StoredFact, booking: BookingNow, payer: AccountId) -> Self {
        let data = Data {
            booking_id: Some(booking.id),
            version: Some(booking.version),
            status: Some(booking.status.as_str()),
            payment_id: Some(&fact.aggregate_id),
            ..Data::of(fact)
        };
        Self::for_accounts(fact, Kind::Booking, &data, std::iter::once(payer))
    }

    /// A fact of a doctor's day.
    pub fn of_day(fact: &StoredFact, doctor: AccountId, date: &str) -> Self {
        let data = Data {
            doctor_id: Some(doctor.uuid()),
            date: Some(date),
            version: Some(fact.sequence),
            ..Data::of(fact)
        };
        Self::for_accounts(fact, Kind::Day, &data, std::iter::once(doctor))
    }

    /// A fact of somebody's own account.
    pub fn of_account(fact: &StoredFact, owner: AccountId) -> Self {
        let data = Data {
            version: Some(fact.sequence),
            ..Data::of(fact)
        };
        Self::for_accounts(fact, Kind::Account, &data, std::iter::once(owner))
    }

    fn for_accounts(
        fact: &StoredFact,
        kind: Kind,
        data: &Data<'_>,
        accounts: impl Iterator<Item = AccountId>,
    ) -> Self {
        // Ids, words and numbers always serialise.
        let data: Arc<str> = serde_json::to_string(data).unwrap_or_default().into();
        let addressed = |account| Addressed {
            account,
            kind,
            data: Arc::clone(&data),
        };
        Self {
            position: fact.position,
            addressed: accounts.map(addressed).collect(),
        }
    }

    /// Whether it is told to nobody.
    pub fn is_for_nobody(&self) -> bool {
        self.addressed.is_empty()
    }

    /// To whom it is told.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.addressed.iter().map(|addressed| addressed.account)
    }

    /// What an account is told.
    pub fn event_for(&self, account: AccountId) -> Option<LiveEvent> {
        let addressed = self
            .addressed
            .iter()
            .find(|addressed| addressed.account == account)?;
        Some(LiveEvent {
            position: self.position,
            kind: addressed.kind,
            data: Arc::clone(&addressed.data),
        })
    }
}

impl<'a> Data<'a> {
    fn of(fact: &'a StoredFact) -> Self {
        Self {
            position: fact.position,
            r#type: &fact.event_type,
            recorded_at: fact.recorded_at,
            booking_id: None,
            version: None,
            status: None,
            payment_id: None,
            doctor_id: None,
            date: None,
        }
    }
}
