//! A report as an SVG file: lines over time or bars of categories, in Russian first, readable on light and dark grounds, the same
//! bytes for the same rows.
//!
//! Written by hand, in whole numbers: the libraries there are fix their colours, so that nothing follows the reader's ground.

mod bars;
mod figure;
mod lines;
mod page;
mod scale;
#[cfg(test)]
mod tests;

use crate::answer::Answer;
use crate::report::{Drawing, Report};

/// How many lines, or bars of one category, a chart has at most.
const SERIES_MAX: usize = 16;
/// How many categories a chart of bars has at most.
const CATEGORIES_MAX: usize = 60;

/// Why there is no chart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// The report has none.
    #[error("the report {} is one row of figures and has no chart", .0.name)]
    NoChart(&'static Report),
    /// There is more than one can see.
    #[error("a chart of the report {report} would have {found} {what}, of which it shows {max} at most: set more filters",
        report = .report.name)]
    TooMuch {
        /// Which report.
        report: &'static Report,
        /// How many there are.
        found: usize,
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// A value is no number, or too large to be drawn.
    #[error("the column {0} holds a value that cannot be drawn")]
    Value(&'static str),
}

/// Draws an answer.
///
/// # Errors
/// [`ChartError`].
pub fn svg(answer: &Answer) -> Result<String, ChartError> {
    let drawing = answer.report.drawing.ok_or(ChartError::NoChart(answer.report))?;
    match drawing {
        Drawing::Lines { along, series } => {
            let figure = figure::over_time(answer, along, series)?;
            check(answer, figure.series.len(), "lines", SERIES_MAX)?;
            Ok(lines::draw(&figure))
        }
        Drawing::Bars { by, values } => {
            let figure = figure::by_category(answer, by, values)?;
            check(answer, figure.labels.len(), "categories", CATEGORIES_MAX)?;
            Ok(bars::draw(&figure))
        }
    }
}

const fn check(answer: &Answer, found: usize, what: &'static str, max: usize) -> Result<(), ChartError> {
    if found <= max {
        return Ok(());
    }
    Err(ChartError::TooMuch {
        report: answer.report,
        found,
        what,
        max,
    })
}
