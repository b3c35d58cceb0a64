//! Where one provider is compared: what was told of it so far, and when to leave it alone.

use std::collections::HashSet;

use commands::ports::{ProviderFuture, ProviderReply, RefusalKind, Refused, Snapshot, Window};
use domain::payment::anomaly::{Anomaly, AnomalyEntry, AnomalyKind};
use domain::payment::provider::Provider;

use crate::ledger_source::{Interval, LedgerSource, PaymentRecord};
use crate::provider_query::{self, QueryFailure, QueryReply};
use crate::report::{ComparedLine, Gap, GatewayLine, Handling, Line, Report};
use crate::sweep::{StepFailure, Sweep, SweepError, SweepProgress};
use crate::window::{SweepLimits, widened};

/// The comparison of one provider, or of one payout gateway.
pub(super) struct ProviderComparison<'a> {
    pub(super) ledger: &'a dyn LedgerSource,
    pub(super) name: Provider,
    /// What was asked for.
    pub(super) window: Window,
    /// What is read of the provider.
    pub(super) wide: Window,
    pub(super) limits: &'a SweepLimits,
    pub(super) sweep: &'a Sweep<'a>,
    pub(super) payments: u64,
    pub(super) refunds: u64,
    pub(super) payouts: u64,
    /// Payments, by the provider's ids, of which a refund that is not ours was told.
    pub(super) refunds_told: HashSet<String>,
    pieces_done: u64,
    silent_in_a_row: u32,
    report: &'a mut Report,
}

impl<'a> ProviderComparison<'a> {
    pub(super) fn open(sweep: &'a Sweep<'a>, name: Provider, report: &'a mut Report) -> Self {
        Self {
            ledger: sweep.ledger,
            name,
            window: sweep.window,
            wide: widened(sweep.window, &sweep.limits),
            limits: &sweep.limits,
            sweep,
            payments: 0,
            refunds: 0,
            payouts: 0,
            refunds_told: HashSet::new(),
            pieces_done: 0,
            silent_in_a_row: 0,
            report,
        }
    }

    /// Says how much of a provider was compared, and whether by its lists.
    pub(super) fn close(self, lists: bool) {
        self.report.compared.push(ComparedLine {
            provider: self.name.as_str().to_owned(),
            lists,
            payments: self.payments,
            refunds: self.refunds,
        });
    }

    /// Says how much of a payout gateway was compared.
    pub(super) fn close_gateway(self) {
        self.report.gateways.push(GatewayLine {
            provider: self.name.as_str().to_owned(),
            payouts: self.payouts,
        });
    }

    pub(super) const fn interval(&self, window: Window) -> Interval {
        Interval {
            provider: self.name,
            window,
        }
    }

    pub(super) fn add(&mut self, line: Line) {
        self.report.add(line, self.limits.lines_max);
    }

    /// One more piece is done.
    pub(super) fn proceed(&mut self, total: u64) {
        self.pieces_done += 1;
        (self.sweep.progress)(SweepProgress {
            provider: self.name,
            done: self.pieces_done,
            total: total.max(self.pieces_done),
            payments: self.payments,
            refunds: self.refunds,
            payouts: self.payouts,
        });
    }

    /// Notes that something could not be compared, unless this ends the sweep.
    ///
    /// # Errors
    /// [`SweepError`] when our own side failed or the sweep was stopped.
    pub(super) fn gap(&mut self, what: &str, window: Window, halt: StepFailure) -> Result<(), SweepError> {
        let why = match halt {
            StepFailure::LedgerSource(error) => return Err(SweepError::LedgerSource(error)),
            StepFailure::Silent(QueryFailure::Stopped) => return Err(SweepError::Stopped),
            StepFailure::Silent(failure @ (QueryFailure::Unanswered(_) | QueryFailure::CannotTell(_))) => {
                failure.to_string()
            }
        };
        self.report.gaps.push(Gap {
            provider: self.name.as_str().to_owned(),
            what: what.to_owned(),
            from: window.from,
            to: window.to,
            why,
        });
        self.silent_in_a_row += 1;
        Ok(())
    }

    /// The provider answered.
    pub(super) const fn heard(&mut self) {
        self.silent_in_a_row = 0;
    }

    /// Whether it has stayed silent so often that it is left alone.
    pub(super) const fn gives_up(&self) -> bool {
        self.silent_in_a_row >= self.limits.unanswered_max
    }

    /// Something as it is there now; none when the answer is that there is no such thing.
    pub(super) async fn now_there<'q, T>(
        &self,
        question: impl FnMut() -> ProviderFuture<'q, T>,
    ) -> Result<Option<T>, StepFailure> {
        match provider_query::query_with_backoff(self.limits, self.sweep.stop, question).await? {
            QueryReply::Answered(seen) => Ok(Some(seen)),
            QueryReply::Refused(refused) => not_there(refused),
        }
    }
}

/// Nothing, if the provider says that there is no such thing; else it has not answered the question.
pub(super) fn not_there<T>(refused: Refused) -> Result<Option<T>, StepFailure> {
    match refused.kind {
        RefusalKind::NotFound => Ok(None),
        RefusalKind::Rejected
        | RefusalKind::NotNow
        | RefusalKind::Misconfigured
        | RefusalKind::OurBug
        | RefusalKind::NotOffered => Err(StepFailure::Silent(QueryFailure::Unanswered(format!(
            "{}: {}",
            ProviderReply::<()>::Refused(refused.clone()).word(),
            refused.code
        )))),
    }
}

/// What was done about a difference of this payment: an anomaly of just this waits or is settled, or nothing.
pub(super) fn done(carried: &PaymentRecord, theirs: Option<&Snapshot>) -> Handling {
    done_about(&carried.anomalies, |anomaly| {
        theirs.is_some_and(|theirs| explains(anomaly, theirs))
    })
}

/// Whether one of the anomalies that are about a difference waits, or else was settled.
pub(super) fn done_about(anomalies: &[AnomalyEntry], is_about: impl Fn(&Anomaly) -> bool) -> Handling {
    let mut done = Handling::Nothing;
    for entry in anomalies.iter().filter(|entry| is_about(&entry.anomaly)) {
        match entry.resolution {
            None => return Handling::AnomalyOpen,
            Some(_) => done = Handling::Settled,
        }
    }
    done
}

/// Whether the anomaly is about what is seen now, to the kopeck.
fn explains(anomaly: &Anomaly, theirs: &Snapshot) -> bool {
    if anomaly.provider_id.as_deref() != Some(theirs.provider_id.as_str()) {
        return false;
    }
    match anomaly.kind {
        AnomalyKind::ForeignRefund => anomaly.seen.is_some() && anomaly.seen == theirs.refunded,
        AnomalyKind::AmountMismatch
        | AnomalyKind::FinalContradicted
        | AnomalyKind::SecondPayment
        | AnomalyKind::HoldLost => anomaly.seen == theirs.captured || anomaly.seen == Some(theirs.amount),
        AnomalyKind::RefundStuck
        | AnomalyKind::ReceiptStuck
        | AnomalyKind::CallStuck
        | AnomalyKind::OutcomeStuck
        | AnomalyKind::ReceiptUnexpected => false,
    }
}
