//! The SQL of a report as it is run: the page's own text, its dates and the filters that are set bound as parameters.

use jiff_sqlx::ToSqlx;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use crate::filter::{Filter, Filters, Period};
use crate::report::{Report, Sums};

/// The first day in the page's text.
const FIRST_DAY: &str = "'2025-01-01'";
/// The last day in the page's text.
const LAST_DAY: &str = "'2025-12-31'";
/// What stands before a filter that is not set.
const COMMENT: &str = "-- ";

/// Whether a report's SQL has a place for this filter.
pub fn takes(sql: &str, filter: Filter) -> bool {
    match filter {
        Filter::From => sql.contains(FIRST_DAY),
        Filter::To => sql.contains(LAST_DAY),
        Filter::Clinic | Filter::Doctor | Filter::CallType | Filter::Method => {
            sql.lines().any(|line| filter_of(line) == Some(filter))
        }
        // Rows are counted around it.
        Filter::Limit => true,
    }
}

/// The filter that this line would set, were it no comment.
fn filter_of(line: &str) -> Option<Filter> {
    let condition = line.trim_start().strip_prefix(COMMENT)?;
    let (_, name) = condition.split_once(':')?;
    Filter::ALL.into_iter().find(|filter| filter.name() == name)
}

/// A report's SQL, and what its parameters are, from `$1` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// With every column as text.
    pub sql: String,
    parameters: Vec<Parameter>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parameter {
    Date(jiff::civil::Date),
    Id(uuid::Uuid),
    Word(&'static str),
}

/// The SQL that answers a report from sums, if there is one that takes these filters.
pub(crate) fn from_sums(report: &Report, filters: &Filters) -> Option<Sums> {
    report.sums.filter(|sums| {
        Filter::ALL
            .into_iter()
            .all(|filter| !filters.has(filter) || takes(sums.sql, filter))
    })
}

impl Statement {
    /// The statement that answers a report with `text`, for this period and with these filters, with at most `rows` rows.
    pub fn of(report: &Report, text: &str, period: Option<Period>, filters: &Filters, rows: usize) -> Self {
        let mut parameters = Vec::new();
        let mut sql = String::new();
        for line in text.lines() {
            let set = filter_of(line).and_then(|filter| Some((filter, value(filter, filters)?)));
            match set {
                Some((filter, parameter)) => {
                    parameters.push(parameter);
                    let place = format!("${}", parameters.len());
                    let named = format!(":{}", filter.name());
                    sql.push_str(&line.replacen(COMMENT, "", 1).replace(&named, &place));
                }
                None => sql.push_str(line),
            }
            sql.push('\n');
        }
        if let Some(period) = period {
            for (literal, date) in [(FIRST_DAY, period.from), (LAST_DAY, period.to)] {
                parameters.push(Parameter::Date(date));
                sql = sql.replace(literal, &format!("${}::date", parameters.len()));
            }
        }
        let texts: Vec<String> = report
            .column_names
            .iter()
            .map(|name| format!("\"{name}\"::text"))
            .collect();
        // The order of the rows is that of the query within: nothing around it gives them another one.
        let sql = format!("select {} from (\n{sql}) report limit {rows}", texts.join(", "));
        Self { sql, parameters }
    }

    /// The query with its parameters, planned for them.
    pub fn query(&self) -> Query<'_, Postgres, PgArguments> {
        let mut query = sqlx::query(&self.sql).persistent(false);
        for parameter in &self.parameters {
            query = match parameter {
                Parameter::Date(date) => query.bind(date.to_sqlx()),
                Parameter::Id(id) => query.bind(*id),
                Parameter::Word(word) => query.bind(*word),
            };
        }
        query
    }

    /// The views it reads, as `analytics.freshness` names them.
    pub fn views(report: &Report) -> Vec<String> {
        let mut views: Vec<String> = report
            .sql
            .split("analytics.")
            .skip(1)
            .map(|rest| {
                rest.chars()
                    .take_while(|letter| letter.is_ascii_lowercase() || *letter == '_')
                    .collect()
            })
            .collect();
        views.sort_unstable();
        views.dedup();
        views
    }
}

fn value(filter: Filter, filters: &Filters) -> Option<Parameter> {
    match filter {
        Filter::Clinic => filters.clinic.map(Parameter::Id),
        Filter::Doctor => filters.doctor.map(Parameter::Id),
        Filter::CallType => filters.call_type.map(|word| Parameter::Word(word.as_str())),
        Filter::Method => filters.method.map(|word| Parameter::Word(word.as_str())),
        Filter::From | Filter::To | Filter::Limit => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::booking::events::CallType;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::catalogue::REPORTS;

    #[test]
    fn what_is_set_is_bound_and_the_rest_stays_a_comment() {
        let period = Period {
            from: date(2026, 1, 1),
            to: date(2026, 1, 31),
        };
        let filters = Filters {
            call_type: Some(CallType::Urgent),
            clinic: Some(Uuid::nil()),
            ..Filters::default()
        };
        let report = Report::parse("bookings_by_day").unwrap();
        let statement = Statement::of(report, report.sql, Some(period), &filters, 101);
        insta::assert_snapshot!(statement.sql, @r#"
        select "requested_date"::text, "call_type"::text, "status"::text, "bookings"::text from (
        select requested_date, call_type, status, count(*) as bookings
        from analytics.bookings
        where requested_date between $3::date and $4::date
          and clinic_id = $1
          -- and doctor_id = :doctor
          and call_type = $2
        group by 1, 2, 3
        order by 1, 2, 3
        ) report limit 101
        "#);
        let expected = [
            Parameter::Id(Uuid::nil()),
            Parameter::Word("urgent"),
            Parameter::Date(period.from),
            Parameter::Date(period.to),
        ];
        assert_eq!(statement.parameters, expected);
    }

    #[test]
    fn every_comment_in_the_sql_is_a_filter_and_no_date_is_left() {
        let period = Period {
            from: date(2024, 2, 3),
            to: date(2024, 4, 5),
        };
        for report in &REPORTS {
            let nothing = Filters::default();
            for text in [Some(report.sql), from_sums(report, &nothing).map(|sums| sums.sql)]
                .into_iter()
                .flatten()
            {
                for line in text.lines().filter(|line| line.contains("--")) {
                    assert!(filter_of(line).is_some(), "{}: {line}", report.name);
                }
                let period = report.period_of.map(|_| period);
                let statement = Statement::of(report, text, period, &nothing, 1);
                assert!(
                    !statement.sql.contains("'20"),
                    "{}: {}",
                    report.name,
                    statement.sql
                );
            }
        }
    }

    #[test]
    fn sums_serve_what_they_can_tell_apart() {
        let report = Report::parse("funnel").unwrap();
        let some = Filters {
            from: Some(date(2026, 1, 1)),
            call_type: Some(CallType::Urgent),
            limit: Some(3),
            ..Filters::default()
        };
        assert_eq!(from_sums(report, &some), report.sums);
        let clinic = Filters {
            clinic: Some(Uuid::nil()),
            ..some
        };
        assert_eq!(from_sums(report, &clinic), report.sums);
        let of_both = Filters {
            doctor: Some(Uuid::nil()),
            ..clinic
        };
        assert_eq!(from_sums(report, &of_both), report.sums);
        let cohorts = Report::parse("patient_cohorts").unwrap();
        assert_eq!(from_sums(cohorts, &clinic), cohorts.sums);
        assert_eq!(from_sums(cohorts, &of_both), None);
        assert_eq!(from_sums(Report::parse("income").unwrap(), &some), None);
        let earnings = Report::parse("earnings_by_clinic").unwrap();
        let doctor = Filters {
            doctor: Some(Uuid::nil()),
            call_type: None,
            ..clinic
        };
        assert_eq!(from_sums(earnings, &doctor), earnings.sums);
    }

    #[test]
    fn the_views_are_found_in_the_text() {
        let views = |name| Statement::views(Report::parse(name).unwrap());
        assert_eq!(views("failed_payments"), ["bookings", "payments"]);
        assert_eq!(views("urgent_waits"), ["bookings", "settings"]);
    }
}
