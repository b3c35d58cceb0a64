//! A booking as JSON: from the decision just taken, from a list's row, and from its own page.

use commands::{BookingState, CommandError, CommandOutcome};
use domain::booking::Agreement;
use domain::booking::status::{BookingStatus, EscalationReason};
use domain::money::Money;
use domain::payment::Payment;
use jiff::Timestamp;
use projections::bookings::payments::Attempt;
use projections::bookings::{BookingDetails, BookingSummary};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::representation::amount::Sum;
use crate::representation::booking_links::BookingLinks;
use crate::representation::command_response::CommandResponse;
use crate::representation::money_back::{Basis, RefundView, Sums, WayBack, refunding};
use crate::representation::steps::StepsView;
use crate::representation::timestamp::shown;
use crate::representation::visit_details::DetailsView;

/// A booking: the agreement and the visit that follows.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "status": "pending",
    "call_type": "urgent",
    "amount": "1500.00",
    "currency": "RUB",
    "payment_status": "pending",
    "change_to_accept": false,
    "payment_checking": false,
    "kept": "0.00",
    "returned": "0.00",
    "refunded": "0.00",
    "refunding": "0.00",
    "patient_id": "019a8f0e-0000-7000-8000-000000000001",
    "pay_by": "2026-12-01T09:45:00Z",
    "created_at": "2026-12-01T09:30:00Z",
    "version": 1,
    "steps": {},
    "links": {
        "self": "/api/v1/bookings/019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
        "payments": "/api/v1/payments",
        "history": "/api/v1/bookings/019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69/history",
        "cancellation_quote": "/api/v1/bookings/019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69/cancellation-quote"
    }
}))]
pub struct BookingView {
    /// The booking.
    pub id: Uuid,
    /// `pending`, `assigned`, `en_route`, `arrived`, `in_progress`, `completed`, `cancelled`, `expired`, `no_show` or
    /// `missed`.
    #[schema(value_type = String, example = "pending")]
    pub status: &'static str,
    /// `urgent`, `scheduled` or `consultation`.
    #[schema(value_type = String, example = "urgent")]
    pub call_type: &'static str,
    /// The agreed price as decimal text.
    #[schema(example = "1500.00")]
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String, example = "RUB")]
    pub currency: &'static str,
    /// `pending`, `authorised`, `completed`, `failed`, `cancelled`, `partially_refunded` or `refunded`.
    #[schema(value_type = String, example = "pending")]
    pub payment_status: &'static str,
    /// Whether what became of the payment is still being asked.
    pub payment_checking: bool,
    /// Of what that payment was charged, what is not to go back as things stand: the price, a fee, or nothing.
    #[schema(example = "0.00")]
    pub kept: String,
    /// Once something was charged: what is back with the payer.
    #[schema(example = "0.00")]
    pub returned: String,
    /// Where what comes back goes, the way it came; absent while nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "wallet")]
    pub returned_to: Option<&'static str>,
    /// When the last of it was there; absent while something is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub returned_at: Option<Timestamp>,
    /// Given back of what was charged.
    #[schema(example = "0.00")]
    pub refunded: String,
    /// Of what was charged, what was asked back and has not arrived yet.
    #[schema(example = "0.00")]
    pub refunding: String,
    /// Every refund of that payment, by number; on the booking's own page, for the patient and admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunds: Option<Vec<RefundView>>,
    /// The payment that counts, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<Uuid>,
    /// Whose booking it is.
    pub patient_id: Uuid,
    /// What the patient is called: for admins, and for the doctor while the visit is live; on the booking's own page and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_name: Option<String>,
    /// The doctor, chosen or assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doctor_id: Option<Uuid>,
    /// What that doctor is called; on the booking's own page and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doctor_name: Option<String>,
    /// When the visit begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// When the visit ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// When the doctor on the way expects to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub estimated_arrival: Option<Timestamp>,
    /// Where doctor and patient of a consultation meet, once the doctor has said so, until it is over; for the two alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://rooms.example/7f6f0a1c")]
    pub room_url: Option<String>,
    /// Whether others set another doctor or time than the patient agreed to: cancelling is free until the patient accepts.
    pub change_to_accept: bool,
    /// What an operator was told that the booking waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub escalation: Option<&'static str>,
    /// What a cancellation or an absent patient cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<Sum>,
    /// When the hold ends unless it is paid.
    #[schema(value_type = String, format = DateTime)]
    pub pay_by: Timestamp,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The booking's version, as in its `ETag`.
    pub version: i64,
    /// When each step happened.
    pub steps: StepsView,
    /// Address and complaint: for the patient and staff, and for the doctor while the visit is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<DetailsView>,
    /// Where to go on.
    pub links: BookingLinks,
}

// By hand: a patient's name in a log line would be a leak.
impl std::fmt::Debug for BookingView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BookingView")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The answer to a command about a booking.
///
/// # Errors
/// What the command was refused for, or failed with.
pub fn booking_response(
    outcome: Result<CommandOutcome<BookingState>, CommandError>,
) -> Result<CommandResponse<BookingView>, Problem> {
    CommandResponse::of_state(outcome?, BookingView::of_state)
}

impl BookingView {
    /// The booking a decision left behind; `None` if nothing was ever agreed.
    pub fn of_state(state: &BookingState, version: i64) -> Option<Self> {
        let agreement = state.booking.agreement()?;
        let payment = state.payment.as_deref();
        let way_back = payment.and_then(Payment::attempt).map(WayBack::of_state);
        Some(Self {
            status: state.booking.status().as_str(),
            payment_checking: payment.is_some_and(Payment::checking),
            ..Self::agreed(agreement, version)
                .with(payment.and_then(Sums::of_state))
                .coming_back(way_back)
        })
    }

    /// The same with the doctor's name.
    #[must_use]
    pub fn with_doctor(self, name: Option<String>) -> Self {
        Self {
            doctor_name: name,
            ..self
        }
    }

    /// The same with where the two meet, for either of them.
    #[must_use]
    pub fn with_room(self, room_url: Option<String>) -> Self {
        Self { room_url, ..self }
    }

    /// The same with the patient's name, for whoever may know it.
    #[must_use]
    pub fn with_patient(self, name: Option<String>) -> Self {
        Self {
            patient_name: name,
            ..self
        }
    }

    /// The same with the sums of the payment that counts.
    fn with(self, sums: Option<Sums>) -> Self {
        let Some(sums) = sums else {
            return self;
        };
        Self {
            payment_status: sums.status.as_str(),
            kept: sums.kept.decimal(),
            returned: sums.returned.decimal(),
            refunded: sums.refunded.decimal(),
            refunding: sums.refunding.decimal(),
            ..self
        }
    }

    /// The same with where what comes back of that payment goes.
    fn coming_back(self, way: Option<WayBack>) -> Self {
        let way = way.unwrap_or_default();
        Self {
            returned_to: way.to,
            returned_at: way.at,
            ..self
        }
    }

    fn agreed(agreement: &Agreement, version: i64) -> Self {
        let id = agreement.booking_id.uuid();
        let payment_id = agreement.secured_by.or(agreement.live_payment);
        let payment_id = payment_id.map(|payment| payment.uuid());
        let nothing = Money::ZERO.decimal();
        let visit = agreement
            .appointment
            .as_ref()
            .map(|appointment| appointment.visit);
        Self {
            id,
            status: "pending",
            call_type: agreement.call_type.as_str(),
            amount: agreement.price.decimal(),
            currency: agreement.price.currency.code(),
            payment_status: "pending",
            payment_checking: false,
            kept: nothing.clone(),
            returned: nothing.clone(),
            returned_to: None,
            returned_at: None,
            refunded: nothing.clone(),
            refunding: nothing,
            refunds: None,
            payment_id,
            patient_id: agreement.patient_id.uuid(),
            patient_name: None,
            doctor_id: agreement.doctor_id().map(|doctor| doctor.uuid()),
            doctor_name: None,
            starts_at: visit.map(|visit| shown(visit.start())),
            ends_at: visit.map(|visit| shown(visit.end())),
            estimated_arrival: agreement.steps.estimated_arrival.map(shown),
            room_url: None,
            change_to_accept: agreement.change_to_accept().is_some(),
            escalation: agreement.escalated.map(EscalationReason::as_str),
            fee: agreement.fee.map(Sum::from),
            pay_by: shown(agreement.pay_by),
            created_at: shown(agreement.requested_at),
            version,
            steps: StepsView::of(agreement.steps),
            details: None,
            links: BookingLinks::of(id, payment_id),
        }
    }

    /// The booking of a list's row.
    pub fn of_line(line: &BookingSummary) -> Self {
        let id = line.booking_id.uuid();
        let payment_id = line.payment().map(|attempt| attempt.payment_id.uuid());
        let nothing = Money::ZERO.decimal();
        let booking = Self {
            id,
            status: line.status.as_str(),
            call_type: line.call_type.as_str(),
            amount: line.price.decimal(),
            currency: line.price.currency.code(),
            payment_status: line.payment_status().as_str(),
            payment_checking: line.payment_checking(),
            kept: nothing.clone(),
            returned: nothing.clone(),
            returned_to: None,
            returned_at: None,
            refunded: nothing.clone(),
            refunding: nothing,
            refunds: None,
            payment_id,
            patient_id: line.patient_id.uuid(),
            patient_name: None,
            doctor_id: line.doctor_id.map(|doctor| doctor.uuid()),
            doctor_name: None,
            starts_at: line.visit.map(|visit| visit.start()),
            ends_at: line.visit.map(|visit| visit.end()),
            // A worker of the release before leaves the time behind when the doctor has arrived.
            estimated_arrival: line
                .steps
                .estimated_arrival
                .filter(|_| line.status == BookingStatus::EnRoute),
            room_url: None,
            change_to_accept: line.has_change_to_accept(),
            escalation: line.escalation.map(EscalationReason::as_str),
            fee: line.fee.map(Sum::from),
            pay_by: line.pay_by,
            created_at: line.requested_at,
            version: line.version,
            steps: StepsView::of(line.steps),
            details: None,
            links: BookingLinks::of(id, payment_id),
        };
        let payment = line.payment();
        booking
            .with(payment.and_then(sums_of))
            .coming_back(payment.and_then(way_back_of))
    }

    /// The booking's own page, with what of the details may be shown; `refunds` are for its patient and admins.
    pub fn of_details(booking: &BookingDetails, details: Option<DetailsView>, with_refunds: bool) -> Self {
        let refunds = booking
            .line
            .payment()
            .map_or(&[][..], |attempt| attempt.refunds.all());
        Self {
            patient_name: details.as_ref().and_then(|details| details.patient_name.clone()),
            refunds: with_refunds.then(|| refunds.iter().map(RefundView::of_row).collect()),
            details,
            ..Self::of_line(&booking.line)
        }
    }
}

/// Where what comes back of such an attempt goes.
fn way_back_of(attempt: &Attempt) -> Option<WayBack> {
    let (method, _) = attempt.terms?;
    Some(WayBack::of_row(method, attempt.freed_at, attempt.refunds.all()))
}

/// The sums of an attempt to pay whose own facts are known.
fn sums_of(attempt: &Attempt) -> Option<Sums> {
    let (_, amount) = attempt.terms?;
    let money = |minor| Money {
        minor,
        currency: amount.currency,
    };
    let progress = attempt.progress;
    Some(Sums::of(Basis {
        status: progress.status,
        amount,
        captured: money(progress.captured),
        refunded: money(progress.refunded),
        refunding: refunding(money(0), attempt.refunds.all()),
    }))
}
