//! A report's rows, read in one transaction that only reads.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool, Row as _};

use crate::column::Column;
use crate::error::ReportError;
use crate::filter::{FilterError, Filters, Period};
use crate::report::Report;
use crate::statement::{Statement, from_sums};

/// How many rows an answer has at most.
pub const ROWS_MAX: u16 = 20_000;
/// How long one statement may take, in seconds.
const STATEMENT_SECONDS: u64 = 20;

/// One moment for all that is read. Compiling a statement costs more than most of these take.
const BEGIN: &str = "begin isolation level repeatable read read only";
const SESSION: &str = "select set_config('statement_timeout', $1, true), set_config('jit', 'off', true)";
/// Today where days begin as the platform's do; the database's clock unless the platform's is given.
const TODAY: &str =
    "select (coalesce($1, clock_timestamp()) at time zone s.zone)::date from analytics.settings s";
/// Whether this login may ask the platform's clock, which a development platform moves; analysts' logins may not.
const MAY_ASK_CLOCK: &str = "select exists (
        select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'public' and p.proname = 'house_now'
          and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute'))";
const PLATFORM_NOW: &str = "select public.house_now()";
/// How old the views are that a report reads; now, if they are of no read model.
const AS_OF: &str = "select coalesce(min(f.as_of_at), clock_timestamp()) from analytics.freshness f
    where string_to_array(f.feeds, ', ') && $1";

/// Whether this login may read the sums; the views are all that analysts have.
const MAY_READ_SUMS: &str = "select exists (
        select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relname = 'report_sums_shown'
          and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))";
/// How old the sums are; nothing while they are not to be shown.
const SUMS_AS_OF: &str = "select s.as_of_at from public.report_sums_shown s where s.kind = $1";

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Which report.
    pub report: &'static Report,
    /// What is set of it.
    pub filters: Filters,
    /// The platform's clock as somebody has it already; else the database is asked for it.
    pub now: Option<Timestamp>,
}

/// What came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Of which report.
    pub report: &'static Report,
    /// Everything recorded before is in it.
    pub as_of: Timestamp,
    /// The period, of a report that has one.
    pub period: Option<Period>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The rows, each with a text or nothing for each column; numbers exact.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there are more rows than the limit that was set.
    pub has_more: bool,
}

impl Answer {
    /// Reads a report.
    ///
    /// # Errors
    /// [`ReportError`]: more than [`ROWS_MAX`] rows are refused unless a limit is set.
    pub async fn read(pool: &PgPool, request: &Request) -> Result<Self, ReportError> {
        request
            .filters
            .check(request.report)
            .map_err(ReportError::Filters)?;
        match Self::fetch(pool, request).await {
            Ok(answer) => answer,
            Err(error) => Err(ReportError::of(error, STATEMENT_SECONDS)),
        }
    }

    async fn fetch(pool: &PgPool, request: &Request) -> Result<Result<Self, ReportError>, sqlx::Error> {
        let Request { report, filters, now } = request;
        let mut reading = pool.begin_with(BEGIN).await?;
        sqlx::query(SESSION)
            .bind(format!("{STATEMENT_SECONDS}s"))
            .execute(&mut *reading)
            .await?;
        let now = match now {
            Some(now) => Some(*now),
            None => platform_now(&mut reading).await?,
        };
        let today: jiff_sqlx::Date = sqlx::query_scalar(TODAY)
            .bind(now.map(|now| now.to_sqlx()))
            .fetch_one(&mut *reading)
            .await?;
        let period = match period(report, filters, today.to_jiff()) {
            Ok(period) => period,
            Err(error) => return Ok(Err(error.into())),
        };
        let (text, as_of) = source(&mut reading, report, filters).await?;
        let limit = usize::from(filters.limit.unwrap_or(ROWS_MAX).clamp(1, ROWS_MAX));
        // One more than there may be tells whether there are more.
        let statement = Statement::of(report, text, period, filters, limit + 1);
        let found = statement.query().fetch_all(&mut *reading).await?;
        reading.rollback().await?;
        let columns = report.columns();
        let mut rows = Vec::with_capacity(found.len().min(limit));
        for row in found.iter().take(limit) {
            let cells: Result<Vec<Option<String>>, sqlx::Error> =
                (0..columns.len()).map(|at| row.try_get(at)).collect();
            rows.push(cells?);
        }
        let has_more = found.len() > limit;
        if has_more && filters.limit.is_none() {
            return Ok(Err(FilterError::TooManyRows.into()));
        }
        Ok(Ok(Self {
            report,
            as_of,
            period,
            columns,
            rows,
            has_more,
        }))
    }
}

/// The platform's clock, where this login may ask it.
async fn platform_now(reading: &mut PgConnection) -> Result<Option<Timestamp>, sqlx::Error> {
    let may_ask = sqlx::query_scalar::<_, bool>(MAY_ASK_CLOCK);
    if !may_ask.fetch_one(&mut *reading).await? {
        return Ok(None);
    }
    let now: jiff_sqlx::Timestamp = sqlx::query_scalar(PLATFORM_NOW).fetch_one(reading).await?;
    Ok(Some(now.to_jiff()))
}

/// From what a report is answered, and how old that is: sums where they serve and are there, else the views.
async fn source(
    reading: &mut PgConnection,
    report: &'static Report,
    filters: &Filters,
) -> Result<(&'static str, Timestamp), sqlx::Error> {
    if let Some(sums) = from_sums(report, filters)
        && sqlx::query_scalar::<_, bool>(MAY_READ_SUMS)
            .fetch_one(&mut *reading)
            .await?
    {
        let as_of: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(SUMS_AS_OF)
            .bind(sums.kind)
            .fetch_optional(&mut *reading)
            .await?;
        if let Some(as_of) = as_of {
            return Ok((sums.sql, as_of.to_jiff()));
        }
    }
    let as_of: jiff_sqlx::Timestamp = sqlx::query_scalar(AS_OF)
        .bind(Statement::views(report))
        .fetch_one(reading)
        .await?;
    Ok((report.sql, as_of.to_jiff()))
}

fn period(report: &Report, filters: &Filters, today: Date) -> Result<Option<Period>, FilterError> {
    match report.period_of {
        Some(_) => Period::of(filters.from, filters.to, today).map(Some),
        None => Ok(None),
    }
}
