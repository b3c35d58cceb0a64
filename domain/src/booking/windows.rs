//! When each step of this visit may be taken, and from when on its doctor sees where it goes.

use jiff::Timestamp;

use crate::booking::events::CallType;
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Agreement, Booking};
use crate::ids::DoctorId;
use crate::policy::visit::{VisitWindows, minutes_after, minutes_before};
use crate::time::TimeRange;

/// The instants at which a step may be taken, both ends included; an absent end is no limit.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
}

impl Window {
    /// Whether the step may be taken at `at`.
    ///
    /// # Errors
    /// [`BookingRefusal::TooEarly`] or [`BookingRefusal::TooLate`].
    pub fn admit(self, at: Timestamp) -> Result<(), BookingRefusal> {
        if self.not_before.is_some_and(|first| at < first) {
            return Err(BookingRefusal::TooEarly);
        }
        if self.not_after.is_some_and(|last| last < at) {
            return Err(BookingRefusal::TooLate);
        }
        Ok(())
    }
}

/// The windows of a visit's steps as far as they are known; a step that the visit does not have has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepWindows {
    /// The doctor sets out; absent for a consultation.
    pub depart: Option<Window>,
    /// The doctor arrives; a visit's doctor has departed before.
    pub arrive: Option<Window>,
    /// The visit begins; an urgent one as soon as there is a doctor.
    pub start: Option<Window>,
    /// The visit ends; absent before it began.
    pub complete: Option<Window>,
    /// The patient is reported absent; the earliest moment moves with the arrival.
    pub no_show: Option<Window>,
}

impl StepWindows {
    /// The windows of the visit agreed on; none while there is no doctor and time.
    pub fn of(agreement: &Agreement, windows: &VisitWindows) -> Self {
        let Some(visit) = agreement.appointment.as_ref().map(|set| set.visit) else {
            return Self::default();
        };
        let times = TimesOf {
            agreement,
            visit,
            windows,
        };
        Self {
            depart: times.depart(),
            arrive: Some(times.arrive()),
            start: Some(times.start()),
            complete: times.complete(),
            no_show: Some(times.no_show()),
        }
    }
}

struct TimesOf<'a> {
    agreement: &'a Agreement,
    visit: TimeRange,
    windows: &'a VisitWindows,
}

impl TimesOf<'_> {
    fn depart(&self) -> Option<Window> {
        match self.agreement.call_type {
            // Assigned for now: later than a visit may start there is nothing to set out for.
            CallType::Urgent => Some(Window {
                not_before: None,
                not_after: Some(self.latest_start()),
            }),
            CallType::Scheduled => Some(Window {
                not_before: Some(minutes_before(
                    self.visit.start(),
                    self.windows.depart_before_minutes,
                )),
                not_after: Some(self.visit.end()),
            }),
            CallType::Consultation => None,
        }
    }

    fn arrive(&self) -> Window {
        let not_before = match self.agreement.call_type {
            CallType::Urgent | CallType::Scheduled => None,
            CallType::Consultation => Some(minutes_before(
                self.visit.start(),
                self.windows.arrive_before_minutes,
            )),
        };
        Window {
            not_before,
            not_after: Some(self.visit.end()),
        }
    }

    fn start(&self) -> Window {
        let not_before = match self.agreement.call_type {
            CallType::Urgent => None,
            CallType::Scheduled | CallType::Consultation => Some(minutes_before(
                self.visit.start(),
                self.windows.start_before_minutes,
            )),
        };
        Window {
            not_before,
            not_after: Some(self.latest_start()),
        }
    }

    fn complete(&self) -> Option<Window> {
        self.agreement.steps.started_at.map(|started_at| Window {
            not_before: Some(minutes_after(started_at, self.windows.complete_after_minutes)),
            not_after: None,
        })
    }

    fn no_show(&self) -> Window {
        let start = self.visit.start();
        let waits_from = self
            .agreement
            .steps
            .arrived_at
            .map_or(start, |arrived_at| arrived_at.max(start));
        Window {
            not_before: Some(minutes_after(waits_from, self.windows.no_show_after_minutes)),
            not_after: Some(self.latest_start()),
        }
    }

    fn latest_start(&self) -> Timestamp {
        minutes_after(self.visit.end(), self.windows.start_after_end_minutes)
    }
}

/// Whether the doctor is not shown yet where the visit goes and why: the patient has not agreed to this doctor, and it is
/// not yet time to set out.
pub fn is_concealed(booking: &Booking, windows: &VisitWindows, at: Timestamp) -> bool {
    let Booking::Assigned(agreement) = booking else {
        return false;
    };
    let agreed_to = agreement.agreed.as_ref().map(|agreed| agreed.doctor_id);
    conceals(
        agreed_to,
        agreement.doctor_id(),
        agreement.starts_at(),
        windows,
        at,
    )
}

/// The same of an assigned visit: by the doctor whom the patient last agreed to, if there is one, the one who is to come,
/// and when.
pub fn conceals(
    agreed_to: Option<DoctorId>,
    comes: Option<DoctorId>,
    starts_at: Option<Timestamp>,
    windows: &VisitWindows,
    at: Timestamp,
) -> bool {
    let opens_at = starts_at.map(|starts_at| minutes_before(starts_at, windows.depart_before_minutes));
    agreed_to.is_some() && agreed_to != comes && opens_at.is_some_and(|opens_at| at < opens_at)
}
