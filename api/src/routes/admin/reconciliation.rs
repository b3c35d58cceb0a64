//! One comparison with its report, as JSON or as a table for an accountant.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use projections::reconciliations::query;
use reconciliation::{Report, report};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::extract::caller::AsAdmin;
use crate::extract::parameters::{Ask, Parameters, Question};
use crate::extract::read::word_in;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::representation::reconciliation::ReconciliationReportView;

/// The media type of comma-separated values.
const CSV: &str = "text/csv";

/// In which form.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FormatQuestion {
    /// `json` or `csv`; else what `Accept` prefers.
    #[param(value_type = Option<String>, example = "csv")]
    pub format: Option<Form>,
}

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON document.
    Json,
    /// RFC 4180.
    Csv,
}

impl Question for FormatQuestion {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let form = |text: &str| match text {
            "json" => Some(Form::Json),
            "csv" => Some(Form::Csv),
            _ => None,
        };
        let format = parameters.optional("format", |text| word_in(text, form, "json, csv"));
        Some(Self { format: format? })
    }
}

/// Read a reconciliation
///
/// For admins: one comparison with its report; as comma-separated values with `?format=csv` or `Accept: text/csv`.
#[utoipa::path(get, path = "/admin/reconciliations/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The comparison", format = Uuid), FormatQuestion),
    responses(
        (status = 200, description = "The comparison",
         content((ReconciliationReportView = "application/json"), (String = "text/csv",
             example = json!("row,provider,status,payments,…\r\ntotal,yookassa,completed,1,…\r\n")))),
        (status = 409, description = "`not_now`: there is no report to write as a table yet"),
    ))]
pub async fn reconciliation(
    State(app): State<App>,
    Path(id): Path<String>,
    Ask(question): Ask<FormatQuestion>,
    headers: HeaderMap,
    _caller: AsAdmin,
) -> Result<Response, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::plain(Code::NotFound))?;
    let kept = query::find(&app.models().pool, id)
        .await?
        .ok_or_else(|| Problem::plain(Code::NotFound))?;
    match question.format.unwrap_or_else(|| preferred(&headers)) {
        Form::Json => Ok(Json(ReconciliationReportView::from(kept)).into_response()),
        Form::Csv => {
            let stored = kept.report.ok_or_else(|| Problem::plain(Code::NotNow))?;
            let found: Report = serde_json::from_value(stored).map_err(|fault| Problem::internal(&fault))?;
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

/// CSV where it is named and JSON is not.
fn preferred(headers: &HeaderMap) -> Form {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let names = |kind: &str| accepted.is_some_and(|accepted| accepted.contains(kind));
    if names(CSV) && !names("application/json") {
        Form::Csv
    } else {
        Form::Json
    }
}
