//! What can be asked of a booking. Every wish brings its moment; nothing is looked up.

use jiff::Timestamp;

use crate::booking::BookingCommand;
use crate::booking::events::{Appointment, CallType, CancelReason, GiveUpReason};
use crate::ids::{BookingId, IntentId, PatientId, PaymentId};
use crate::money::Money;
use crate::people::{Actor, PrivateRef};
use crate::policy::cancellation::CancellationTerms;
use crate::policy::commission::CommissionTable;
use crate::policy::visit::VisitWindows;

/// A patient asks for a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The new booking.
    pub booking_id: BookingId,
    /// Who asks.
    pub patient_id: PatientId,
    /// How the doctor is called.
    pub call_type: CallType,
    /// Doctor and time, held in the doctor's days in the same append; none for an urgent call.
    pub appointment: Option<Appointment>,
    /// The price the patient saw.
    pub offered: Money,
    /// The version of the price list the patient saw, if they insist on it.
    pub offered_version: Option<u32>,
    /// The price list's price.
    pub price: Money,
    /// The price list's version.
    pub tariff_version: u32,
    /// What cancelling will cost.
    pub terms: CancellationTerms,
    /// When the booking may expire unless it is paid; cut to the visit's start.
    pub pay_by: Timestamp,
    /// Address, coordinates, symptoms and notes, in the vault.
    pub details: Option<PrivateRef>,
    /// Now.
    pub at: Timestamp,
}

/// A new attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPayment {
    /// The attempt.
    pub payment_id: PaymentId,
    /// Whether the attempt before it, if any, is over without money (`Payment::is_final`).
    pub previous_is_final: bool,
    /// Now.
    pub at: Timestamp,
}

/// Money is authorised or captured for the booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyPayment {
    /// The money.
    pub payment_id: PaymentId,
    /// Only looked at when the booking has expired: the appointment claimed anew, if its time was still free.
    pub slot_free: Option<Appointment>,
    /// Now.
    pub at: Timestamp,
}

/// The deadline may have passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expire {
    /// The live payment, if it is authorised or captured: it secures the booking instead.
    pub payment_secures: Option<PaymentId>,
    /// Now.
    pub at: Timestamp,
}

/// A doctor is set; the time is claimed in the same append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assign {
    /// Doctor and time.
    pub appointment: Appointment,
    /// Who assigns.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// The doctor is taken off; the claim is released in the same append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unassign {
    /// Who takes the doctor off.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// The doctor sets out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depart {
    /// Who reports it.
    pub by: Actor,
    /// The clock of a visit.
    pub windows: VisitWindows,
    /// Now.
    pub at: Timestamp,
}

/// The doctor is at the door, or for a consultation in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrive {
    /// Who reports it.
    pub by: Actor,
    /// The clock of a visit.
    pub windows: VisitWindows,
    /// Now.
    pub at: Timestamp,
}

/// The visit begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Who reports it.
    pub by: Actor,
    /// The clock of a visit.
    pub windows: VisitWindows,
    /// Now.
    pub at: Timestamp,
}

/// The visit ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
    /// Who reports it.
    pub by: Actor,
    /// The clock of a visit.
    pub windows: VisitWindows,
    /// Now.
    pub at: Timestamp,
}

/// The patient is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoShow {
    /// Who reports it.
    pub by: Actor,
    /// The clock of a visit.
    pub windows: VisitWindows,
    /// Now.
    pub at: Timestamp,
}

/// The time may have come to tell an operator, or for the booking to end by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassDeadline {
    /// The clock of a visit.
    pub windows: VisitWindows,
    /// Now.
    pub at: Timestamp,
}

/// The patient accepts the doctor and time that somebody else set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptChange {
    /// Who accepts.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// The visit moves; the old time is released and the new one claimed in the same append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reschedule {
    /// Where to.
    pub to: Appointment,
    /// Who moves it.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// The booking is called off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// Who calls it off.
    pub by: Actor,
    /// Why.
    pub reason: CancelReason,
    /// A free note, in the vault.
    pub note: Option<PrivateRef>,
    /// The fee the caller agreed to; without one, none.
    pub expected_fee: Option<Money>,
    /// Now.
    pub at: Timestamp,
}

/// The visit's money may be taken by now: the doctor's part of it is to be fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earn {
    /// The money that was taken.
    pub payment_id: PaymentId,
    /// What is left of it after every refund asked for so far.
    pub left: Money,
    /// The commissions in force.
    pub commissions: CommissionTable,
    /// Now.
    pub at: Timestamp,
}

/// A process asked for something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionRefused {
    /// The intent.
    pub intent_id: IntentId,
    /// The refusal's stable code.
    pub code: String,
    /// Now.
    pub at: Timestamp,
}

/// An operator gives an intent up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionGivenUp {
    /// The intent.
    pub intent_id: IntentId,
    /// Why.
    pub reason: GiveUpReason,
    /// Who gives it up.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

impl From<Request> for BookingCommand {
    fn from(command: Request) -> Self {
        Self::Request(Box::new(command))
    }
}

impl From<StartPayment> for BookingCommand {
    fn from(command: StartPayment) -> Self {
        Self::StartPayment(command)
    }
}

impl From<ApplyPayment> for BookingCommand {
    fn from(command: ApplyPayment) -> Self {
        Self::ApplyPayment(command)
    }
}

impl From<Expire> for BookingCommand {
    fn from(command: Expire) -> Self {
        Self::Expire(command)
    }
}

impl From<Assign> for BookingCommand {
    fn from(command: Assign) -> Self {
        Self::Assign(command)
    }
}

impl From<Unassign> for BookingCommand {
    fn from(command: Unassign) -> Self {
        Self::Unassign(command)
    }
}

impl From<Depart> for BookingCommand {
    fn from(command: Depart) -> Self {
        Self::Depart(command)
    }
}

impl From<Arrive> for BookingCommand {
    fn from(command: Arrive) -> Self {
        Self::Arrive(command)
    }
}

impl From<Start> for BookingCommand {
    fn from(command: Start) -> Self {
        Self::Start(command)
    }
}

impl From<Complete> for BookingCommand {
    fn from(command: Complete) -> Self {
        Self::Complete(command)
    }
}

impl From<NoShow> for BookingCommand {
    fn from(command: NoShow) -> Self {
        Self::NoShow(command)
    }
}

impl From<PassDeadline> for BookingCommand {
    fn from(command: PassDeadline) -> Self {
        Self::PassDeadline(command)
    }
}

impl From<AcceptChange> for BookingCommand {
    fn from(command: AcceptChange) -> Self {
        Self::AcceptChange(command)
    }
}

impl From<Reschedule> for BookingCommand {
    fn from(command: Reschedule) -> Self {
        Self::Reschedule(command)
    }
}

impl From<Cancel> for BookingCommand {
    fn from(command: Cancel) -> Self {
        Self::Cancel(command)
    }
}

impl From<Earn> for BookingCommand {
    fn from(command: Earn) -> Self {
        Self::Earn(command)
    }
}

impl From<RecordReactionRefused> for BookingCommand {
    fn from(command: RecordReactionRefused) -> Self {
        Self::RecordReactionRefused(command)
    }
}

impl From<RecordReactionGivenUp> for BookingCommand {
    fn from(command: RecordReactionGivenUp) -> Self {
        Self::RecordReactionGivenUp(command)
    }
}
