//! One report: what it asks, with which SQL, which columns come and how they are drawn.

use crate::catalogue::REPORTS;
use crate::column::{self, Column};
use crate::filter::Filter;
use crate::statement;

/// A report.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// Its name in addresses and on the command line.
    pub name: &'static str,
    /// What it asks, in Russian.
    pub title_ru: &'static str,
    /// The same in English, as `docs/analysts.md` has it.
    pub title_en: &'static str,
    /// What the period bounds; of a report about how things are now, nothing.
    pub period_of: Option<&'static str>,
    /// How it is drawn, if it can be.
    pub drawing: Option<Drawing>,
    /// As it stands in the page: with its dates and its filters as comments.
    pub sql: &'static str,
    /// The same from sums by day, which serve where they take all filters that are set; see migrations 0072, 0084
    /// and 0093.
    pub(crate) sums: Option<Sums>,
    pub(crate) column_names: &'static [&'static str],
}

/// A report's SQL over sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Which sums, by their name in the view `report_sums_shown`: they are as old as it says.
    pub(crate) kind: &'static str,
    /// As [`Report::sql`].
    pub(crate) sql: &'static str,
}

impl Sums {
    pub(crate) const fn bookings(sql: &'static str) -> Option<Self> {
        Some(Self {
            kind: "bookings_by_clinic",
            sql,
        })
    }

    pub(crate) const fn payments(sql: &'static str) -> Option<Self> {
        Some(Self {
            kind: "payments",
            sql,
        })
    }

    pub(crate) const fn earnings(sql: &'static str) -> Option<Self> {
        Some(Self {
            kind: "earnings",
            sql,
        })
    }

    pub(crate) const fn doctors(sql: &'static str) -> Option<Self> {
        Some(Self { kind: "doctors", sql })
    }

    pub(crate) const fn districts(sql: &'static str) -> Option<Self> {
        Some(Self {
            kind: "districts",
            sql,
        })
    }
}

/// How a report is drawn. Rows that share a place in the chart are added up there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Lines over days, months or quarters.
    Lines {
        /// The column along the axis.
        along: &'static str,
        /// The lines.
        series: Series,
    },
    /// Bars of categories.
    Bars {
        /// The columns that name a category.
        by: &'static [&'static str],
        /// The bars of each.
        values: &'static [&'static str],
    },
}

/// The lines of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// One for each of these columns.
    Columns(&'static [&'static str]),
    /// One for each word in the first column, of the values in the second.
    Split(&'static str, &'static str),
}

impl Drawing {
    /// Its name: `lines` or `bars`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Lines { .. } => "lines",
            Self::Bars { .. } => "bars",
        }
    }
}

impl Report {
    /// The report of this name.
    pub fn parse(name: &str) -> Option<&'static Self> {
        REPORTS.iter().find(|report| report.name == name)
    }

    /// Its columns, in order.
    pub fn columns(&self) -> Vec<Column> {
        self.column_names
            .iter()
            .filter_map(|name| column::find(name))
            .collect()
    }

    /// What can be set, in the order of [`Filter::ALL`].
    pub fn filters(&self) -> Vec<Filter> {
        Filter::ALL
            .into_iter()
            .filter(|filter| statement::takes(self.sql, *filter))
            .collect()
    }
}

/// The names of all reports, for a sentence.
pub fn names() -> String {
    let names: Vec<&str> = REPORTS.iter().map(|report| report.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::column::Kind;

    #[test]
    fn every_column_has_its_meaning_and_every_name_is_found_again() {
        let mut seen = BTreeSet::new();
        for report in &REPORTS {
            assert!(seen.insert(report.name), "{} stands there twice", report.name);
            assert_eq!(Report::parse(report.name), Some(report));
            for name in report.column_names {
                assert!(column::find(name).is_some(), "{}: {name}", report.name);
            }
        }
        for other in ["", "Funnel", "bookings", "funnel; drop table events"] {
            assert_eq!(Report::parse(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_drawn_are_columns_of_the_report_and_values_are_numbers() {
        for report in &REPORTS {
            let kind = |name: &str| {
                let found = report.columns().into_iter().find(|column| column.name == name);
                found.unwrap_or_else(|| panic!("{}: {name}", report.name)).kind
            };
            let numbers = [Kind::Integer, Kind::Seconds, Kind::Money, Kind::Percent];
            let (keys, values): (Vec<&str>, Vec<&str>) = match report.drawing {
                None => continue,
                Some(Drawing::Lines { along, series }) => match series {
                    Series::Columns(values) => (vec![along], values.to_vec()),
                    Series::Split(split, value) => (vec![along, split], vec![value]),
                },
                Some(Drawing::Bars { by, values }) => (by.to_vec(), values.to_vec()),
            };
            for name in keys {
                let is_number = numbers.contains(&kind(name));
                assert!(!is_number || ["hour", "months_later"].contains(&name), "{name}");
            }
            let kinds: BTreeSet<&str> = values.iter().map(|name| kind(name).name()).collect();
            assert_eq!(kinds.len(), 1, "{}: one axis, one unit", report.name);
            assert!(
                numbers.iter().any(|number| kinds.contains(number.name())),
                "{}",
                report.name
            );
        }
    }

    #[test]
    fn a_report_with_a_period_says_what_it_bounds() {
        for report in &REPORTS {
            let has_period = report.filters().contains(&Filter::From);
            assert_eq!(has_period, report.period_of.is_some(), "{}", report.name);
            assert_eq!(
                has_period,
                report.filters().contains(&Filter::To),
                "{}",
                report.name
            );
        }
    }
}
