//! A booking's facts decided again under another price list, by the domain's own rules.
//!
//! What a list decides is asked anew: the price, the terms, what a move or a cancellation costs, whether a step of the visit was
//! taken in its time. What others decided stands as it happened: money that came, doctors who were set or taken off, and what ended
//! by itself.

use domain::booking::commands::{Cancel, ReportVisit, RequestVisit, Reschedule};
use domain::booking::decide::decide;
use domain::booking::decide::visit::VisitReport;
use domain::booking::events::BookingEvent;
use domain::booking::evolve::evolve;
use domain::booking::refusal::BookingRefusal;
use domain::booking::{Booking, BookingCommand, quote};
use domain::people::Actor;
use domain::price_list::list::PriceList;
use jiff::Timestamp;

/// Why nobody knows what would have come of a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// The list has no price for such a visit.
    NoPrice,
    /// What happened would have been refused.
    Refused {
        /// The fact that would not be there.
        event_type: &'static str,
        /// The code of the refusal.
        code: &'static str,
    },
    /// A sum that no amount can hold.
    OutOfRange,
}

impl Undefined {
    /// In a few words, without commas or quotes.
    pub fn words(&self) -> String {
        match self {
            Self::NoPrice => "no price for such a visit".to_owned(),
            Self::Refused { event_type, code } => format!("{event_type} would be refused: {code}"),
            Self::OutOfRange => "amount out of range".to_owned(),
        }
    }
}

/// What the booking with these facts, in their order, would have come to under `list`; its earning is not among it.
///
/// # Errors
/// [`Undefined`] where something that happened could not have.
pub(super) fn relive(facts: &[BookingEvent], list: &PriceList) -> Result<Booking, Undefined> {
    let mut booking = Booking::default();
    let mut rest = facts.iter().peekable();
    while let Some(fact) = rest.next() {
        // Who begins a visit from the road arrives by it: one command, two facts.
        let arrived_by_starting = match (fact, rest.peek()) {
            (BookingEvent::Arrived { at, .. }, Some(BookingEvent::Started { at: started_at, .. })) => {
                at == started_at && matches!(booking, Booking::EnRoute(_))
            }
            _ => false,
        };
        if arrived_by_starting {
            continue;
        }
        for fact in decided_anew(&booking, fact, list)? {
            booking = evolve(booking, fact);
        }
    }
    Ok(booking)
}

/// The facts that would stand in the place of this one.
fn decided_anew(
    booking: &Booking,
    fact: &BookingEvent,
    list: &PriceList,
) -> Result<Vec<BookingEvent>, Undefined> {
    let refused = |refusal: BookingRefusal| Undefined::Refused {
        event_type: fact.type_name(),
        code: refusal.code(),
    };
    let command: BookingCommand = match fact {
        BookingEvent::Requested { .. } => request(fact, list)?.into(),
        BookingEvent::Rescheduled { to, by, at, .. } => {
            let moved = Reschedule {
                to: to.clone(),
                by: *by,
                at: *at,
            };
            let facts = decide(booking, moved).map_err(refused)?;
            // That the doctor is set with it is a fact of its own, which follows.
            let is_the_move = |fact: &BookingEvent| matches!(fact, BookingEvent::Rescheduled { .. });
            return Ok(facts.into_iter().filter(is_the_move).collect());
        }
        BookingEvent::Cancelled {
            by, reason, note, at, ..
        } => Cancel {
            by: *by,
            reason: *reason,
            note: note.clone(),
            expected_fee: Some(quote(booking, *by, *at).map_err(refused)?),
            at: *at,
        }
        .into(),
        BookingEvent::Departed { by, at } => reported(VisitReport::Depart, *by, *at, list),
        BookingEvent::Arrived { by, at } => reported(VisitReport::Arrive, *by, *at, list),
        BookingEvent::Started { by, at } => reported(VisitReport::Start, *by, *at, list),
        BookingEvent::Completed { by, at, .. } => reported(VisitReport::Complete, *by, *at, list),
        BookingEvent::NoShow { by, at, .. } => reported(VisitReport::NoShow, *by, *at, list),
        // Shared anew once it is known what is over.
        BookingEvent::Earned { .. } => return Ok(Vec::new()),
        BookingEvent::PaymentStarted { .. }
        | BookingEvent::Secured { .. }
        | BookingEvent::Expired { .. }
        | BookingEvent::Revived { .. }
        | BookingEvent::LatePaymentRefused { .. }
        | BookingEvent::Assigned { .. }
        | BookingEvent::Unassigned { .. }
        | BookingEvent::ArrivalEstimated { .. }
        | BookingEvent::RoomNamed { .. }
        | BookingEvent::Missed { .. }
        | BookingEvent::NobodyFound { .. }
        | BookingEvent::Escalated { .. }
        | BookingEvent::ChangeAccepted { .. }
        | BookingEvent::ReactionRefused { .. }
        | BookingEvent::ReactionGivenUp { .. } => return Ok(vec![fact.clone()]),
    };
    decide(booking, command).map_err(refused)
}

fn reported(report: VisitReport, by: Actor, at: Timestamp, list: &PriceList) -> BookingCommand {
    ReportVisit {
        report,
        by,
        windows: list.terms.visit.windows,
        at,
    }
    .into()
}

/// The request as it would have been made by a patient who was shown the list's price, and agreed.
fn request(fact: &BookingEvent, list: &PriceList) -> Result<RequestVisit, Undefined> {
    let BookingEvent::Requested {
        booking_id,
        patient_id,
        call_type,
        appointment,
        pay_by,
        details,
        at,
        ..
    } = fact
    else {
        return Err(Undefined::NoPrice);
    };
    let doctor = appointment.as_ref().map(|appointment| appointment.doctor_id);
    let starts_at = appointment.as_ref().map(|appointment| appointment.visit.start());
    let price = list.price(*call_type, doctor, starts_at);
    if !price.is_positive() {
        return Err(Undefined::NoPrice);
    }
    Ok(RequestVisit {
        booking_id: *booking_id,
        patient_id: *patient_id,
        call_type: *call_type,
        appointment: appointment.clone(),
        offered: price,
        offered_version: None,
        price,
        tariff_version: list.version,
        terms: list.cancellation(*call_type).clone(),
        pay_by: *pay_by,
        details: details.clone(),
        at: *at,
    })
}
