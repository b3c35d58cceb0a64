//! The analysts' questions as reports: which there are, and each answered with filters, as JSON or as a file.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use commands::policy::MayReadReports;
use domain::booking::events::CallType;
use domain::payment::events::PaymentMethod;
use http::{HeaderMap, header};
use jiff::civil::Date;
use reports::{Answer, Filters, REPORTS, ROWS_MAX, Report, Request};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::page::Form;
use crate::extract::read::{date_in, last_day_in, not_an_id, one_of_in};
use crate::extract::request::Caller;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::representation::report::{ReportAnswerView, ReportInfoView, ReportsView};

/// List reports
///
/// For analysts and admins: every report with its columns and filters, in the order of the page for analysts.
#[utoipa::path(get, path = "/reports", tag = "reports", security(("bearer" = [])),
    responses((status = 200, description = "The reports", body = ReportsView)))]
pub async fn reports(
    QueryParams(()): QueryParams<()>,
    _caller: Caller<MayReadReports>,
) -> Result<Json<ReportsView>, Problem> {
    Ok(Json(ReportsView {
        items: REPORTS.iter().map(ReportInfoView::from).collect(),
        next: None,
    }))
}

/// What is set of a report. Each takes those of its own `filters`; another one is refused.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// The first day of the period, local to the platform's zone; if absent, the first of the month eleven months before its end.
    #[param(value_type = Option<String>, format = Date, example = "2026-01-01")]
    pub from: Option<Date>,
    /// The last day of the period, included; today if absent. A period has 3660 days at most.
    #[param(value_type = Option<String>, format = Date, example = "2026-12-31")]
    pub to: Option<Date>,
    /// Of one clinic alone.
    #[param(value_type = Option<String>, format = Uuid)]
    pub clinic: Option<Uuid>,
    /// Of one doctor alone.
    #[param(value_type = Option<String>, format = Uuid)]
    pub doctor: Option<Uuid>,
    /// Of one type of call alone.
    #[param(value_type = Option<String>, example = "urgent")]
    pub call_type: Option<CallType>,
    /// Of one method of payment alone.
    #[param(value_type = Option<String>, example = "sbp")]
    pub method: Option<PaymentMethod>,
    /// So many rows at most, 1 to 20000; `has_more` tells that there are more. Without it more rows than that are refused.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 20000)]
    pub limit: Option<u16>,
    /// `json` or `csv`; else what `Accept` prefers.
    #[param(value_type = Option<String>, example = "csv")]
    pub format: Option<Form>,
}

impl FromQuery for ReportQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let call_types = CallType::ALL.map(CallType::as_str).join(", ");
        let methods = PaymentMethod::ALL.map(PaymentMethod::as_str).join(", ");
        let id = |text: &str| text.parse().map_err(|_| not_an_id());
        let from = parameters.optional("from", date_in);
        let to = parameters.optional("to", last_day_in);
        let clinic = parameters.optional("clinic", id);
        let doctor = parameters.optional("doctor", id);
        let call_type =
            parameters.optional("call_type", |text| one_of_in(text, CallType::parse, &call_types));
        let method = parameters.optional("method", |text| one_of_in(text, PaymentMethod::parse, &methods));
        let limit = parameters.optional("limit", |text| {
            let rows = text.parse().ok().filter(|rows| (1..=ROWS_MAX).contains(rows));
            rows.ok_or_else(|| FieldProblem::new("out_of_range", format!("must be between 1 and {ROWS_MAX}")))
        });
        let format = parameters.optional("format", |text| one_of_in(text, Form::parse, "json, csv"));
        Some(Self {
            from: from?,
            to: to?,
            clinic: clinic?,
            doctor: doctor?,
            call_type: call_type?,
            method: method?,
            limit: limit?,
            format: format?,
        })
    }
}

impl ReportQuery {
    const fn filters(&self) -> Filters {
        Filters {
            from: self.from,
            to: self.to,
            clinic: self.clinic,
            doctor: self.doctor,
            call_type: self.call_type,
            method: self.method,
            limit: self.limit,
        }
    }
}

/// Read a report
///
/// For analysts and admins: one of the questions of the page for analysts, answered from the same views, without personal data.
/// `as_of` tells how old they are. Decimals are strings, exact; months are `2026-12`. With `?format=csv` or `Accept: text/csv` the
/// rows are a file of comma-separated values. A report that takes too long is ended (503): ask for a shorter period. An account has
/// four at once, a process six.
#[utoipa::path(get, path = "/reports/{name}", tag = "reports", security(("bearer" = [])),
    params(("name" = String, Path, description = "The report, as `GET /reports` names it", example = "funnel"), ReportQuery),
    responses((status = 200, description = "The report", content(
        (ReportAnswerView = "application/json"),
        (String = "text/csv", example = "month,call_type,requested,paid,assigned,arrived,completed\n2026-11,urgent,120,101,99,97,95\n"),
    ))))]
pub async fn report(
    State(app): State<App>,
    Path(name): Path<String>,
    QueryParams(question): QueryParams<ReportQuery>,
    headers: HeaderMap,
    caller: Caller<MayReadReports>,
) -> Result<Response, Problem> {
    let report = Report::parse(&name).ok_or_else(|| {
        let names = reports::names();
        let problem = Problem::new(
            Code::NotFound,
            format!("there is no such report; there are {names}"),
        );
        problem.in_russian(format!("такого отчёта нет; есть {names}"))
    })?;
    let filters = question.filters();
    filters.check(report).map_err(reports::ReportError::Filters)?;
    let place = app.report_places().take(caller.id(), caller.role())?;
    let request = Request {
        report,
        filters,
        now: Some(app.now()),
    };
    let pool = app.models().pool.clone();
    let read = place.hold(async move { Answer::read(&pool, &request).await });
    let answer = read.await.map_err(|error| Problem::internal(&error))??;
    match question.format.unwrap_or_else(|| Form::preferred(&headers)) {
        Form::Json => Ok(Json(ReportAnswerView::of(&answer)?).into_response()),
        Form::Csv => {
            let name = format!("attachment; filename=\"{name}.csv\"");
            let kind = "text/csv; charset=utf-8; header=present".to_owned();
            let about = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
            Ok((about, answer.csv()?).into_response())
        }
    }
}
