//! Every fact of a booking: what, who, when, why, from which command.

use axum::Json;
use axum::extract::State;
use commands::policy::MayReadHistory;
use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::ids::{PatientId, PaymentId, kind};
use domain::people::Role;
use event_store::{AsOf, Fact};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{At, FromQuery, Parameters, QueryParams};
use crate::extract::read::as_of_in;
use crate::extract::request::Caller;
use crate::problem::{Code, Problem};
use crate::representation::fact::{HistoryLine, HistoryView};

/// As of when.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// A version (`3`), a position of the log (`@42`) or an instant (`2026-12-01T09:30:00Z`), included: any time shown for
    /// a fact finds it; now if absent.
    #[param(value_type = Option<String>, example = "3")]
    pub as_of: AsOf,
}

impl FromQuery for AsOfQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let as_of = parameters.optional("as_of", as_of_in);
        Some(Self {
            as_of: as_of?.unwrap_or(AsOf::Head),
        })
    }
}

/// What a patient does not read.
const EARNED: &str = "BookingEarned";

/// Read a booking's history
///
/// The booking's facts and those of its payments. For its patient, and in full (who exactly, from which command, in
/// which trace) for admins. `as_of` travels back in time.
#[utoipa::path(get, path = "/bookings/{id}/history", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid), AsOfQuery),
    responses((status = 200, description = "The facts, oldest first", body = HistoryView)))]
pub async fn history(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    QueryParams(question): QueryParams<AsOfQuery>,
    caller: Caller<MayReadHistory>,
) -> Result<Json<HistoryView>, Problem> {
    let facts = app
        .log()
        .read_stream("booking", &booking_id.to_string(), question.as_of)
        .await?;
    let admin = caller.role() == Role::Admin;
    let own = facts
        .first()
        .and_then(patient_of)
        .is_some_and(|patient| patient == caller.patient_id());
    if facts.is_empty() {
        return Err(Problem::plain(Code::NotFound));
    }
    if !(admin || own) {
        return Err(Problem::plain(Code::NotFound).for_somebody_else());
    }
    let mut items = facts;
    // What the doctor gets of the money is between doctor and platform.
    items.retain(|fact| admin || fact.event_type != EARNED);
    items.extend(payments_of(&app, &items, question.as_of).await?);
    items.sort_unstable_by_key(|fact| fact.position);
    let items = items
        .into_iter()
        .map(|fact| HistoryLine::of(fact, admin))
        .collect::<Result<_, _>>()?;
    Ok(Json(HistoryView {
        booking_id: booking_id.uuid(),
        items,
    }))
}

/// The facts of every attempt to pay that the booking names, up to the same moment: the booking's last fact shown, when
/// that is a version.
async fn payments_of(app: &App, booking: &[Fact], as_of: AsOf) -> Result<Vec<Fact>, Problem> {
    let as_of = match as_of {
        AsOf::Version(_) => AsOf::Position(booking.last().map_or(0, |fact| fact.position)),
        AsOf::Head | AsOf::Instant(_) | AsOf::Position(_) => as_of,
    };
    let mut facts = Vec::new();
    for payment_id in booking.iter().filter_map(payment_started) {
        facts.extend(
            app.log()
                .read_stream("payment", &payment_id.to_string(), as_of)
                .await?,
        );
    }
    Ok(facts)
}

/// Whose booking it is: its first fact says so.
fn patient_of(fact: &Fact) -> Option<PatientId> {
    if let BookingEvent::Requested { patient_id, .. } = decoded(fact)? {
        Some(patient_id)
    } else {
        None
    }
}

/// The attempt to pay that began with this fact.
fn payment_started(fact: &Fact) -> Option<PaymentId> {
    if let BookingEvent::PaymentStarted { payment_id, .. } = decoded(fact)? {
        Some(payment_id)
    } else {
        None
    }
}

fn decoded(fact: &Fact) -> Option<BookingEvent> {
    let (stream, event, version) = (&fact.aggregate_type, &fact.event_type, &fact.event_version);
    match AnyEvent::decode(stream, event, version, fact.payload.get()) {
        Ok(AnyEvent::Booking(event)) => Some(event),
        Ok(
            AnyEvent::DoctorDay(_)
            | AnyEvent::Payment(_)
            | AnyEvent::Wallet(_)
            | AnyEvent::Payout(_)
            | AnyEvent::PriceList(_)
            | AnyEvent::Account(_),
        )
        | Err(_) => None,
    }
}
