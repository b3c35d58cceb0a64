//! A doctor begins, or ceases, to take new visits.

use domain::ids::DoctorId;
use domain::people::Actor;
use identity::DoctorProfile;

use crate::refusal::{CommandError, Refusal};
use crate::schedule::open_day::permit;
use crate::services::CommandServices;

/// Sets whether new visits are taken, as that doctor, the doctor's clinic or an admin. While they are not, no slots are shown and
/// no new time of the doctor is claimed; what was agreed before stands, a hold that is being paid for included.
///
/// # Errors
/// `forbidden`, `not_found` when there is no such doctor; and the errors of the database.
pub async fn set_accepts(
    services: &CommandServices,
    by: Actor,
    doctor_id: DoctorId,
    accepts: bool,
) -> Result<DoctorProfile, CommandError> {
    permit(services, by, doctor_id).await?;
    let profile = services.people.set_accepts(doctor_id, accepts).await?;
    profile.ok_or_else(|| Refusal::NotFound.into())
}
