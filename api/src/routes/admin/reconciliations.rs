//! Comparisons of our books with the payment providers': asked for, listed, and each with its report.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use commands::policy::MayOperate;
use http::{HeaderMap, header};
use identity::{AuditTarget, OperatorAct};
use jiff::{SignedDuration, Timestamp};
use projections::reconciliations::query::{self, ReconciliationFilter};
use projections::reconciliations::{
    self, NewReconciliation, ReconciliationOutcome, State as Progress, Trigger,
};
use reconciliation::{Report, report};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::page::{Form, PageParams};
use crate::extract::read::{instant, one_of_in};
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::representation::page::PageView;
use crate::representation::reconciliation::{ReconciliationReportView, ReconciliationView, location};
use crate::security_events::record_act;

/// The longest window that is compared at once, in days.
const DAYS_MAX: i64 = 92;

/// Which window.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"}))]
pub struct ReconcileBody {
    /// From here on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Up to here, the end not included; after `from`, by 92 days at most.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
}

impl FromBody for ReconcileBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let from = fields.required("from", instant);
        let to = fields.required("to", instant);
        let (from, to) = (from?, to?);
        let length = to.duration_since(from);
        if !length.is_positive() || length > SignedDuration::from_hours(24 * DAYS_MAX) {
            let words = format!("must lie after `from`, by {DAYS_MAX} days at most");
            fields.fault("to", FieldProblem::new("out_of_range", words));
            return None;
        }
        Some(Self { from, to })
    }
}

/// Reconcile
///
/// For admins: compares our books with the payment providers' and the payout gateway's as soon as somebody can, and answers
/// at once. `GET /admin/reconciliations/{id}` shows how far it is and what was found.
#[utoipa::path(post, path = "/admin/reconciliations", tag = "admin", security(("bearer" = [])),
    request_body = ReconcileBody,
    responses(
        (status = 200, description = "It will be carried out", body = ReconciliationView),
        (status = 409, description = "`reconciliation_under_way`"),
    ))]
pub async fn reconcile(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayOperate, ReconcileBody>,
) -> Result<Response, Problem> {
    let target = format!("{}/{}", body.from, body.to);
    let target = AuditTarget::new("span", target);
    record_act(&app, &caller, OperatorAct::Reconcile, target).await?;
    let new = NewReconciliation {
        id: None,
        origin: Trigger::Admin,
        asked_by: Some(caller.id()),
        from: body.from,
        to: body.to,
    };
    match reconciliations::ask(&app.models().pool, new).await? {
        Some((row, true)) => {
            let at = [(header::LOCATION, location(row.id))];
            Ok((at, Json(ReconciliationView::from(row))).into_response())
        }
        Some((_, false)) | None => Err(Problem::plain(Code::ReconciliationUnderWay)),
    }
}

/// Which comparisons.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReconciliationsQuery {
    /// Only those that have come so far: `waiting`, `running`, `done` or `failed`.
    #[param(value_type = Option<String>)]
    pub state: Option<Progress>,
    /// Only those that came to this: `clean`, `differences` (also where a part could not be compared) or `incomplete`.
    #[param(value_type = Option<String>)]
    pub result: Option<ReconciliationOutcome>,
}

impl FromQuery for ReconciliationsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let states = Progress::ALL.map(Progress::as_str).join(", ");
        let results = ReconciliationOutcome::ALL
            .map(ReconciliationOutcome::as_str)
            .join(", ");
        let state = parameters.optional("state", |text| one_of_in(text, Progress::parse, &states));
        let result = parameters.optional("result", |text| {
            one_of_in(text, ReconciliationOutcome::parse, &results)
        });
        Some(Self {
            state: state?,
            result: result?,
        })
    }
}

/// List reconciliations
///
/// For admins: every comparison of our books with the payment providers', and the nightly one that comes next.
#[utoipa::path(get, path = "/admin/reconciliations", tag = "admin", security(("bearer" = [])),
    params(ReconciliationsQuery, PageParams),
    responses((status = 200, description = "A page of comparisons", body = PageView<ReconciliationView>)))]
pub async fn reconciliations(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(ReconciliationsQuery, PageParams)>,
    _caller: Caller<MayOperate>,
) -> Result<Json<PageView<ReconciliationView>>, Problem> {
    let filter = ReconciliationFilter {
        state: question.state,
        result: question.result,
    };
    let page = query::list(&app.models().pool, filter, page.cursor, page.limit).await?;
    Ok(Json(PageView::of(page, ReconciliationView::from)))
}

/// The media type of comma-separated values.
const CSV: &str = "text/csv";

/// In which form.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FormatQuery {
    /// `json` or `csv`; else what `Accept` prefers.
    #[param(value_type = Option<String>, example = "csv")]
    pub format: Option<Form>,
}

impl FromQuery for FormatQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let format = parameters.optional("format", |text| one_of_in(text, Form::parse, "json, csv"));
        Some(Self { format: format? })
    }
}

/// Read a reconciliation
///
/// For admins: one comparison with its report; as comma-separated values with `?format=csv` or `Accept: text/csv`.
#[utoipa::path(get, path = "/admin/reconciliations/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The comparison", format = Uuid), FormatQuery),
    responses(
        (status = 200, description = "The comparison",
         content((ReconciliationReportView = "application/json"), (String = "text/csv",
             example = json!("row,provider,status,payments,…\r\ntotal,yookassa,completed,1,…\r\n")))),
        (status = 409, description = "`not_now`: there is no report to write as a table yet"),
    ))]
pub async fn reconciliation(
    State(app): State<App>,
    Path(id): Path<String>,
    QueryParams(question): QueryParams<FormatQuery>,
    headers: HeaderMap,
    _caller: Caller<MayOperate>,
) -> Result<Response, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::plain(Code::NotFound))?;
    let kept = query::find(&app.models().pool, id)
        .await?
        .ok_or_else(|| Problem::plain(Code::NotFound))?;
    match question.format.unwrap_or_else(|| Form::preferred(&headers)) {
        Form::Json => Ok(Json(ReconciliationReportView::from(kept)).into_response()),
        Form::Csv => {
            let stored = kept.report.ok_or_else(|| Problem::plain(Code::NotNow))?;
            let found: Report = serde_json::from_value(stored).map_err(|error| Problem::internal(&error))?;
            let name = format!("attachment; filename=\"reconciliation-{id}.csv\"");
            let about = [
                (
                    header::CONTENT_TYPE,
                    format!("{CSV}; charset=utf-8; header=present"),
                ),
                (header::CONTENT_DISPOSITION, name),
            ];
            Ok((about, report::csv(&found)).into_response())
        }
    }
}
