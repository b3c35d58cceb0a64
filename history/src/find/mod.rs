//! Finds what somebody has a name for: people, bookings, payments, payouts, commands, and the streams in which each is told.
//!
//! People are found by whole e-mail address, telephone number or name, and each use is recorded, as `identity` does it.

mod query;

use std::collections::BTreeSet;

use domain::ids::{AccountId, DoctorId, PatientId, PaymentId, PayoutId};
use domain::payment::provider::Provider;
use domain::people::Role;
use event_store::{EventLog, LogError};
use identity::{Account, AuditActor, IdentityError, People};
use jiff::Timestamp;
use projections::bookings::query::lists;
use projections::bookings::{BookingSort, BookingSummary, LineFilter};
use projections::{Limit, Models, QueryError, payouts, provider_payments};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use query::{CHARS_MAX, FindQuery, NotFindable};

/// How many streams of one partition are named at most, the newest first.
const STREAMS_MAX: u32 = 50;
/// How many bookings of one person are told.
const BOOKINGS_MAX: u16 = 5;

/// One thing that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "payment",
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a70",
    "streams": ["payment/019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a70", "booking/019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69"],
    "position": null,
    "person": null,
    "bookings": []
}))]
pub struct Found {
    /// `account`, `booking`, `payment`, `payout` or `command`.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// Its id.
    pub id: Uuid,
    /// The streams in which it is told, with those that lie beside it, the newest first; at most fifty.
    pub streams: Vec<String>,
    /// Where the command's first fact stands.
    pub position: Option<i64>,
    /// Who it is, for an account whose contacts are still there.
    pub person: Option<Person>,
    /// Of a patient or a doctor, the latest bookings, at most five.
    pub bookings: Vec<FoundBooking>,
}

/// A booking of somebody who was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "status": "assigned",
    "call_type": "scheduled",
    "starts_at": "2026-12-01T09:30:00Z"
}))]
pub struct FoundBooking {
    /// The booking.
    pub id: Uuid,
    /// As bookings show it.
    #[schema(value_type = String)]
    pub status: &'static str,
    /// `urgent`, `scheduled` or `consultation`.
    #[schema(value_type = String)]
    pub call_type: &'static str,
    /// When its visit begins; null while an urgent call has no doctor.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
}

/// How a person is called and reached. Told to admins, and recorded.
#[derive(Clone, Serialize, ToSchema)]
pub struct Person {
    /// What they may do.
    pub role: String,
    /// First and last name.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Whether they may sign in.
    pub active: bool,
}

/// Nobody's contacts are written into a log.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Why nothing could be looked up.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The accounts cannot be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A read model cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Everything that answers to what `reader`, an admin, looks for.
///
/// # Errors
/// [`FindError`] when a store cannot be read.
pub async fn find(
    log: &EventLog,
    people: &People,
    models: &Models,
    reader: &AuditActor,
    query: &FindQuery,
) -> Result<Vec<Found>, FindError> {
    let mut found = Vec::new();
    if let Some(id) = query.id {
        found.extend(by_id(log, people, models, reader, id).await?);
    }
    if let Some(sought) = &query.person {
        for account in people.find_people(reader, sought).await? {
            found.push(account_of(log, models, account).await?);
        }
    }
    if let Some(id) = &query.provider_id {
        found.extend(by_provider_id(log, models, id).await?);
    }
    let mut told = BTreeSet::new();
    found.retain(|one| told.insert((one.kind, one.id)));
    Ok(found)
}

async fn by_id(
    log: &EventLog,
    people: &People,
    models: &Models,
    reader: &AuditActor,
    id: Uuid,
) -> Result<Vec<Found>, FindError> {
    let mut found = Vec::new();
    for kind in ["booking", "payment", "payout"] {
        if log.partition_of(kind, id).await?.is_some() {
            found.push(told_in(log, kind, id).await?);
        }
    }
    if let Some(account) = people.account_for(reader, AccountId::from_uuid(id)).await? {
        found.push(account_of(log, models, account).await?);
    }
    if let Some(position) = log.position_of_command(id).await? {
        found.push(Found {
            kind: "command",
            id,
            streams: Vec::new(),
            position: Some(position),
            person: None,
            bookings: Vec::new(),
        });
    }
    Ok(found)
}

async fn by_provider_id(log: &EventLog, models: &Models, id: &String) -> Result<Vec<Found>, FindError> {
    let (pool, ids) = (&models.pool, std::slice::from_ref(id));
    let mut found = Vec::new();
    for provider in Provider::ALL {
        let payments = provider_payments::query::payments_known_as(pool, provider, ids, &[]).await?;
        let payments = payments.into_iter().map(|row| row.payment_id);
        let refunded = provider_payments::query::payments_of_refunds(pool, provider, ids).await?;
        for payment_id in payments.chain(refunded) {
            found.push(told_in(log, "payment", PaymentId::uuid(payment_id)).await?);
        }
    }
    for row in payouts::query::known_as(pool, ids, &[]).await? {
        found.push(told_in(log, "payout", PayoutId::uuid(row.payout_id)).await?);
    }
    Ok(found)
}

/// What a stream of its own tells, with the streams of its partition.
async fn told_in(log: &EventLog, kind: &'static str, id: Uuid) -> Result<Found, FindError> {
    let own = format!("{kind}/{id}");
    let mut streams = vec![own.clone()];
    // A payout lies among all that its owner ever had; what lies beside a booking or a payment is what belongs to it.
    if kind != "payout"
        && let Some(partition) = log.partition_of(kind, id).await?
    {
        let beside = log.streams_of(&partition, STREAMS_MAX).await?;
        streams.extend(beside.into_iter().filter(|stream| *stream != own));
    }
    Ok(Found {
        kind,
        id,
        streams,
        position: None,
        person: None,
        bookings: Vec::new(),
    })
}

async fn account_of(log: &EventLog, models: &Models, account: Account) -> Result<Found, FindError> {
    Ok(Found {
        bookings: bookings_of(models, &account).await?,
        kind: "account",
        id: account.id.uuid(),
        streams: log.streams_of(&account.id.to_string(), STREAMS_MAX).await?,
        position: None,
        person: Some(Person {
            role: account.role.as_str().to_owned(),
            name: format!("{} {}", account.first_name.as_str(), account.last_name.as_str()),
            email: account.email.as_str().to_owned(),
            phone: account.phone.map(|phone| phone.as_str().to_owned()),
            active: account.active,
        }),
    })
}

/// The latest bookings of a patient, by when they were asked for; of a doctor, by their visits. Nobody else has any.
async fn bookings_of(models: &Models, account: &Account) -> Result<Vec<FoundBooking>, FindError> {
    let (pool, limit) = (&models.pool, Limit::new(BOOKINGS_MAX).unwrap_or_default());
    let id = account.id.uuid();
    let page = match account.role {
        Role::Patient => {
            let filter = LineFilter::default();
            lists::for_patient(pool, PatientId::from_uuid(id), filter, None, limit).await?
        }
        Role::Doctor => {
            let filter = LineFilter {
                sort: Some(BookingSort::VisitLatest),
                ..LineFilter::default()
            };
            lists::for_doctor(pool, DoctorId::from_uuid(id), filter, None, limit).await?
        }
        Role::Clinic | Role::Admin | Role::Analyst => return Ok(Vec::new()),
    };
    let booking = |line: BookingSummary| FoundBooking {
        id: line.booking_id.uuid(),
        status: line.status.as_str(),
        call_type: line.call_type.as_str(),
        starts_at: line.visit.map(|visit| visit.start()),
    };
    Ok(page.items.into_iter().map(booking).collect())
}
