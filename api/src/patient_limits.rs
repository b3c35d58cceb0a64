//! One patient's limits: asked of the read model before the use case, with the patient's requests in turns.
//!
//! The read model limits, it does not lock. In one process the requests of a patient take turns, and the next one waits until
//! the model shows what the last one did: here nothing slips past. Between processes only the model's lag is open,
//! milliseconds as a rule: requests shot at several of them within it may each find room for one more, so `n` processes let
//! at most `n - 1` holds too many through. Whoever would be refused is looked at again once the model has come up with the log, so
//! that nobody is refused for what has ended. A model that stands still limits nobody: patients can book while it is mended.
//!
//! How many bookings a patient asks for in an hour is read there too. Of an urgent call nobody is asked if this process was asked for none
//! by the patient within the hour before: so each process lets at most one too many through, and the others cost two statements.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use commands::{CommandError, CommandOutcome};
use domain::ids::{BookingId, DoctorId, PatientId};
use domain::people::{Actor, Role};
use domain::policy::patient_limits::{self, BookingsPerHour, OwnBooking, REQUESTED_WITHIN};
use event_store::Position;
use jiff::Timestamp;
use projections::bookings::query::going_on::{GoingOn, going_on};
use projections::bookings::query::lately_requested::lately_requested;
use projections::{Model, freshness, open_slots};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use crate::app::App;
use crate::problem::Problem;
use crate::read_consistency;

/// How many patients' turns there are; who shares one waits for a stranger at worst.
const TURNS: usize = 1_024;

/// The turns of patients' requests, and where the log stood after the last one of each.
#[derive(Debug)]
pub struct Turns(Vec<Arc<Mutex<Position>>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..TURNS).map(|_| Arc::default()).collect())
    }
}

impl Turns {
    /// The turn of this patient, once whoever has it is done.
    async fn of(&self, patient: PatientId) -> Option<OwnedMutexGuard<Position>> {
        let mut hasher = DefaultHasher::new();
        patient.hash(&mut hasher);
        let all = u64::try_from(self.0.len()).ok()?;
        let number = usize::try_from(hasher.finish().checked_rem(all)?).ok()?;
        let turn = Arc::clone(self.0.get(number)?);
        Some(turn.lock_owned().await)
    }
}

/// A patient's turn: kept until the request is decided.
pub struct Turn {
    last: Option<OwnedMutexGuard<Position>>,
}

/// Ends a turn: where the request was accepted, the patient's next one waits until that is shown.
pub fn taken<T>(turn: Option<Turn>, done: &Result<CommandOutcome<T>, CommandError>) {
    let last = turn.and_then(|turn| turn.last);
    if let (Some(mut last), Ok(done)) = (last, done) {
        *last = (*last).max(done.position);
    }
}

/// Asks whether a patient may hold the slot of `doctor` that begins then, for the booking `again` if that is made already.
///
/// # Errors
/// `too_many_bookings`, `too_many_holds`, `overlaps_own_booking`; and the errors of the read models.
pub async fn before_request(
    app: &App,
    by: Actor,
    again: Option<BookingId>,
    (doctor, starts_at): (DoctorId, Timestamp),
    allow_overlap: bool,
) -> Result<Option<Turn>, Problem> {
    let Some(patient) = patient_of(by) else {
        return Ok(None);
    };
    let wanted = Wanted::Booking {
        visit: (doctor, starts_at),
        allow_overlap,
    };
    judged(app, patient, again.unwrap_or_else(nothing), wanted)
        .await
        .map(Some)
}

/// Asks whether a patient may call a doctor at once, by the booking `again` if that is made already.
///
/// # Errors
/// `too_many_bookings`; and the errors of the read models.
pub async fn before_urgent_call(
    app: &App,
    by: Actor,
    again: Option<BookingId>,
) -> Result<Option<Turn>, Problem> {
    let Some(patient) = patient_of(by) else {
        return Ok(None);
    };
    let BookingsPerHour { all, urgent } = app.settings().limits.business.bookings_per_hour;
    let is_limited = all.or(urgent).is_some();
    if !is_limited || !app.throttles().called_urgently_before(patient) {
        return Ok(None);
    }
    judged(app, patient, again.unwrap_or_else(nothing), Wanted::UrgentCall)
        .await
        .map(Some)
}

/// Asks whether a patient may move the booking there. Others than its patient are not asked about.
///
/// # Errors
/// `overlaps_own_booking`; and the errors of the read models.
pub async fn before_move(
    app: &App,
    by: Actor,
    booking: BookingId,
    (doctor, starts_at): (Option<DoctorId>, Timestamp),
    allow_overlap: bool,
) -> Result<Option<Turn>, Problem> {
    let Some(patient) = patient_of(by) else {
        return Ok(None);
    };
    let wanted = Wanted::Move {
        visit: (doctor, starts_at),
        allow_overlap,
    };
    judged(app, patient, booking, wanted).await.map(Some)
}

/// Asks whether a patient may pay for the booking.
///
/// # Errors
/// `urgent_call_under_way`; and the errors of the read models.
pub async fn before_payment(
    app: &App,
    by: Actor,
    booking: BookingId,
    allow_overlap: bool,
) -> Result<Option<Turn>, Problem> {
    let Some(patient) = patient_of(by) else {
        return Ok(None);
    };
    // Visits by plan are told apart from urgent calls by the first look, and never wait.
    let known = going_on(&app.models().pool, patient, booking).await?.this;
    if allow_overlap || known.is_some_and(|this| !this.urgent) {
        return Ok(None);
    }
    judged(app, patient, booking, Wanted::Payment).await.map(Some)
}

/// What a patient wants to do.
#[derive(Clone, Copy)]
enum Wanted {
    Booking {
        visit: (DoctorId, Timestamp),
        allow_overlap: bool,
    },
    Move {
        /// The doctor it has, unless another is named.
        visit: (Option<DoctorId>, Timestamp),
        allow_overlap: bool,
    },
    Payment,
    UrgentCall,
}

impl Wanted {
    /// Says what is against it.
    async fn judge(
        self,
        app: &App,
        (patient, booking): (PatientId, BookingId),
        going_on: GoingOn,
    ) -> Result<(), Problem> {
        let GoingOn {
            others,
            this,
            doctor_id,
        } = going_on;
        match self {
            Self::Booking { visit, allow_overlap } if this.is_none() => {
                one_more_request(app, patient, false).await?;
                patient_limits::one_more_hold(&others, app.now())?;
                meets_none(app, &others, visit, allow_overlap).await
            }
            Self::Move {
                visit: (doctor, starts_at),
                allow_overlap,
            } => match doctor.or(doctor_id) {
                Some(doctor) => meets_none(app, &others, (doctor, starts_at), allow_overlap).await,
                None => Ok(()),
            },
            Self::Payment => {
                // A payment that is made already is repeated, not made anew.
                if let Some(this) = this.filter(|this| !this.paid) {
                    let all: Vec<OwnBooking> = others.into_iter().chain([this]).collect();
                    patient_limits::one_urgent_call(&all, booking)?;
                }
                Ok(())
            }
            Self::UrgentCall if this.is_none() => one_more_request(app, patient, true).await,
            Self::Booking { .. } | Self::UrgentCall => Ok(()),
        }
    }
}

async fn one_more_request(app: &App, patient: PatientId, urgent: bool) -> Result<(), Problem> {
    let limits = &app.settings().limits.business.bookings_per_hour;
    if limits.all.or(limits.urgent).is_none() {
        return Ok(());
    }
    let now = app.now();
    let requested = lately_requested(&app.models().pool, patient, now - REQUESTED_WITHIN).await?;
    Ok(patient_limits::one_more_request(&requested, urgent, limits, now)?)
}

/// The patient who asks, if it is one.
pub fn patient_of(by: Actor) -> Option<PatientId> {
    match by {
        Actor::Person {
            id,
            role: Role::Patient,
        } => Some(PatientId::from_uuid(id.uuid())),
        Actor::Person { .. } | Actor::Process => None,
    }
}

/// The patient's turn, once nothing that is going on by then is against what is wanted.
async fn judged(app: &App, patient: PatientId, booking: BookingId, wanted: Wanted) -> Result<Turn, Problem> {
    let last = app.turns().of(patient).await;
    let own = last.as_deref().copied().unwrap_or(0);
    if own > 0 {
        freshness::wait_read_after(app.models(), Model::Bookings, own).await?;
    }
    if matches!(wanted, Wanted::Payment) {
        // Whether another call is paid is no fact of this patient's requests: it comes of a process.
        read_consistency::wait_briefly(app, Model::Bookings).await?;
    }
    let pool = &app.models().pool;
    let shown = going_on(pool, patient, booking).await?;
    let asked = (patient, booking);
    if wanted.judge(app, asked, shown).await.is_err() {
        // What has ended may not be shown yet.
        read_consistency::wait_briefly(app, Model::Bookings).await?;
        let shown = going_on(pool, patient, booking).await?;
        wanted.judge(app, asked, shown).await?;
    }
    Ok(Turn { last })
}

async fn meets_none(
    app: &App,
    others: &[OwnBooking],
    (doctor, starts_at): (DoctorId, Timestamp),
    allow_overlap: bool,
) -> Result<(), Problem> {
    if allow_overlap || others.is_empty() {
        return Ok(());
    }
    // Where no slot begins, the use case says so.
    if let Some(slot) = open_slots::query::begins_at(&app.models().pool, doctor, starts_at).await? {
        patient_limits::no_overlap(others, slot.visit, app.now())?;
    }
    Ok(())
}

/// An id that no booking has.
fn nothing() -> BookingId {
    BookingId::from_uuid(Uuid::nil())
}
