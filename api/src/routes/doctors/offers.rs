//! What doctors offer: what a visit costs by the price list in force, and when the next one can be.

use std::collections::HashMap;
use std::sync::Arc;

use commands::CommandError;
use domain::ids::DoctorId;
use domain::price_list::list::PriceList;
use identity::DoctorProfile;
use jiff::{SignedDuration, Timestamp};
use projections::open_slots::{OpenSlot, next_free};

use crate::app::App;
use crate::problem::Problem;
use crate::representation::doctor::DoctorView;

/// How far ahead a doctor's next slot is looked for.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(62 * 24);

/// The doctors with what they offer.
///
/// # Errors
/// `needs_newer_code`, `unavailable`.
pub async fn offered(app: &App, doctors: &[DoctorProfile]) -> Result<Vec<DoctorView>, Problem> {
    let list = prices(app).await?;
    let next = next_slots(app, doctors).await?;
    Ok(doctors
        .iter()
        .map(|doctor| DoctorView::from(doctor).offering(list.as_deref(), next.get(&doctor.id)))
        .collect())
}

/// The price list in force, if there is one.
///
/// # Errors
/// `needs_newer_code`, `unavailable`.
pub async fn prices(app: &App) -> Result<Option<Arc<PriceList>>, Problem> {
    match app.services().prices.now().await {
        Ok(in_force) => Ok(Some(in_force.list())),
        Err(CommandError::NoPriceList) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The next free slot of each of these doctors who takes new visits and has one.
///
/// # Errors
/// `unavailable`.
pub async fn next_slots(
    app: &App,
    doctors: &[DoctorProfile],
) -> Result<HashMap<DoctorId, OpenSlot>, Problem> {
    let accepting = doctors.iter().filter(|doctor| doctor.accepts);
    let ids: Vec<DoctorId> = accepting.map(|doctor| doctor.id).collect();
    let now = app.now();
    let until = now.checked_add(AHEAD_MAX).unwrap_or(Timestamp::MAX);
    let slots = next_free::next_free(&app.models().pool, &ids, now, until).await?;
    Ok(slots.into_iter().map(|slot| (slot.doctor_id, slot)).collect())
}
