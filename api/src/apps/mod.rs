//! Apps that act for patients: what they may call, by which scope, and how often (ADR 43).

pub mod access;
pub mod limits;

use domain::apps::AppScope;

/// What an app may call for a patient, by the operation's id, and the scope it takes. All else is refused to every app; the description
/// tells the same from here.
pub const BY_APPS: [(&str, AppScope); 13] = [
    ("bookings_accept_change", AppScope::BookingsWrite),
    ("bookings_cancel", AppScope::BookingsWrite),
    ("bookings_history", AppScope::BookingsRead),
    ("bookings_list", AppScope::BookingsRead),
    ("bookings_quote", AppScope::BookingsRead),
    ("bookings_request", AppScope::BookingsWrite),
    ("bookings_reschedule", AppScope::BookingsWrite),
    ("bookings_show", AppScope::BookingsRead),
    ("payments_list", AppScope::PaymentsRead),
    ("payments_qr_png", AppScope::PaymentsRead),
    ("payments_qr_svg", AppScope::PaymentsRead),
    ("payments_show", AppScope::PaymentsRead),
    ("payments_start", AppScope::PaymentsWrite),
];

/// The scope that an app needs for this operation; none where no app may.
pub fn scope_of(operation_id: &str) -> Option<AppScope> {
    let found = BY_APPS.iter().find(|(id, _)| *id == operation_id);
    found.map(|(_, scope)| *scope)
}
