//! Reports as JSON: what there is, and what came.

use jiff::Timestamp;
use jiff::civil::Date;
use reports::{Answer, Column, Filter, Report, ReportError};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::representation::timestamp::shown;

/// The reports there are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportsView {
    /// Every report.
    pub items: Vec<ReportInfoView>,
    /// Always null: there are few.
    #[schema(value_type = Option<String>)]
    pub next: Option<String>,
}

/// A report.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "funnel",
    "title": {"ru": "Где заявки теряются по пути?", "en": "Where do bookings get lost on the way?"},
    "period_of": "the day of the request",
    "columns": [{"name": "month", "type": "month", "title": "Месяц"}, {"name": "requested", "type": "integer", "title": "Заявлено"}],
    "filters": ["from", "to", "clinic", "doctor", "call_type", "limit"],
    "chart": "lines"
}))]
pub struct ReportInfoView {
    /// Its name.
    #[schema(value_type = String)]
    pub name: &'static str,
    /// What it asks.
    pub title: TitleView,
    /// What `from` and `to` bound; null for a report about how things are now.
    #[schema(value_type = Option<String>)]
    pub period_of: Option<&'static str>,
    /// Its columns, in order.
    pub columns: Vec<ReportColumnView>,
    /// The parameters it takes.
    #[schema(value_type = Vec<String>)]
    pub filters: Vec<&'static str>,
    /// How a chart of it is drawn: `lines` or `bars`; null for one that has no chart.
    #[schema(value_type = Option<String>)]
    pub chart: Option<&'static str>,
}

/// A title in both languages.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TitleView {
    /// In Russian.
    #[schema(value_type = String)]
    pub ru: &'static str,
    /// In English.
    #[schema(value_type = String)]
    pub en: &'static str,
}

/// A column of a report.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ReportColumnView {
    /// Its name, which is that of each row's member.
    #[schema(value_type = String)]
    pub name: &'static str,
    /// What its values are: `text`, `id` (a UUID), `integer`, `seconds`, `money` (rubles), `percent`, `degrees`, `date` or `month`
    /// (2026-12). Whole numbers and seconds are numbers, all others strings.
    #[schema(value_type = String)]
    pub r#type: &'static str,
    /// What people call it, in Russian.
    #[schema(value_type = String)]
    pub title: &'static str,
}

/// A report's rows.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "net_by_method",
    "title": {
        "ru": "Что остаётся от полученных денег после возвратов и комиссий провайдеров, по способам оплаты?",
        "en": "What remains of the money taken, after refunds and providers' fees, by method?"
    },
    "as_of": "2026-12-01T09:30:00Z",
    "from": "2026-01-01",
    "to": "2026-12-01",
    "columns": [{"name": "method", "type": "text", "title": "Способ оплаты"}, {"name": "captured", "type": "money", "title": "Получено"}],
    "rows": [{"method": "sbp", "captured": "1500.00"}],
    "has_more": false
}))]
pub struct ReportAnswerView {
    /// The report.
    #[schema(value_type = String)]
    pub name: &'static str,
    /// What it asks.
    pub title: TitleView,
    /// Everything recorded before is in it.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The first day of the period; null for a report about how things are now.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// The last day of the period.
    #[schema(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    /// Its columns, in order.
    pub columns: Vec<ReportColumnView>,
    /// The rows, each with a member for each column; null where nothing is known.
    #[schema(value_type = Vec<Object>)]
    pub rows: Vec<Map<String, Value>>,
    /// Whether there are more rows than `limit`.
    pub has_more: bool,
}

impl From<&Report> for ReportInfoView {
    fn from(report: &Report) -> Self {
        Self {
            name: report.name,
            title: TitleView::of(report),
            period_of: report.period_of,
            columns: report.columns().into_iter().map(ReportColumnView::from).collect(),
            filters: report.filters().into_iter().map(Filter::name).collect(),
            chart: report.drawing.map(|drawing| drawing.name()),
        }
    }
}

impl TitleView {
    const fn of(report: &Report) -> Self {
        Self {
            ru: report.title_ru,
            en: report.title_en,
        }
    }
}

impl From<Column> for ReportColumnView {
    fn from(column: Column) -> Self {
        let Column { name, kind, title } = column;
        Self {
            name,
            r#type: kind.name(),
            title,
        }
    }
}

impl ReportAnswerView {
    /// What came.
    ///
    /// # Errors
    /// When a value is not what its column says.
    pub fn of(answer: &Answer) -> Result<Self, ReportError> {
        Ok(Self {
            name: answer.report.name,
            title: TitleView::of(answer.report),
            as_of: shown(answer.as_of),
            from: answer.period.map(|period| period.from),
            to: answer.period.map(|period| period.to),
            columns: answer
                .columns
                .iter()
                .copied()
                .map(ReportColumnView::from)
                .collect(),
            rows: answer.objects()?,
            has_more: answer.has_more,
        })
    }
}
