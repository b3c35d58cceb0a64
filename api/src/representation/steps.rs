//! When each step of a booking happened, as JSON.

use domain::booking::steps::Steps;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::representation::timestamp::shown;

/// When each step of a booking happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepsView {
    /// Paid for, as far as it needs to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub secured_at: Option<Timestamp>,
    /// Ended unpaid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expired_at: Option<Timestamp>,
    /// A doctor was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub assigned_at: Option<Timestamp>,
    /// The doctor departed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub departed_at: Option<Timestamp>,
    /// The doctor was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub arrived_at: Option<Timestamp>,
    /// The visit began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// The visit ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
    /// The patient was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub no_show_at: Option<Timestamp>,
    /// Given up: the doctor never set out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub missed_at: Option<Timestamp>,
    /// Last moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub rescheduled_at: Option<Timestamp>,
    /// Called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub cancelled_at: Option<Timestamp>,
}

impl StepsView {
    /// The steps of a decision's state, or of a read model's row.
    pub fn of(steps: Steps) -> Self {
        let at = |step: Option<Timestamp>| step.map(shown);
        Self {
            secured_at: at(steps.secured_at),
            expired_at: at(steps.expired_at),
            assigned_at: at(steps.assigned_at),
            departed_at: at(steps.departed_at),
            arrived_at: at(steps.arrived_at),
            started_at: at(steps.started_at),
            completed_at: at(steps.completed_at),
            no_show_at: at(steps.no_show_at),
            missed_at: at(steps.missed_at),
            rescheduled_at: at(steps.rescheduled_at),
            cancelled_at: at(steps.cancelled_at),
        }
    }
}
