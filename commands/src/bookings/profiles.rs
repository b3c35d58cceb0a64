//! Whether a doctor takes new visits, as part of a decision: read from the profile for this very command, since another
//! process may have changed it. Which doctor it is about may only become known while deciding.

use std::sync::Arc;

use domain::ids::DoctorId;
use domain::schedule::refusal::ScheduleRefusal;
use identity::DoctorProfile;

use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams::DecisionError;

/// The doctors' profiles a command has met so far.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    known: Vec<(DoctorId, Option<Arc<DoctorProfile>>)>,
    lacking: Option<DoctorId>,
}

impl Profiles {
    /// Reads a doctor's profile beforehand.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`].
    pub(crate) async fn read(
        &mut self,
        services: &CommandServices,
        doctor_id: DoctorId,
    ) -> Result<(), CommandError> {
        let profile = services.doctor_now(doctor_id).await?;
        self.known.retain(|(known, _)| *known != doctor_id);
        self.known.push((doctor_id, profile));
        Ok(())
    }

    /// Whether new time of this doctor may be claimed. A profile that was not read yet stops the decision, to be read and
    /// decided again: see [`Profiles::completed`].
    pub(crate) fn accepts(&mut self, doctor_id: DoctorId) -> Result<bool, DecisionError> {
        match self.known.iter().find(|(known, _)| *known == doctor_id) {
            Some((_, profile)) => Ok(profile.as_ref().is_some_and(|profile| profile.accepts)),
            None => {
                self.lacking = Some(doctor_id);
                Err(not_available())
            }
        }
    }

    /// The doctor's profile, if new time of this doctor may be claimed.
    ///
    /// # Errors
    /// `doctor_not_available`, also as in [`Profiles::accepts`].
    pub(crate) fn accepting(&mut self, doctor_id: DoctorId) -> Result<Arc<DoctorProfile>, DecisionError> {
        if !self.accepts(doctor_id)? {
            return Err(not_available());
        }
        let known = self.known.iter().find(|(known, _)| *known == doctor_id);
        known
            .and_then(|(_, profile)| profile.clone())
            .ok_or_else(not_available)
    }

    /// Whether `answer` is a refusal for want of a profile, which has been read now, so that deciding again may end
    /// otherwise.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`].
    pub(crate) async fn load_missing<T>(
        &mut self,
        services: &CommandServices,
        answer: &Result<T, CommandError>,
    ) -> Result<bool, CommandError> {
        match (answer, self.lacking.take()) {
            (Err(_), Some(doctor_id)) => {
                self.read(services, doctor_id).await?;
                Ok(true)
            }
            (Ok(_) | Err(_), _) => Ok(false),
        }
    }
}

fn not_available() -> DecisionError {
    DecisionError::refuse(ScheduleRefusal::DoctorNotAvailable)
}
