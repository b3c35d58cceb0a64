//! What a filter says, as conditions of SQL. Words of closed vocabularies stand there as constants: the partial indexes of rare ones
//! are for them alone. Ids and times are parameters.

use domain::booking::status::BookingStatus;
use domain::payment::status::PaymentStatus;

use crate::bookings::{LineFilter, When};

/// When a booking's visit is; where it has no time, when it was agreed to be, else when it was asked for.
pub(super) const VISIT_TIME: &str = "coalesce(starts_at, agreed_starts_at, requested_at)";
/// So long after its start a visit that is under way is not past, in hours. A bound lets the index leave out what is long over.
const UNDER_WAY_HOURS: u8 = 48;

/// The payment that counts, in the word that is shown: what was taken of a hold in part counts as given back in part.
const PAYMENT_STATUS: &str = "coalesce(
    (select case when a #>> '{progress,status}' = 'completed' and (a #>> '{progress,captured}')::bigint > 0
                  and (a #>> '{progress,captured}')::bigint < (a #>> '{terms,1,minor}')::bigint then 'partially_refunded'
                 else a #>> '{progress,status}' end
     from jsonb_array_elements(payments -> 'attempts') a
     where a ->> 'payment_id' = payments ->> 'counting'), 'pending')";

/// Whose: `$3` is the patient, `$4` the doctor, `$5` the clinic.
pub(super) fn of_owners(filter: &LineFilter, has_the_visit: bool) -> String {
    let of = |there: bool, column: &str, parameter: u8| match there {
        true => format!("{column} = ${parameter}"),
        false => format!("${parameter}::uuid is null"),
    };
    let assigned = if has_the_visit { " and assigned" } else { "" };
    format!(
        "{} and {}{assigned} and {}",
        of(filter.patient.is_some(), "patient_id", 3),
        of(filter.doctor.is_some(), "doctor_id", 4),
        of(filter.clinic.is_some(), "clinic_id", 5),
    )
}

/// In one of these statuses; there is at least one.
pub(super) fn of_statuses(statuses: &[BookingStatus]) -> String {
    match statuses {
        [only] => format!(" and status = '{}'", only.as_str()),
        several => format!(
            " and status in ({})",
            quoted(several.iter().map(|status| status.as_str()))
        ),
    }
}

/// All else that a filter says of a line; `$10` is the instant by which bookings are to come or past.
pub(super) fn of_line(filter: &LineFilter) -> String {
    let mut conditions = String::new();
    if let Some(call_type) = filter.call_type {
        conditions += &format!(" and call_type = '{}'", call_type.as_str());
    }
    conditions += match filter.escalated {
        Some(true) => " and escalation is not null",
        Some(false) => " and escalation is null",
        None => "",
    };
    if filter.waiting {
        conditions += " and waiting_since is not null";
    }
    if !filter.payment_statuses.is_empty() {
        let words = filter.payment_statuses.iter().copied().map(PaymentStatus::as_str);
        conditions += &format!(" and {PAYMENT_STATUS} in ({})", quoted(words));
    }
    conditions += &match filter.when {
        None => " and $10::timestamptz is null".to_owned(),
        Some((When::Upcoming, _)) => upcoming(filter),
        Some((When::Past, _)) => format!(" and not (true{})", upcoming(filter)),
    };
    conditions
}

fn upcoming(filter: &LineFilter) -> String {
    let starts_at = match filter.doctor {
        Some(_) => "starts_at",
        None => VISIT_TIME,
    };
    format!(
        " and status in ('pending', 'assigned', 'en_route', 'arrived', 'in_progress')
          and {starts_at} > $10 - interval '{UNDER_WAY_HOURS} hours'
          and (coalesce(ends_at, agreed_ends_at) is null or coalesce(ends_at, agreed_ends_at) > $10
               or status in ('en_route', 'arrived', 'in_progress'))"
    )
}

fn quoted(words: impl Iterator<Item = &'static str>) -> String {
    words
        .map(|word| format!("'{word}'"))
        .collect::<Vec<_>>()
        .join(", ")
}
