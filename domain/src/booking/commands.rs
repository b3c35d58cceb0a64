//! What can be asked of a booking. Nothing is looked up: a command brings all it needs.
//! `at` is the moment of the command, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use derive_more::From;
use jiff::Timestamp;

use crate::booking::decide::visit::VisitReport;
use crate::booking::events::{Appointment, CallType, CancelReason};
use crate::ids::{BookingId, PatientId, PaymentId};
use crate::money::Money;
use crate::people::{Actor, PrivateRef};
use crate::policy::cancellation::CancellationTerms;
use crate::policy::commission::CommissionTable;
use crate::policy::visit::VisitWindows;
use crate::reactions::{RecordReactionGivenUp, RecordReactionRefused};

#[derive(Clone, Debug, PartialEq, Eq, From)]
pub enum BookingCommand {
    Request(Box<RequestVisit>),
    StartPayment(StartPayment),
    ApplyPayment(ApplyPayment),
    Expire(Expire),
    Assign(Assign),
    Unassign(Unassign),
    ReportVisit(ReportVisit),
    PassDeadline(PassDeadline),
    NameRoom(NameRoom),
    AcceptChange(AcceptChange),
    Reschedule(Reschedule),
    Cancel(Cancel),
    Earn(FixEarnings),
    RecordReactionRefused(RecordReactionRefused),
    RecordReactionGivenUp(RecordReactionGivenUp),
}

/// A patient asks for a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestVisit {
    pub booking_id: BookingId,
    pub patient_id: PatientId,
    pub call_type: CallType,
    /// Doctor and time, held in the doctor's days in the same append; none for an urgent call.
    pub appointment: Option<Appointment>,
    /// The price the patient saw.
    pub offered: Money,
    /// The version of the price list the patient saw, if they insist on it.
    pub offered_version: Option<u32>,
    pub price: Money,
    pub tariff_version: u32,
    pub terms: CancellationTerms,
    /// When the booking may expire unless it is paid; cut to the visit's start.
    pub pay_by: Timestamp,
    pub details: Option<PrivateRef>,
    pub at: Timestamp,
}

/// A new attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPayment {
    pub payment_id: PaymentId,
    /// Whether the attempt before it, if any, is over without money (`Payment::is_final`).
    pub previous_is_final: bool,
    pub at: Timestamp,
}

/// Money is authorised or captured for the booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyPayment {
    pub payment_id: PaymentId,
    /// Only looked at when the booking has expired: the appointment claimed anew, if its time was still free.
    pub slot_free: Option<Appointment>,
    pub at: Timestamp,
}

/// The deadline may have passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expire {
    /// The live payment, if it is authorised or captured: it secures the booking instead.
    pub payment_secures: Option<PaymentId>,
    pub at: Timestamp,
}

/// A doctor is set; the time is claimed in the same append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assign {
    pub appointment: Appointment,
    pub by: Actor,
    pub at: Timestamp,
}

/// The doctor is taken off; the claim is released in the same append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unassign {
    pub by: Actor,
    pub at: Timestamp,
}

/// A step of the visit is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportVisit {
    pub report: VisitReport,
    pub by: Actor,
    pub windows: VisitWindows,
    pub at: Timestamp,
}

/// The time may have come to tell an operator, or for the booking to end by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassDeadline {
    pub windows: VisitWindows,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptChange {
    pub by: Actor,
    pub at: Timestamp,
}

/// The visit moves; the old time is released and the new one claimed in the same append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reschedule {
    pub to: Appointment,
    pub by: Actor,
    pub at: Timestamp,
}

/// The doctor says where a consultation takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRoom {
    pub room: PrivateRef,
    pub by: Actor,
    pub at: Timestamp,
}

/// The booking is called off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    pub by: Actor,
    pub reason: CancelReason,
    pub note: Option<PrivateRef>,
    /// The fee the caller agreed to; without one, none.
    pub expected_fee: Option<Money>,
    pub at: Timestamp,
}

/// The visit's money may be taken by now: the doctor's part of it is to be fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixEarnings {
    pub payment_id: PaymentId,
    /// What is left of it after every refund asked for so far.
    pub left: Money,
    pub commissions: CommissionTable,
    pub at: Timestamp,
}

impl From<RequestVisit> for BookingCommand {
    fn from(command: RequestVisit) -> Self {
        Self::Request(Box::new(command))
    }
}
