//! Price lists as JSON; what is shown is written as it is published.

use commands::prices::KnownLists;
use domain::booking::events::CallType;
use domain::ids::DoctorId;
use domain::people::Actor;
use domain::policy::cancellation::CancellationTerms;
use domain::price_list::list::PriceList;
use domain::price_list::terms::{ByCallType, PriceRow, PriceTerms, VisitTimes};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::timestamp::shown;

/// A published price list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "version": 2,
    "valid_from": "2026-12-31T21:00:00Z",
    "state": "scheduled",
    "prices": [
        {"call_type": "urgent", "amount": "1800.00", "currency": "RUB"},
        {"call_type": "scheduled", "amount": "2000.00", "currency": "RUB"},
        {"call_type": "scheduled", "doctor_id": "019a8f0e-0000-7000-8000-000000000002",
         "amount": "3500.00", "currency": "RUB"},
        {"call_type": "consultation", "amount": "1500.00", "currency": "RUB"}
    ],
    "commission_percent": {"urgent": 20, "scheduled": 20, "consultation": 20},
    "cancellation": {
        "urgent": {"after_departure_percent": 30},
        "scheduled": {"steps": [{"notice_minutes": 1440, "percent": 0}, {"notice_minutes": 120, "percent": 30},
                                {"notice_minutes": 0, "percent": 50}]},
        "consultation": {"steps": [{"notice_minutes": 1440, "percent": 0}, {"notice_minutes": 0, "percent": 50}]}
    },
    "hold_minutes": 15,
    "urgent_visit_minutes": 60,
    "visit": {
        "depart_before_minutes": 180, "arrive_before_minutes": 10, "start_before_minutes": 30,
        "start_after_end_minutes": 120, "complete_after_minutes": 5, "no_show_after_minutes": 15,
        "urgent_search_minutes": 60, "urgent_search_alarm_minutes": 10, "missed_alarm_minutes": 120,
        "missed_after_minutes": 1440, "unfinished_alarm_minutes": 360, "earning_rest_hours": 24
    },
    "published_by": "019a8f0e-0000-7000-8000-00000000000a",
    "published_at": "2026-12-20T09:00:00Z"
}))]
pub struct PriceListView {
    /// Its version; bookings pin it.
    pub version: u32,
    /// From when it is in force.
    #[schema(value_type = String, format = DateTime)]
    pub valid_from: Timestamp,
    /// `in_force`, `scheduled` (its time comes), `past`, or `superseded` (a later list is in force by the time this one
    /// would be).
    #[schema(value_type = String, example = "scheduled")]
    pub state: &'static str,
    /// One price per call type for everybody, and those of doctors with a price of their own.
    pub prices: Vec<PriceRowView>,
    /// Percent of each kind of visit's money that the clinic keeps.
    pub commission_percent: PercentsView,
    /// What cancelling each kind of visit costs.
    pub cancellation: CancellationsView,
    /// How long an unpaid booking keeps its slot.
    pub hold_minutes: u16,
    /// How long an urgent visit takes a doctor's time from its assignment.
    pub urgent_visit_minutes: u16,
    /// The clock of a visit.
    pub visit: VisitTimesView,
    /// The admin who published it.
    pub published_by: Option<Uuid>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
}

/// What one kind of visit costs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceRowView {
    /// Which kind.
    #[schema(value_type = String)]
    pub call_type: &'static str,
    /// With which doctor; with any other if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub doctor_id: Option<DoctorId>,
    /// Decimal text.
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String)]
    pub currency: &'static str,
}

/// A percentage for each kind of visit.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PercentsView {
    /// Of urgent visits.
    pub urgent: u8,
    /// Of scheduled visits.
    pub scheduled: u8,
    /// Of consultations.
    pub consultation: u8,
}

/// What cancelling costs, for each kind of visit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancellationsView {
    /// Of urgent visits.
    pub urgent: CancellationView,
    /// Of scheduled visits.
    pub scheduled: CancellationView,
    /// Of consultations.
    pub consultation: CancellationView,
}

/// What cancelling costs: by how long before the visit it happens, or once the doctor has departed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancellationView {
    /// From the most notice to none; the first step whose notice is kept applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<StepView>>,
    /// Percent of the price due once the doctor is on the way; until then it is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_departure_percent: Option<u8>,
}

/// One step of terms by notice.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct StepView {
    /// It applies from so many minutes before the visit, inclusive.
    pub notice_minutes: i64,
    /// Percent of the price due.
    pub percent: u8,
}

/// From when and until when each step of a visit may be taken, and when what nobody takes up ends.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct VisitTimesView {
    /// A scheduled visit's doctor departs at most so long before the start.
    pub depart_before_minutes: u16,
    /// A consultation's doctor arrives at most so long before the start.
    pub arrive_before_minutes: u16,
    /// A visit that is not urgent starts at most so long before its time.
    pub start_before_minutes: u16,
    /// A visit starts, or its patient is reported absent, at most so long after its end.
    pub start_after_end_minutes: u16,
    /// A visit lasts at least so long.
    pub complete_after_minutes: u16,
    /// A doctor waits at least so long for an absent patient.
    pub no_show_after_minutes: u16,
    /// So long a doctor is searched for an urgent call before its money goes back.
    pub urgent_search_minutes: u16,
    /// So long a search lasts before an operator is told.
    pub urgent_search_alarm_minutes: u16,
    /// So long after the end of a visit that nobody departed for an operator is told.
    pub missed_alarm_minutes: u16,
    /// So long after the end of a visit that nobody departed for it counts as missed.
    pub missed_after_minutes: u16,
    /// So long after the end of a visit that is still going on an operator is told.
    pub unfinished_alarm_minutes: u16,
    /// So long what a visit earned rests before a payout may take it.
    pub earning_rest_hours: u16,
}

impl PriceListView {
    /// The list as JSON, as it stands at `now` among those that are known.
    pub fn of(list: &PriceList, known: &KnownLists, now: Timestamp) -> Self {
        let PriceTerms {
            prices,
            commission_percent,
            cancellation,
            hold_minutes,
            urgent_visit_minutes,
            visit,
        } = &list.terms;
        Self {
            version: list.version,
            valid_from: shown(list.valid_from),
            state: known.state(list, now).as_str(),
            prices: prices.iter().map(PriceRowView::of).collect(),
            commission_percent: PercentsView {
                urgent: commission_percent.urgent,
                scheduled: commission_percent.scheduled,
                consultation: commission_percent.consultation,
            },
            cancellation: CancellationsView::of(cancellation),
            hold_minutes: *hold_minutes,
            urgent_visit_minutes: *urgent_visit_minutes,
            visit: VisitTimesView::of(*visit),
            published_by: match list.published_by {
                Actor::Person { id, .. } => Some(id.uuid()),
                Actor::Process => None,
            },
            published_at: shown(list.published_at),
        }
    }
}

impl PriceRowView {
    fn of(row: &PriceRow) -> Self {
        Self {
            call_type: row.call_type.as_str(),
            doctor_id: row.doctor_id,
            amount: row.amount.decimal(),
            currency: row.amount.currency.code(),
        }
    }
}

impl CancellationsView {
    fn of(terms: &ByCallType<CancellationTerms>) -> Self {
        let of = |call_type| CancellationView::of(terms.of(call_type));
        Self {
            urgent: of(CallType::Urgent),
            scheduled: of(CallType::Scheduled),
            consultation: of(CallType::Consultation),
        }
    }
}

impl CancellationView {
    /// The terms as JSON.
    pub fn of(terms: &CancellationTerms) -> Self {
        match terms {
            CancellationTerms::ByNotice { steps } => {
                let steps = steps.iter().map(|step| StepView {
                    notice_minutes: step.notice_minutes,
                    percent: step.percent,
                });
                Self {
                    steps: Some(steps.collect()),
                    after_departure_percent: None,
                }
            }
            CancellationTerms::ByDeparture {
                after_departure_percent,
            } => Self {
                steps: None,
                after_departure_percent: Some(*after_departure_percent),
            },
        }
    }
}

impl VisitTimesView {
    /// The clock as JSON.
    pub const fn of(times: VisitTimes) -> Self {
        let windows = times.windows;
        Self {
            depart_before_minutes: windows.depart_before_minutes,
            arrive_before_minutes: windows.arrive_before_minutes,
            start_before_minutes: windows.start_before_minutes,
            start_after_end_minutes: windows.start_after_end_minutes,
            complete_after_minutes: windows.complete_after_minutes,
            no_show_after_minutes: windows.no_show_after_minutes,
            urgent_search_minutes: windows.urgent_search_minutes,
            urgent_search_alarm_minutes: windows.urgent_search_alarm_minutes,
            missed_alarm_minutes: windows.missed_alarm_minutes,
            missed_after_minutes: windows.missed_after_minutes,
            unfinished_alarm_minutes: windows.unfinished_alarm_minutes,
            earning_rest_hours: times.earning_rest_hours,
        }
    }
}
