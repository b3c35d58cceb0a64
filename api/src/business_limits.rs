//! Limits of what costs others something, by the hour and the day: counted in the database, where all processes meet, with or without
//! Redis. Bookings are counted by [`crate::patient_limits`], which has the read model to ask.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use domain::ids::{BookingId, ClinicId, PatientId};
use identity::CountLimit;
use jiff::SignedDuration;

use crate::app::App;
use crate::problem::{Code, Problem};
use crate::throttle::{limited, network};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// One more registration from this address' network.
///
/// # Errors
/// `too_many_registrations`; and the errors of the database.
pub async fn registration(app: &App, from: IpAddr) -> Result<(), Problem> {
    let limits = &app.settings().limits.business;
    let network = network(from);
    for (policy, most, within) in [
        ("registrations-hour", limits.registrations_per_hour, HOUR),
        ("registrations-day", limits.registrations_per_day, DAY),
    ] {
        let said = |most| {
            (
                format!("more than {most} registrations from one network"),
                format!("больше {most} регистраций из одной сети"),
            )
        };
        let code = Code::TooManyRegistrations;
        one_more(app, (policy, code), (most, within), (&network, said)).await?;
    }
    Ok(())
}

/// One more attempt of this patient to pay for this booking.
///
/// # Errors
/// `too_many_payments`; and the errors of the database.
pub async fn payment(app: &App, patient: PatientId, booking: BookingId) -> Result<(), Problem> {
    let most = app.settings().limits.business.payments_per_hour;
    let key = [*patient.uuid().as_bytes(), *booking.uuid().as_bytes()].concat();
    let said = |most| {
        (
            format!("more than {most} attempts to pay for one booking within an hour"),
            format!("больше {most} попыток оплатить одну запись за час"),
        )
    };
    let of = ("payments", Code::TooManyPayments);
    one_more(app, of, (most, HOUR), (&key, said)).await
}

/// One more invitation of this clinic.
///
/// # Errors
/// `rate_limited`; and the errors of the database.
pub async fn invitation(app: &App, clinic: ClinicId) -> Result<(), Problem> {
    let most = app.settings().limits.business.invitations_per_day;
    let said = |most| {
        (
            format!("more than {most} invitations in a day"),
            format!("больше {most} приглашений за день"),
        )
    };
    let of = ("invitations", Code::RateLimited);
    one_more(app, of, (most, DAY), (clinic.uuid().as_bytes(), said)).await
}

async fn one_more(
    app: &App,
    (policy, code): (&'static str, Code),
    (most, within): (Option<NonZeroU32>, SignedDuration),
    (key, said): (&[u8], impl Fn(NonZeroU32) -> (String, String)),
) -> Result<(), Problem> {
    let Some(most) = most else { return Ok(()) };
    let now = app.now();
    let key = app.digester().key_of(policy, key);
    let limit = CountLimit {
        most: most.get(),
        within,
    };
    let Some(until) = app.people().count_one(key, limit, now).await? else {
        return Ok(());
    };
    let wait_s = u64::try_from(until.duration_since(now).as_secs()).unwrap_or(0) + 1;
    let (english, russian) = said(most);
    let problem = Problem::new(code, english).in_russian(russian);
    let within = Duration::try_from(within).unwrap_or_default();
    Err(limited(problem, (policy, most, within), wait_s))
}
