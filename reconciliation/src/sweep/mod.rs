//! Both sides of a window, walked in bounded pieces: what differs is asked for again, recorded, and told if it remains.
//!
//! No transaction is held across a question. A provider that does not answer leaves a gap, never a difference; a sweep may
//! be broken off anywhere and repeated, since it records nothing but what a provider has.

mod desk;
mod lists;
mod one_by_one;
mod payments;
mod refunds;

use commands::ports::{PaymentProvider, ProviderName, Statement, Window};
use tokio_util::sync::CancellationToken;

use crate::asker::Silence;
use crate::books::{Books, BooksFault};
use crate::report::{Report, TotalLine};
use crate::window::{Limits, widened};
use desk::Desk;

/// What is compared with what.
#[derive(Clone, Copy)]
pub struct Sweep<'a> {
    /// Our side.
    pub books: &'a dyn Books,
    /// The other side: every provider that is set up.
    pub providers: &'a [Theirs<'a>],
    /// From when to when.
    pub window: Window,
    /// Named limits.
    pub limits: Limits,
    /// Ends it early.
    pub stop: &'a CancellationToken,
    /// Hears how far it is.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// A provider's side.
#[derive(Clone, Copy)]
pub struct Theirs<'a> {
    /// Who it is.
    pub provider: &'a dyn PaymentProvider,
    /// Its lists; without them it is asked for each of our payments.
    pub statement: Option<&'a dyn Statement>,
}

/// How far a sweep is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// At which provider.
    pub provider: ProviderName,
    /// Pieces that are done.
    pub done: u64,
    /// Pieces in all.
    pub total: u64,
    /// Payments that it has shown.
    pub payments: u64,
    /// Refunds that it has shown.
    pub refunds: u64,
}

/// Why a sweep has no report.
#[derive(Debug, thiserror::Error)]
pub enum SweepFault {
    /// Our side.
    #[error(transparent)]
    Books(#[from] BooksFault),
    /// It was stopped.
    #[error("the comparison was stopped before its end")]
    Stopped,
}

/// Why one step does not go on.
pub(crate) enum Halt {
    Books(BooksFault),
    Silent(Silence),
}

impl From<BooksFault> for Halt {
    fn from(fault: BooksFault) -> Self {
        Self::Books(fault)
    }
}

impl From<Silence> for Halt {
    fn from(silence: Silence) -> Self {
        Self::Silent(silence)
    }
}

impl<'a> Theirs<'a> {
    /// A provider with its own lists, if it has some.
    pub fn of(provider: &'a dyn PaymentProvider) -> Self {
        Self {
            provider,
            statement: provider.statement(),
        }
    }
}

/// Compares, records what is news, and reports what was found.
///
/// # Errors
/// [`SweepFault`]; a provider that does not answer is a gap in the report.
pub async fn sweep(sweep: Sweep<'_>) -> Result<Report, SweepFault> {
    let mut report = Report::begun(sweep.window, widened(sweep.window, &sweep.limits));
    for theirs in sweep.providers {
        let mut desk = Desk::open(&sweep, *theirs, &mut report);
        match theirs.statement {
            Some(statement) => {
                // Refunds first: a payment whose refunds are told is not told a second time.
                lists::refunds(&mut desk, statement).await?;
                lists::payments(&mut desk, statement).await?;
            }
            None => one_by_one::all(&mut desk).await?,
        }
        desk.close();
    }
    let totals = sweep.books.totals(sweep.window).await?;
    report.totals = totals.into_iter().map(TotalLine::from).collect();
    Ok(report)
}
