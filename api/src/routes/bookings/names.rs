//! Names of the people of bookings, as far as the reader may know them: read for a whole page at once.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{BookingId, DoctorId, PatientId};
use domain::people::Role;
use projections::bookings::BookingSummary;
use uuid::Uuid;

use crate::app::App;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::ReadState;
use crate::routes::bookings::visibility::{is_row_concealed, may_see_details};

/// Names by account, and in which bookings the patient's is shown.
pub struct Names {
    by_account: BTreeMap<Uuid, String>,
    with_patient: BTreeSet<BookingId>,
}

impl Names {
    /// The doctor's, if there is one.
    pub fn doctor(&self, line: &BookingSummary) -> Option<String> {
        let doctor = line.doctor_id?;
        self.by_account.get(&doctor.uuid()).cloned()
    }

    /// The patient's, if the reader may know it.
    pub fn patient(&self, line: &BookingSummary) -> Option<String> {
        let shown = self.with_patient.contains(&line.booking_id);
        let name = self.by_account.get(&line.patient_id.uuid());
        name.filter(|_| shown).cloned()
    }
}

/// The names in these bookings: of doctors for everybody; of patients for admins and for the doctor who may see where the visit goes,
/// which is recorded, while the read model is known not to be behind the facts: it could not tell then that the doctor was
/// taken off.
///
/// # Errors
/// `unavailable`.
pub async fn in_bookings<P>(
    app: &App,
    caller: &Caller<P>,
    lines: &[BookingSummary],
    state: Option<ReadState>,
) -> Result<Names, Problem> {
    let shown: Vec<&BookingSummary> = match caller.role() {
        Role::Admin => lines.iter().collect(),
        Role::Doctor if state.is_some_and(ReadState::is_fresh) => shown_to_doctor(app, lines).await?,
        Role::Doctor | Role::Patient | Role::Clinic | Role::Analyst => Vec::new(),
    };
    let patients: BTreeSet<PatientId> = shown.iter().map(|line| line.patient_id).collect();
    let patients: Vec<PatientId> = patients.into_iter().collect();
    let doctors: BTreeSet<DoctorId> = lines.iter().filter_map(|line| line.doctor_id).collect();
    let doctors: Vec<DoctorId> = doctors.into_iter().collect();
    let reader = (!patients.is_empty()).then(|| caller.actor());
    Ok(Names {
        by_account: app
            .people()
            .names_in_bookings(reader.as_ref(), &patients, &doctors)
            .await?,
        with_patient: shown.into_iter().map(|line| line.booking_id).collect(),
    })
}

/// Those whose patient's details their doctor may see now.
async fn shown_to_doctor<'a>(
    app: &App,
    lines: &'a [BookingSummary],
) -> Result<Vec<&'a BookingSummary>, Problem> {
    let clocks = app.services().prices.clocks().await?;
    let now = app.now();
    let shown = lines
        .iter()
        .filter(|line| may_see_details(line, Role::Doctor, now) && !is_row_concealed(line, &clocks, now));
    Ok(shown.collect())
}
