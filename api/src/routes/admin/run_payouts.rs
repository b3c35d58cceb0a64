//! An admin pays the doctors.

use axum::Json;
use axum::extract::State;
use commands::payouts::{self, RunLine, RunOutcome, RunPayouts, RunReport, Skipped};
use commands::policy::MayOperate;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{date, truth};
use crate::extract::request::{CommandRequest, Keyed};
use crate::problem::Problem;
use crate::representation::timestamp::shown;

/// Which week, and whether in earnest.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"through": "2026-12-06"}))]
pub struct RunBody {
    /// The last day the run is for, which names the week: a repeat after midnight is still for the same one.
    #[schema(value_type = String, format = Date)]
    pub through: Date,
    /// Only tell what would be done; `false` if absent.
    pub dry_run: Option<bool>,
}

impl FromBody for RunBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let through = fields.required("through", date);
        let dry_run = fields.optional("dry_run", truth);
        Some(Self {
            through: through?,
            dry_run: dry_run?,
        })
    }
}

/// What became of one doctor.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunLineView {
    /// The doctor.
    pub doctor_id: Uuid,
    /// `requested`, or why not: `below_minimum`, `no_payout_destination`, `destination_doubtful`,
    /// `destination_resting`, `already_this_week`, `too_often`, `faulty`: a fault of ours, told to operators.
    #[schema(value_type = String, example = "requested")]
    pub outcome: &'static str,
    /// The payout: the new one, or the one of this week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_id: Option<Uuid>,
    /// What is paid out; or what is owed, where that is too little.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// What stays for another week, since one payout moves at most 500000.00.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// Where this week's payout stands, why the bank account is doubtful, or until when it rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What a run did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "week": "2026-W49",
    "dry_run": false,
    "items": [
        {"doctor_id": "019a8f0e-0000-7000-8000-000000000002", "outcome": "requested",
         "payout_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69", "amount": "1200.00"},
        {"doctor_id": "019a8f0e-0000-7000-8000-000000000003", "outcome": "no_payout_destination"}
    ]
}))]
pub struct RunView {
    /// The week by ISO 8601.
    pub week: String,
    /// Whether it only told what would be done.
    pub dry_run: bool,
    /// Every doctor, in the order in which they joined.
    pub items: Vec<RunLineView>,
}

impl RunView {
    /// The report as JSON.
    pub fn of(report: RunReport) -> Self {
        Self {
            week: report.week,
            dry_run: report.dry_run,
            items: report.lines.into_iter().map(RunLineView::of).collect(),
        }
    }
}

impl RunLineView {
    fn of(line: RunLine) -> Self {
        let nothing = Self {
            doctor_id: line.doctor_id.uuid(),
            outcome: "requested",
            payout_id: None,
            amount: None,
            left: None,
            code: None,
        };
        let skipped = match line.outcome {
            RunOutcome::Paid {
                payout_id,
                amount,
                left,
            } => {
                return Self {
                    payout_id: Some(payout_id.uuid()),
                    amount: Some(amount.decimal()),
                    left: left.is_positive().then(|| left.decimal()),
                    ..nothing
                };
            }
            RunOutcome::Skipped(skipped) => skipped,
        };
        let nothing = Self {
            outcome: skipped.word(),
            ..nothing
        };
        match skipped {
            Skipped::BelowMinimum { available } => Self {
                amount: Some(available.decimal()),
                ..nothing
            },
            Skipped::DestinationDoubtful { code } => Self {
                code: Some(code),
                ..nothing
            },
            Skipped::DestinationResting { until } => Self {
                code: Some(shown(until).to_string()),
                ..nothing
            },
            Skipped::AlreadyThisWeek { payout_id, status } => Self {
                payout_id: Some(payout_id.uuid()),
                code: Some(status.as_str().to_owned()),
                ..nothing
            },
            Skipped::NoDestination | Skipped::TooOften | Skipped::Faulty => nothing,
        }
    }
}

/// Pay the doctors
///
/// For admins, once a week: every doctor to whom enough is owed and who named a bank account is paid what there is. Running
/// twice changes nothing; payouts that came to nothing meanwhile are asked for again.
#[utoipa::path(post, path = "/admin/payouts/run", tag = "admin", security(("bearer" = [])), request_body = RunBody,
    responses(
        (status = 200, description = "Who is paid, who is not and why", body = RunView),
        (status = 409, description = "`payout_unavailable`, `too_early`"),
    ))]
pub async fn run_payouts(
    State(app): State<App>,
    Keyed(CommandRequest { metadata, body, .. }): Keyed<MayOperate, RunBody>,
) -> Result<Json<RunView>, Problem> {
    let command = RunPayouts {
        through: body.through,
        dry_run: body.dry_run.unwrap_or(false),
    };
    let report = payouts::run(app.services(), &metadata, command).await?;
    Ok(Json(RunView::of(report)))
}
