//! Overdue holds in the way of a command: each is asked to expire, then the command is decided again.

use domain::ids::BookingId;
use event_store::{Fact, Position};

use crate::bookings::expire;
use crate::context::CommandMetadata;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;

/// How many times a command is decided again because an overdue hold stood in its way.
const RETRIES_MAX: u32 = 3;
/// How many facts of a booking and its payments are looked through; one whose hold is overdue has few.
const FACTS_MAX: u32 = 1_000;
/// The facts that give a hold its time.
const HOLD_SET_BY: [&str; 2] = ["BookingRequested", "BookingRescheduled"];

/// How often a command was decided again.
#[derive(Debug, Default)]
pub(crate) struct ExpiredHoldRetry(u32);

impl ExpiredHoldRetry {
    /// Whether an overdue hold may be asked to expire once more.
    pub(crate) const fn left(&self) -> bool {
        self.0 < RETRIES_MAX
    }

    /// Whether `answer` is a refusal because of overdue holds, which have now been asked to expire, so that deciding
    /// again may end otherwise. Time alone frees nothing: a hold whose money has come is secured instead.
    ///
    /// # Errors
    /// What asking them to expire ended in.
    pub(crate) async fn expire_and_retry<T>(
        &mut self,
        services: &CommandServices,
        metadata: &CommandMetadata,
        answer: &Result<T, CommandError>,
    ) -> Result<bool, CommandError> {
        let overdue = match answer {
            Ok(_) => return Ok(false),
            Err(error) => in_the_way(error),
        };
        if overdue.is_empty() || !self.left() {
            return Ok(false);
        }
        self.0 += 1;
        for booking_id in overdue {
            let (caused_by, correlation_id) = set_by(services, *booking_id).await?;
            let prerequisite = metadata.for_prerequisite(caused_by, correlation_id);
            // Boxed, because expiring is itself a use case that the compiler meets here again.
            Box::pin(expire(services, &prerequisite, *booking_id)).await?;
        }
        Ok(true)
    }
}

/// The fact that gave the booking's hold its time, and that fact's correlation.
async fn set_by(
    services: &CommandServices,
    booking_id: BookingId,
) -> Result<(Position, String), CommandError> {
    let facts = services
        .log
        .read_partition(&booking_id.to_string(), FACTS_MAX)
        .await?;
    let is_it = |fact: &&Fact| HOLD_SET_BY.contains(&fact.event_type.as_str());
    let fact = facts.iter().rfind(is_it).ok_or(Refusal::NotFound)?;
    let metadata = fact
        .metadata()
        .map_err(|error| CommandError::Internal(Box::new(error)))?;
    Ok((fact.position, metadata.correlation_id))
}

fn in_the_way(error: &CommandError) -> &[BookingId] {
    match error.refusal() {
        Some(Refusal::Schedule(refusal)) => refusal.overdue(),
        Some(
            Refusal::Booking(_)
            | Refusal::Payment(_)
            | Refusal::Wallet(_)
            | Refusal::Payout(_)
            | Refusal::PriceList(_)
            | Refusal::Account(_)
            | Refusal::Identity(_)
            | Refusal::NotFound
            | Refusal::NotTheirs
            | Refusal::NotYours
            | Refusal::Incomplete { .. }
            | Refusal::NotAllowed { .. },
        )
        | None => &[],
    }
}
