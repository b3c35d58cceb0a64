//! Every fact of a booking: what, who, when, why, from which command.

use axum::Json;
use axum::extract::State;
use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::ids::{PatientId, kind};
use domain::people::Role;
use event_store::{AsOf, Fact};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::caller::AsPayer;
use crate::extract::parameters::{Ask, Parameters, Question};
use crate::extract::read::as_of_in;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::representation::fact::{HistoryLine, HistoryView};

/// As of when.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuestion {
    /// A version (`3`) or an instant (`2026-12-01T09:30:00Z`); now if absent.
    #[param(value_type = Option<String>, example = "3")]
    pub as_of: AsOf,
}

impl Question for AsOfQuestion {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let as_of = parameters.optional("as_of", as_of_in);
        Some(Self {
            as_of: as_of?.unwrap_or(AsOf::Head),
        })
    }
}

/// Read a booking's history
///
/// For its patient, and in full (who exactly, from which command, in which trace) for admins. `as_of` travels back in
/// time.
#[utoipa::path(get, path = "/bookings/{id}/history", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid), AsOfQuestion),
    responses((status = 200, description = "The facts, oldest first", body = HistoryView)))]
pub async fn history(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    Ask(question): Ask<AsOfQuestion>,
    caller: AsPayer,
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
    if facts.is_empty() || !(admin || own) {
        return Err(Problem::plain(Code::NotFound));
    }
    let items = facts
        .into_iter()
        .map(|fact| HistoryLine::of(fact, admin))
        .collect::<Result<_, _>>()?;
    Ok(Json(HistoryView {
        booking_id: booking_id.uuid(),
        items,
    }))
}

/// Whose booking it is: its first fact says so.
fn patient_of(fact: &Fact) -> Option<PatientId> {
    let event = AnyEvent::decode(
        &fact.aggregate_type,
        &fact.event_type,
        &fact.event_version,
        fact.payload.get(),
    );
    match event {
        Ok(AnyEvent::Booking(BookingEvent::Requested { patient_id, .. })) => Some(patient_id),
        Ok(AnyEvent::Booking(_) | AnyEvent::DoctorDay(_) | AnyEvent::Payment(_) | AnyEvent::Wallet(_))
        | Err(_) => None,
    }
}
