//! One booking under the list it was made under, and under another.

use domain::booking::commands::FixEarnings;
use domain::booking::decide::decide;
use domain::booking::events::{BookingEvent, CallType};
use domain::booking::evolve::evolve;
use domain::booking::status::BookingStatus;
use domain::booking::{Agreement, Booking};
use domain::ids::BookingId;
use domain::money::Money;
use domain::price_list::list::PriceList;
use jiff::Timestamp;

use super::relive::{Undefined, relive};

/// What a booking comes to in money, each absent while it is not known or there is none of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What was agreed for the visit.
    pub price: Money,
    /// What its patient owes now that it is over: the price, a fee, or nothing.
    pub due: Option<Money>,
    /// What calling it off, or not being there, cost.
    pub fee: Option<Money>,
    /// What the clinic keeps of the money.
    pub commission: Option<Money>,
    /// What its doctor gets of it, now or once the money is there.
    pub earning: Option<Money>,
}

/// One booking, as it is and as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Which.
    pub booking_id: BookingId,
    /// Of which kind.
    pub call_type: CallType,
    /// How far it has come.
    pub status: BookingStatus,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The version of the list it was made under.
    pub list_version: u32,
    /// As its facts say.
    pub before: Figures,
    /// As the other list would have it.
    pub after: Result<Figures, Undefined>,
}

impl Comparison {
    /// Whether the other list makes a difference, or nobody knows whether it would.
    pub fn differs(&self) -> bool {
        self.after.as_ref() != Ok(&self.before)
    }
}

/// Compares what the facts of one booking came to, in their order and under `agreed`, the list it was made under, with what they would
/// have come to under `other`. `left` is what is left of the money that secured it after every refund asked for; none while none is
/// taken. Nothing where there is no booking.
pub fn compare(
    facts: &[BookingEvent],
    left: Option<Money>,
    agreed: &PriceList,
    other: &PriceList,
) -> Option<Comparison> {
    let booking = facts.iter().cloned().fold(Booking::default(), evolve);
    let agreement = booking.agreement()?;
    let (before, given_back) = actual(&booking, agreement, facts, left, agreed);
    Some(Comparison {
        booking_id: agreement.booking_id,
        call_type: agreement.call_type,
        status: booking.status(),
        requested_at: agreement.requested_at,
        list_version: agreement.tariff_version,
        before,
        after: relive(facts, other).and_then(|booking| supposed(&booking, other, given_back)),
    })
}

/// The figures of the facts, and how much of what is due had been given back when its doctor's part was fixed, or would be.
fn actual(
    booking: &Booking,
    agreement: &Agreement,
    facts: &[BookingEvent],
    left: Option<Money>,
    list: &PriceList,
) -> (Figures, i64) {
    let recorded = facts
        .iter()
        .find(|fact| matches!(fact, BookingEvent::Earned { .. }));
    let due = due(booking);
    let owed = due.unwrap_or(agreement.nothing());
    // What is not taken yet will be.
    let there = left.unwrap_or(owed);
    let shared = recorded
        .cloned()
        .or_else(|| fixed(booking, there, list).ok().flatten());
    let kept = match (&recorded, left) {
        (Some(BookingEvent::Earned { kept, .. }), _) => kept.minor,
        (_, Some(left)) => left.minor.min(owed.minor),
        (_, None) => owed.minor,
    };
    (
        Figures::of(agreement, due, shared.as_ref()),
        owed.minor.saturating_sub(kept),
    )
}

/// The figures of a booking relived, if so much of what is due had been given back.
fn supposed(booking: &Booking, list: &PriceList, given_back: i64) -> Result<Figures, Undefined> {
    let agreement = booking.agreement().ok_or(Undefined::NoPrice)?;
    let due = due(booking);
    let owed = due.unwrap_or(agreement.nothing());
    let left = Money {
        minor: owed.minor.saturating_sub(given_back).max(0),
        ..owed
    };
    let shared = fixed(booking, left, list)?;
    Ok(Figures::of(agreement, due, shared.as_ref()))
}

/// The doctor's part as it would be fixed with so much left; none where there is nothing to share, or nobody to share it with.
fn fixed(booking: &Booking, left: Money, list: &PriceList) -> Result<Option<BookingEvent>, Undefined> {
    let Some(agreement) = booking.agreement() else {
        return Ok(None);
    };
    let Some(payment_id) = agreement.secured_by else {
        return Ok(None);
    };
    let command = FixEarnings {
        payment_id,
        left,
        commissions: list.commissions(),
        at: agreement.requested_at,
    };
    let facts = decide(booking, command).map_err(|_| Undefined::OutOfRange)?;
    Ok(facts
        .into_iter()
        .find(|fact| matches!(fact, BookingEvent::Earned { .. })))
}

impl Figures {
    fn of(agreement: &Agreement, due: Option<Money>, shared: Option<&BookingEvent>) -> Self {
        let shares = match shared {
            Some(BookingEvent::Earned {
                commission, share, ..
            }) => Some((*commission, *share)),
            _ => None,
        };
        Self {
            price: agreement.price,
            due,
            fee: agreement.fee,
            commission: shares.map(|(commission, _)| commission),
            earning: shares.map(|(_, share)| share),
        }
    }
}

/// What the patient owes for a booking that is over.
fn due(booking: &Booking) -> Option<Money> {
    match booking {
        Booking::Completed(agreement) => Some(agreement.price),
        Booking::Cancelled(agreement)
        | Booking::NoShow(agreement)
        | Booking::Expired(agreement)
        | Booking::Missed(agreement) => Some(agreement.fee.unwrap_or(agreement.nothing())),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_) => None,
    }
}
