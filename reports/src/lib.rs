//! The twenty-four questions of `docs/analysts.md` as reports: the same SQL, with filters, as rows, a file or a chart.
//!
//! [`REPORTS`] is the closed list; the SQL of each stands in `sql/<name>.sql` and, letter by letter, in the page. Its two dates are
//! where a period is put in, its commented lines are its filters ([`Filter`]): what is given is bound as a parameter, what is not
//! stays a comment. [`Answer::read`] runs it in a transaction that only reads, for a bounded time and to a bounded number of rows.
//! [`chart::svg`] draws it.

mod answer;
mod catalogue;
pub mod chart;
mod column;
mod error;
mod file;
mod filter;
#[cfg(test)]
mod page_tests;
mod report;
mod statement;
mod words;

pub use answer::{Answer, ROWS_MAX, Request};
pub use catalogue::REPORTS;
pub use column::{Column, Kind};
pub use error::ReportError;
pub use filter::{DAYS_MAX, Filter, FilterError, Filters, Period};
pub use report::{Report, names};
