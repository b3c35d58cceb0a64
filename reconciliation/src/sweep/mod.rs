//! Both sides of a window, walked in bounded pieces: what differs is asked for again, recorded, and told if it remains.
//!
//! No transaction is held across a question. A provider that does not answer leaves a gap, never a difference; a sweep may
//! be broken off anywhere and repeated, since it records nothing but what a provider has.
#![expect(missing_docs, reason = "pure data: most names say it all")]

mod comparison;
mod lists;
mod one_by_one;
mod pages;
mod payments;
mod payouts;
mod refunds;

use commands::ports::{PaymentProvider, PayoutProvider, Statement, Window};
use domain::payment::provider::Provider;
use tokio_util::sync::CancellationToken;

use crate::ledger_source::{LedgerSource, LedgerSourceError};
use crate::provider_query::QueryFailure;
use crate::report::{Gap, PayoutTotalLine, Report, TotalLine};
use crate::window::{SweepLimits, widened};
use comparison::ProviderComparison;
use lists::{List, walk};

/// What is compared with what.
#[derive(Clone, Copy)]
pub struct Sweep<'a> {
    pub ledger: &'a dyn LedgerSource,
    /// The other side: every provider that is set up.
    pub providers: &'a [ProviderSide<'a>],
    /// The payout gateway; none where none is set up.
    pub gateway: Option<&'a dyn PayoutProvider>,
    pub window: Window,
    pub limits: SweepLimits,
    pub stop: &'a CancellationToken,
    /// Hears how far it is.
    pub progress: &'a (dyn Fn(SweepProgress) + Send + Sync),
}

#[derive(Clone, Copy)]
pub struct ProviderSide<'a> {
    pub provider: &'a dyn PaymentProvider,
    /// Its lists; without them it is asked for each of our payments.
    pub statement: Option<&'a dyn Statement>,
}

/// How far a sweep is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepProgress {
    pub provider: Provider,
    /// Pieces that are done.
    pub done: u64,
    pub total: u64,
    pub payments: u64,
    pub refunds: u64,
    pub payouts: u64,
}

/// Why a sweep has no report.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error(transparent)]
    LedgerSource(#[from] LedgerSourceError),
    #[error("the comparison was stopped before its end")]
    Stopped,
}

/// Why one step does not go on.
pub(crate) enum StepFailure {
    LedgerSource(LedgerSourceError),
    Silent(QueryFailure),
}

impl From<LedgerSourceError> for StepFailure {
    fn from(error: LedgerSourceError) -> Self {
        Self::LedgerSource(error)
    }
}

impl From<QueryFailure> for StepFailure {
    fn from(failure: QueryFailure) -> Self {
        Self::Silent(failure)
    }
}

impl<'a> ProviderSide<'a> {
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
/// [`SweepError`]; a provider that does not answer is a gap in the report.
pub async fn sweep(sweep: Sweep<'_>) -> Result<Report, SweepError> {
    let mut report = Report::empty(sweep.window, widened(sweep.window, &sweep.limits));
    for theirs in sweep.providers {
        let provider = theirs.provider;
        let mut comparison = ProviderComparison::open(&sweep, provider.name(), &mut report);
        match theirs.statement {
            Some(statement) => {
                // Refunds first: a payment whose refunds are told is not told a second time.
                walk(&mut comparison, List::Refunds(provider, statement)).await?;
                walk(&mut comparison, List::Payments(provider, statement)).await?;
            }
            None => one_by_one::all(&mut comparison, provider).await?,
        }
        comparison.close(theirs.statement.is_some());
    }
    if let Some(gateway) = sweep.gateway {
        let mut comparison = ProviderComparison::open(&sweep, gateway.name(), &mut report);
        walk(&mut comparison, List::Payouts(gateway)).await?;
        comparison.close_gateway();
    }
    sum_up(&sweep, &mut report).await?;
    if sweep.gateway.is_none() && !report.payout_totals.is_empty() {
        report.gaps.push(Gap {
            provider: "ours".to_owned(),
            what: "payouts".to_owned(),
            from: sweep.window.from,
            to: sweep.window.to,
            why: "there are payouts, and no payout gateway is set up any more".to_owned(),
        });
    }
    Ok(report)
}

/// Puts into the report what our payments and payouts of the window come to, with everything recorded so far.
pub(crate) async fn sum_up(sweep: &Sweep<'_>, report: &mut Report) -> Result<(), LedgerSourceError> {
    let totals = sweep.ledger.totals(sweep.window).await?;
    report.totals = totals.into_iter().map(TotalLine::from).collect();
    let gateway = sweep.gateway.map(PayoutProvider::name);
    let totals = sweep.ledger.payout_totals(sweep.window).await?;
    report.payout_totals = totals
        .into_iter()
        .map(|total| PayoutTotalLine::of(total, gateway))
        .collect();
    Ok(())
}
