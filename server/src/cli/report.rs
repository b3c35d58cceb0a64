//! `tot report`: answers a report as a table, CSV or JSON, or draws it; `--list` shows which there are.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use domain::booking::events::CallType;
use domain::payment::events::PaymentMethod;
use jiff::civil::Date;
use reports::chart::{self, ChartError};
use reports::{Answer, Column, Filter, Filters, Kind, REPORTS, ROWS_MAX, Report, ReportError, Request};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use super::date::date;
use super::id::id;
use super::output::{self, Format, OutputError};
use super::replay::Lang;
use super::whole_file::{self, FileError};
use crate::config::{ConfigErrors, Environment, OperatorConfig};

/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Arguments of `tot report`.
#[derive(Debug, Args)]
#[command(override_usage = "tot report <NAME> [OPTIONS]\n       tot report --list")]
pub struct ReportArgs {
    /// The report, such as funnel. An unknown name is answered with all names.
    #[arg(value_parser = report, required_unless_present = "list")]
    name: Option<&'static Report>,
    /// Show which reports there are, and what can be set of each.
    #[arg(long, conflicts_with_all = ["name", "chart", "rows_as"])]
    list: bool,
    /// The first day, such as 2026-01-01; else the first of the month eleven months before the last day.
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<Date>,
    /// The last day, included; else today by the platform's clock.
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Option<Date>,
    /// Of one clinic alone.
    #[arg(long, value_name = "ID", value_parser = id::<Uuid>)]
    clinic: Option<Uuid>,
    /// Of one doctor alone.
    #[arg(long, value_name = "ID", value_parser = id::<Uuid>)]
    doctor: Option<Uuid>,
    /// Of one type of call alone: urgent, scheduled or consultation.
    #[arg(long, value_parser = call_type)]
    call_type: Option<CallType>,
    /// Of one method of payment alone: yookassa, sbp or wallet.
    #[arg(long, value_parser = method)]
    method: Option<PaymentMethod>,
    /// So many rows at most.
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u16).range(1..=i64::from(ROWS_MAX)))]
    limit: Option<u16>,
    /// How the rows are printed; table if absent, and nothing but the file's name beside --chart.
    #[arg(id = "rows_as", long = "format", value_enum)]
    rows_as: Option<RowsAs>,
    /// Draw it into this file, as SVG.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// The language of titles in tables; JSON has both.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RowsAs {
    /// In columns, for people.
    Table,
    /// RFC 4180 with a header.
    Csv,
    /// One document, as the API answers it.
    Json,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportCommandError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The database's address.
    #[error("the database at TOT_DATABASE_URL cannot be asked")]
    Address(#[source] sqlx::Error),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("--chart: {0}")]
    Chart(#[from] ChartError),
    #[error("--chart: {0}")]
    File(#[source] FileError),
    #[error("nothing can be printed")]
    Print(#[source] io::Error),
    #[error(transparent)]
    Output(#[from] OutputError),
}

fn report(name: &str) -> Result<&'static Report, String> {
    Report::parse(name).ok_or_else(|| format!("there are {}", reports::names()))
}

fn call_type(word: &str) -> Result<CallType, String> {
    CallType::parse(word)
        .ok_or_else(|| format!("there are {}", CallType::ALL.map(CallType::as_str).join(", ")))
}

fn method(word: &str) -> Result<PaymentMethod, String> {
    let all = PaymentMethod::ALL.map(PaymentMethod::as_str).join(", ");
    PaymentMethod::parse(word).ok_or_else(|| format!("there are {all}"))
}

/// Answers a report, or shows which there are.
pub async fn run(
    args: ReportArgs,
    environment: &Environment,
    format: Format,
) -> Result<(), ReportCommandError> {
    let Some(report) = args.name else {
        return list(format, args.lang);
    };
    let filters = args.filters();
    filters.check(report).map_err(ReportError::Filters)?;
    if let Some(path) = &args.chart {
        if report.drawing.is_none() {
            return Err(ChartError::NoChart(report).into());
        }
        whole_file::is_there(path).map_err(ReportCommandError::File)?;
    }
    let config = OperatorConfig::read(environment)?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(CONNECT_WITHIN)
        .connect_lazy(config.database_url.expose_secret())
        .map_err(ReportCommandError::Address)?;
    let request = Request {
        report,
        filters,
        now: None,
    };
    let answer = Answer::read(&pool, &request).await?;
    let rows_as = match (args.rows_as, format) {
        (Some(rows_as), _) => Some(rows_as),
        (None, _) if args.chart.is_some() => None,
        (None, Format::Json) => Some(RowsAs::Json),
        (None, Format::Text) => Some(RowsAs::Table),
    };
    if let Some(path) = args.chart {
        draw(&answer, path, rows_as.is_none().then_some(format))?;
    }
    rows_as.map_or(Ok(()), |rows_as| print(&answer, rows_as, args.lang))
}

impl ReportArgs {
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

fn list(format: Format, lang: Lang) -> Result<(), ReportCommandError> {
    let filters = |report: &Report| -> Vec<&str> { report.filters().into_iter().map(Filter::name).collect() };
    let chart = |report: &Report| report.drawing.map(|drawing| drawing.name());
    let shown: Vec<Value> = REPORTS
        .iter()
        .map(|report| {
            json!({
                "name": report.name, "title": title(report), "period_of": report.period_of,
                "columns": report.columns().into_iter().map(column).collect::<Vec<_>>(),
                "filters": filters(report), "chart": chart(report),
            })
        })
        .collect();
    output::print(format, &shown, |_| {
        let rows: Vec<Vec<String>> = REPORTS
            .iter()
            .map(|report| {
                let chart = chart(report).unwrap_or("–").to_owned();
                vec![
                    report.name.to_owned(),
                    chart,
                    filters(report).join(" "),
                    title_in(report, lang).to_owned(),
                ]
            })
            .collect();
        output::table(&["report", "chart", "filters", "question"], &rows)
    })?;
    Ok(())
}

/// Draws into the file, and tells so where nothing else is printed.
fn draw(answer: &Answer, path: PathBuf, tell: Option<Format>) -> Result<(), ReportCommandError> {
    let drawn = chart::svg(answer)?;
    whole_file::write(&path, drawn.as_bytes()).map_err(ReportCommandError::File)?;
    if let Some(format) = tell {
        let said = json!({
            "report": answer.report.name, "chart": path, "rows": answer.rows.len(), "bytes": drawn.len(),
        });
        output::print(format, &said, |_| {
            format!("{}: {} rows drawn", path.display(), answer.rows.len())
        })?;
    }
    Ok(())
}

fn print(answer: &Answer, rows_as: RowsAs, lang: Lang) -> Result<(), ReportCommandError> {
    let text = match rows_as {
        RowsAs::Csv => answer.csv()?,
        RowsAs::Json => format!("{}\n", document(answer)?).into_bytes(),
        RowsAs::Table => table(answer, lang).into_bytes(),
    };
    output::write(&text).map_err(ReportCommandError::Print)?;
    if answer.has_more {
        // The table says so at its foot, CSV and JSON have no place for words.
        drop(writeln!(
            io::stderr().lock(),
            "tot: there are more rows than these: --limit shows more"
        ));
    }
    Ok(())
}

fn document(answer: &Answer) -> Result<Value, ReportError> {
    let Answer {
        report,
        as_of,
        period,
        columns,
        has_more,
        ..
    } = answer;
    Ok(json!({
        "name": report.name, "title": title(report), "as_of": as_of,
        "from": period.map(|period| period.from), "to": period.map(|period| period.to),
        "columns": columns.iter().copied().map(column).collect::<Vec<_>>(),
        "rows": answer.objects()?, "has_more": has_more,
    }))
}

fn title(report: &Report) -> Value {
    json!({"ru": report.title_ru, "en": report.title_en})
}

const fn title_in(report: &Report, lang: Lang) -> &'static str {
    match lang {
        Lang::En => report.title_en,
        Lang::Ru => report.title_ru,
    }
}

fn column(column: Column) -> Value {
    json!({"name": column.name, "type": column.kind.name(), "title": column.title})
}

fn table(answer: &Answer, lang: Lang) -> String {
    let period = answer
        .period
        .map(|period| format!("{} — {}, ", period.from, period.to));
    let names: Vec<&str> = answer.columns.iter().map(|column| column.name).collect();
    let rows: Vec<Vec<String>> = answer
        .rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&answer.columns);
            cells
                .map(|(cell, column)| shown(cell.as_deref(), *column))
                .collect()
        })
        .collect();
    let more = if answer.has_more { "…\n" } else { "" };
    format!(
        "{}\n{}as of {}\n\n{}\n{more}",
        title_in(answer.report, lang),
        period.unwrap_or_default(),
        answer.as_of,
        output::table(&names, &rows)
    )
}

/// A cell; seconds as hours, minutes and seconds.
fn shown(cell: Option<&str>, column: Column) -> String {
    let Some(text) = cell else {
        return "–".to_owned();
    };
    match (column.kind, text.parse::<u64>()) {
        (Kind::Seconds, Ok(seconds)) => {
            format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        }
        (_, _) => text.to_owned(),
    }
}
