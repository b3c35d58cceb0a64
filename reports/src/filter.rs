//! What can be set of a report: a closed set, of which each report takes what its SQL names.

use domain::booking::events::CallType;
use domain::payment::events::PaymentMethod;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use uuid::Uuid;

use crate::report::Report;

/// The longest period, in days: about ten years.
pub const DAYS_MAX: i64 = 3_660;
/// How many whole months before the present one a period begins that nobody set.
const MONTHS_BEFORE: i64 = 11;

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The first day of the period, local to the platform's zone.
    From,
    /// The last day of the period, itself included.
    To,
    /// One clinic alone.
    Clinic,
    /// One doctor alone.
    Doctor,
    /// One type of call alone.
    CallType,
    /// One method of payment alone.
    Method,
    /// So many rows at most.
    Limit,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::From,
        Self::To,
        Self::Clinic,
        Self::Doctor,
        Self::CallType,
        Self::Method,
        Self::Limit,
    ];

    /// Its name as a parameter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Clinic => "clinic",
            Self::Doctor => "doctor",
            Self::CallType => "call_type",
            Self::Method => "method",
            Self::Limit => "limit",
        }
    }
}

/// A stretch of local days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// What is set of it; an end that is not set is today's, a beginning that is not is the first day of the month eleven months
    /// before the end.
    ///
    /// # Errors
    /// [`FilterError::EndsFirst`], [`FilterError::TooLong`].
    pub(crate) fn of(from: Option<Date>, to: Option<Date>, today: Date) -> Result<Self, FilterError> {
        let to = to.unwrap_or_else(|| from.map_or(today, |from| from.max(today)));
        let before: Span = MONTHS_BEFORE.months();
        let from = from.unwrap_or_else(|| to.first_of_month().saturating_sub(before));
        if from > to {
            return Err(FilterError::EndsFirst { from, to });
        }
        let days = from
            .until(to)
            .map_or(i64::MAX, |span| i64::from(span.get_days()) + 1);
        if days > DAYS_MAX {
            return Err(FilterError::TooLong);
        }
        Ok(Self { from, to })
    }
}

/// What is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// [`Filter::From`].
    pub from: Option<Date>,
    /// [`Filter::To`].
    pub to: Option<Date>,
    /// [`Filter::Clinic`].
    pub clinic: Option<Uuid>,
    /// [`Filter::Doctor`].
    pub doctor: Option<Uuid>,
    /// [`Filter::CallType`].
    pub call_type: Option<CallType>,
    /// [`Filter::Method`].
    pub method: Option<PaymentMethod>,
    /// [`Filter::Limit`]; 1 to [`crate::ROWS_MAX`].
    pub limit: Option<u16>,
}

impl Filters {
    /// Whether a filter is set.
    pub const fn has(&self, filter: Filter) -> bool {
        match filter {
            Filter::From => self.from.is_some(),
            Filter::To => self.to.is_some(),
            Filter::Clinic => self.clinic.is_some(),
            Filter::Doctor => self.doctor.is_some(),
            Filter::CallType => self.call_type.is_some(),
            Filter::Method => self.method.is_some(),
            Filter::Limit => self.limit.is_some(),
        }
    }

    /// Refuses what the report does not take.
    ///
    /// # Errors
    /// One [`FilterError::NotOfReport`] for each; none if there is none.
    pub fn check(&self, report: &'static Report) -> Result<(), Vec<FilterError>> {
        let taken = report.filters();
        let wrong: Vec<FilterError> = Filter::ALL
            .into_iter()
            .filter(|filter| self.has(*filter) && !taken.contains(filter))
            .map(|filter| FilterError::NotOfReport { filter, report })
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// Why a report cannot be had as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The report has no such filter.
    #[error("the report {name} has no filter {given}; it has {has}", name = .report.name, given = .filter.name(), has = names(.report))]
    NotOfReport {
        /// What was set.
        filter: Filter,
        /// For which report.
        report: &'static Report,
    },
    /// The period ends before it begins.
    #[error("the period ends on {to}, before it begins on {from}")]
    EndsFirst {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    },
    /// The period is too long.
    #[error("the period is longer than {DAYS_MAX} days: ask for a shorter one, or for several")]
    TooLong,
    /// There are too many rows.
    #[error(
        "there are more than {} rows: ask for a shorter period, or for fewer rows with limit",
        crate::ROWS_MAX
    )]
    TooManyRows,
}

impl FilterError {
    /// The filter that is wrong.
    pub const fn filter(&self) -> Filter {
        match self {
            Self::NotOfReport { filter, .. } => *filter,
            Self::EndsFirst { .. } => Filter::To,
            Self::TooLong => Filter::From,
            Self::TooManyRows => Filter::Limit,
        }
    }

    /// What is wrong with it, as a stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOfReport { .. } => "not_of_report",
            Self::EndsFirst { .. } => "ends_first",
            Self::TooLong => "too_long",
            Self::TooManyRows => "too_many_rows",
        }
    }
}

fn names(report: &Report) -> String {
    let names: Vec<&str> = report.filters().into_iter().map(Filter::name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 3, 15);

    fn period(from: Option<Date>, to: Option<Date>) -> Result<(String, String), FilterError> {
        Period::of(from, to, TODAY).map(|period| (period.from.to_string(), period.to.to_string()))
    }

    fn days(from: &str, to: &str) -> Result<(String, String), FilterError> {
        Ok((from.to_owned(), to.to_owned()))
    }

    #[test]
    fn a_period_that_nobody_set_is_a_year_up_to_today() {
        assert_eq!(period(None, None), days("2025-04-01", "2026-03-15"));
        assert_eq!(
            period(None, Some(date(2025, 12, 31))),
            days("2025-01-01", "2025-12-31")
        );
        assert_eq!(
            period(Some(date(2026, 3, 1)), None),
            days("2026-03-01", "2026-03-15")
        );
        // What lies ahead is asked for by its first day alone.
        assert_eq!(
            period(Some(date(2026, 5, 1)), None),
            days("2026-05-01", "2026-05-01")
        );
    }

    #[test]
    fn a_period_ends_after_it_begins_and_lasts_ten_years_at_most() {
        let first = date(2016, 1, 1);
        assert_eq!(
            period(Some(date(2026, 1, 2)), Some(date(2026, 1, 1)))
                .unwrap_err()
                .code(),
            "ends_first"
        );
        assert!(period(Some(date(2026, 1, 1)), Some(date(2026, 1, 1))).is_ok());
        let last = first + (DAYS_MAX - 1).days();
        assert!(period(Some(first), Some(last)).is_ok());
        let refused = period(Some(first), Some(last.tomorrow().unwrap()));
        assert_eq!(refused, Err(FilterError::TooLong));
        assert_eq!(
            period(Some(Date::MIN), Some(Date::MAX)),
            Err(FilterError::TooLong)
        );
    }

    #[test]
    fn what_a_report_does_not_take_is_refused_with_what_it_takes() {
        let report = Report::parse("refunds").unwrap();
        let filters = Filters {
            from: Some(TODAY),
            clinic: Some(Uuid::nil()),
            call_type: Some(CallType::Urgent),
            ..Filters::default()
        };
        let wrong = filters.check(report).unwrap_err();
        let told: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "the report refunds has no filter clinic; it has from, to, method, limit",
                "the report refunds has no filter call_type; it has from, to, method, limit"
            ]
        );
        assert_eq!(Filters::default().check(report), Ok(()));
    }
}
