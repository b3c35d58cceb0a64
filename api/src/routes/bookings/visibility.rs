//! Who may see what of a booking that concerns them: where it goes and why, whose it is, what was asked back.

use commands::policy::MayReadBooking;
use commands::prices::VisitClocks;
use commands::{CommandMetadata, bookings};
use domain::booking::status::BookingStatus;
use domain::booking::windows;
use domain::ids::BookingId;
use domain::people::Role;
use jiff::{SignedDuration, Timestamp};
use projections::bookings::BookingSummary;

use crate::app::App;
use crate::extract::request::Caller;
use crate::problem::Problem;

/// How long a doctor sees the patient's details after the visit, in hours.
const SEEN_AFTER_VISIT_HOURS: i64 = 24;

/// Who may see what was asked back and why; a doctor need not read of complaints there.
pub const fn may_see_refunds(role: Role) -> bool {
    match role {
        Role::Patient | Role::Admin => true,
        Role::Clinic | Role::Doctor | Role::Analyst => false,
    }
}

/// Who may see where the visit goes and why, and whose it is; a doctor, as long as the patient's agreement does not
/// conceal it.
pub fn may_see_details(line: &BookingSummary, role: Role, now: Timestamp) -> bool {
    match role {
        Role::Patient | Role::Admin => true,
        Role::Clinic | Role::Analyst => false,
        Role::Doctor => match line.status {
            BookingStatus::Assigned
            | BookingStatus::EnRoute
            | BookingStatus::Arrived
            | BookingStatus::InProgress => true,
            BookingStatus::Completed => line.steps.completed_at.is_some_and(|completed_at| {
                now.duration_since(completed_at) < SignedDuration::from_hours(SEEN_AFTER_VISIT_HOURS)
            }),
            BookingStatus::Absent
            | BookingStatus::Pending
            | BookingStatus::Cancelled
            | BookingStatus::Expired
            | BookingStatus::NoShow
            | BookingStatus::Missed => false,
        },
    }
}

/// A doctor whom others sent is shown nothing private before the patient agrees, or it is time to set out. Asked of the
/// facts, since a read model may be behind them.
pub async fn is_concealed(
    app: &App,
    caller: &Caller<MayReadBooking>,
    booking_id: BookingId,
) -> Result<bool, Problem> {
    if caller.role() != Role::Doctor {
        return Ok(false);
    }
    let metadata = CommandMetadata::from_account(caller.id(), caller.role(), String::new(), String::new());
    Ok(bookings::is_concealed(app.services(), &metadata, booking_id).await?)
}

/// The same by a read model's row, for whoever knows that the model is not behind.
pub fn is_row_concealed(line: &BookingSummary, clocks: &VisitClocks, now: Timestamp) -> bool {
    let agreed_to = line.agreed.map(|agreed| agreed.doctor_id);
    let starts_at = line.visit.map(|visit| visit.start());
    let windows = clocks.of_version(line.tariff_version);
    line.status == BookingStatus::Assigned
        && windows::conceals(agreed_to, line.doctor_id, starts_at, &windows, now)
}
