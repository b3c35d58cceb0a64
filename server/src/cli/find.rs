//! `tot find`: finds people, bookings, payments, payouts and commands by whatever one has of them.

use clap::Args;
use history::find::{self, FindQuery, Found, FoundBooking, NotFindable};
use projections::Models;

use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// `tot find`; whom one finds is recorded.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// A whole id (booking, payment, payout, account, command; a provider's of a payment, refund or payout), e-mail address,
    /// telephone number, last name, or first and last name.
    query: String,
}

/// As many are found at once at most, see `identity`.
const PEOPLE_MAX: usize = 50;

/// Why nothing was looked for.
#[derive(Debug, thiserror::Error)]
pub enum FindArgsError {
    #[error("the query {0}")]
    Query(#[from] NotFindable),
}

/// Finds and prints.
pub async fn run(args: FindArgs, environment: &Environment, format: Format) -> CommandResult {
    let query = FindQuery::parse(&args.query).map_err(FindArgsError::from)?;
    // Whom one looks for is personal data, and no part of what is asked.
    let signed_in = operator::signed_in(environment, "tot find".to_owned()).await?;
    let services = &signed_in.services;
    let models = Models::new(services.log.clone());
    let found = find::find(
        &services.log,
        &services.people,
        &models,
        &signed_in.reader("tot find"),
        &query,
    )
    .await?;
    let people = found.iter().filter(|found| found.person.is_some()).count();
    let more = (people >= PEOPLE_MAX)
        .then_some("at most fifty people are told, there may be more: give the whole name");
    output::print_list(format, &found, more, |found| {
        if found.is_empty() {
            return "nothing was found".to_owned();
        }
        found.iter().map(told).collect::<Vec<String>>().join("\n")
    })?;
    Ok(())
}

fn booking(booking: &FoundBooking) -> String {
    let visit = booking
        .starts_at
        .map_or_else(|| "no visit yet".to_owned(), |at| format!("visit {at}"));
    format!(
        "    booking {} {} {}, {visit}",
        booking.id, booking.call_type, booking.status
    )
}

/// What was found, and below it the streams that tell of it.
fn told(found: &Found) -> String {
    let mut lines = vec![format!("{} {}", found.kind, found.id)];
    if let Some(person) = &found.person {
        let phone = person.phone.as_deref().unwrap_or("no telephone");
        lines.push(format!(
            "    {} {}, {}, {phone}",
            person.role, person.name, person.email
        ));
    }
    lines.extend(
        found
            .position
            .map(|position| format!("    from position {position} on")),
    );
    lines.extend(found.bookings.iter().map(booking));
    lines.extend(found.streams.iter().map(|stream| format!("    {stream}")));
    let first = match found.kind {
        "booking" => Some(found.id),
        _ => found.bookings.first().map(|booking| booking.id),
    };
    lines.extend(first.map(|id| format!("    next: tot replay booking {id}")));
    lines.join("\n")
}
