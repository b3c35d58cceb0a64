//! One file per request: what it takes, who may send it, what it answers.
#![expect(
    unused_qualifications,
    reason = "utoipa's macro qualifies the parameters it is given"
)]

pub mod admin;
pub mod apps;
pub mod auth;
pub mod bookings;
pub mod calendar;
pub mod clinic;
pub mod clinics;
pub mod doctors;
pub mod exports;
pub mod health;
pub mod live;
pub mod me;
pub mod oauth;
pub mod payments;
pub mod payouts;
pub mod reports;
pub mod tariffs;
pub mod wallet;
pub mod webhook_endpoints;
pub mod webhooks;
