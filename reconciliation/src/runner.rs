//! Carries comparisons out: what admins asked for and one every night, each once however many processes run.

use std::sync::Arc;
use std::time::Duration;

use commands::CommandServices;
use commands::ports::{PaymentProvider, Window};
use domain::payment::provider::Provider;
use event_store::Position;
use jiff::Timestamp;
use projections::anomalies;
use projections::freshness::{Freshness, wait_read_after};
use projections::reconciliations::{
    self, Found, NewReconciliation, ReconciliationOutcome, ReconciliationRow, Trigger,
};
use projections::{Model, Models};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::RunnerError;
use crate::report::{Gap, Report};
use crate::sweep::{ProviderSide, Sweep, SweepError, SweepProgress, sum_up, sweep};
use crate::window::SweepLimits;
use crate::{InternalRecords, Nightly};

/// How often the queue of comparisons is looked into.
const POLL: Duration = Duration::from_secs(2);
/// How often the gauges are set, in looks.
const GAUGES_EVERY: u32 = 8;
/// A comparison whose carrier says nothing for so long is taken over.
const LEASE: Duration = Duration::from_secs(60);
/// How often its carrier says something.
const ALIVE_EVERY: Duration = Duration::from_secs(10);
/// How often read models are waited for, two seconds each, before the comparison goes on without the latest.
const FRESH_WAITS_MAX: u32 = 15;
/// The read models that our side is read from.
const OUR_SIDE: [Model; 2] = [Model::ProviderPayments, Model::Payouts];

/// Holds what both sides of a comparison are read with.
#[derive(Clone)]
pub struct Runner {
    services: CommandServices,
    models: Models,
    limits: SweepLimits,
}

/// A comparison that was carried out.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    pub id: Uuid,
    /// What was found, in numbers.
    pub found: Found,
    pub report: Report,
}

impl Runner {
    /// Compares with the providers among the ports of `services`.
    pub const fn new(services: CommandServices, models: Models, limits: SweepLimits) -> Self {
        Self {
            services,
            models,
            limits,
        }
    }

    /// Whether there is anybody to compare with: a payment provider, or a payout gateway.
    pub fn has_counterparts(&self) -> bool {
        !self.providers().is_empty() || self.services.ports.payouts.is_some()
    }

    fn providers(&self) -> Vec<Arc<dyn PaymentProvider>> {
        let set_up = |name| self.services.ports.providers.of(name);
        Provider::ALL.into_iter().filter_map(set_up).collect()
    }

    /// Carries out what is due until stopped; what is under way then is taken up again by the next.
    pub async fn run(self, nightly: Option<Nightly>, stop: CancellationToken) {
        let nightly = nightly.filter(|_| self.has_counterparts());
        let mut scheduled = None;
        let mut looks: u32 = 0;
        let mut away = false;
        while !stop.is_cancelled() {
            match self.turn(nightly.as_ref(), &mut scheduled, &stop).await {
                Ok(()) => away = false,
                Err(error) => {
                    error.report(away);
                    away = error.is_unavailable();
                }
            }
            if looks.is_multiple_of(GAUGES_EVERY) {
                self.gauges().await;
            }
            looks = looks.wrapping_add(1);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Makes sure that the next night is known, and carries out at most one comparison that is due.
    async fn turn(
        &self,
        nightly: Option<&Nightly>,
        scheduled: &mut Option<Uuid>,
        stop: &CancellationToken,
    ) -> Result<(), RunnerError> {
        if let Some(night) = nightly.and_then(|nightly| nightly.next(self.now()))
            && *scheduled != Some(night.id)
        {
            reconciliations::schedule(&self.models.pool, night.id, night.due_at).await?;
            *scheduled = Some(night.id);
        }
        self.step(nightly, stop).await.map(drop)
    }

    /// Carries out one comparison that is due, if there is one.
    pub async fn step(
        &self,
        nightly: Option<&Nightly>,
        stop: &CancellationToken,
    ) -> Result<Option<Ran>, RunnerError> {
        let pool = &self.models.pool;
        let me = new_owner();
        let Some(row) = reconciliations::claim(pool, me, LEASE, nightly.is_some()).await? else {
            return Ok(None);
        };
        let window = match (row.window, nightly) {
            (Some((from, to)), _) => Window { from, to },
            (None, Some(nightly)) => {
                let (from, to) = (nightly.from(row.due_at), self.now());
                if !reconciliations::set_window(pool, me, row.id, from, to).await? {
                    return Err(RunnerError::UnderWay);
                }
                Window { from, to }
            }
            (None, None) => return Err(RunnerError::TakenOver),
        };
        self.carry_out(me, &row, window, stop, &|_| {}).await.map(Some)
    }

    /// Carries a comparison out here and now, for an operator who watches.
    pub async fn now_and_here(
        &self,
        window: Window,
        stop: &CancellationToken,
        progress: &(dyn Fn(SweepProgress) + Send + Sync),
    ) -> Result<Ran, RunnerError> {
        let pool = &self.models.pool;
        let me = new_owner();
        let new = NewReconciliation {
            id: None,
            origin: Trigger::Command,
            asked_by: None,
            from: window.from,
            to: window.to,
        };
        let row = reconciliations::begin(pool, me, new, LEASE).await?;
        let row = row.ok_or(RunnerError::UnderWay)?;
        self.carry_out(me, &row, window, stop, progress).await
    }

    async fn carry_out(
        &self,
        me: Uuid,
        row: &ReconciliationRow,
        window: Window,
        stop: &CancellationToken,
        progress: &(dyn Fn(SweepProgress) + Send + Sync),
    ) -> Result<Ran, RunnerError> {
        let pool = &self.models.pool;
        let compared = tokio::select! {
            compared = self.compare(row.id, window, stop, progress) => compared,
            lost = self.stay_alive(me, row.id) => Err(lost),
        };
        let report = match compared {
            Ok(report) => report,
            Err(error @ RunnerError::Sweep(SweepError::Stopped)) => {
                reconciliations::give_back(pool, me, row.id).await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let found = found(&report);
        let stored = serde_json::to_value(&report)?;
        if !reconciliations::finish(pool, me, row.id, found, &stored).await? {
            return Err(RunnerError::TakenOver);
        }
        tell(row, &report, found);
        let id = row.id;
        Ok(Ran { id, found, report })
    }

    async fn compare(
        &self,
        id: Uuid,
        window: Window,
        stop: &CancellationToken,
        progress: &(dyn Fn(SweepProgress) + Send + Sync),
    ) -> Result<Report, RunnerError> {
        let mut stale = self.wait_for_our_side().await?;
        let ledger = InternalRecords::new(self.services.clone(), self.models.clone(), id);
        let providers = self.providers();
        let theirs: Vec<ProviderSide<'_>> = providers
            .iter()
            .map(|provider| ProviderSide::of(&**provider))
            .collect();
        let both = Sweep {
            ledger: &ledger,
            providers: &theirs,
            gateway: self.services.ports.payouts.as_deref(),
            window,
            limits: self.limits,
            stop,
            progress,
        };
        let mut report = sweep(both).await?;
        // What was recorded on the way is in the sums too.
        stale.extend(self.wait_for_our_side().await?);
        sum_up(&both, &mut report)
            .await
            .map_err(SweepError::LedgerSource)?;
        for model in OUR_SIDE.into_iter().filter(|model| stale.contains(model)) {
            report.gaps.push(Gap {
                provider: "ours".to_owned(),
                what: model.name().to_owned(),
                from: window.from,
                to: window.to,
                why: "our own read model is behind; do its workers run?".to_owned(),
            });
        }
        Ok(report)
    }

    /// Waits until our side shows what has happened by now; answers what of it does not.
    async fn wait_for_our_side(&self) -> Result<Vec<Model>, RunnerError> {
        let head = self.services.log.head().await?;
        let mut behind = Vec::new();
        for model in OUR_SIDE {
            if self.is_behind(model, head).await? {
                behind.push(model);
            }
        }
        Ok(behind)
    }

    async fn is_behind(&self, model: Model, head: Position) -> Result<bool, RunnerError> {
        for _ in 0..FRESH_WAITS_MAX {
            match wait_read_after(&self.models, model, head).await? {
                Freshness::Fresh => return Ok(false),
                Freshness::Stale => {}
            }
        }
        Ok(true)
    }

    /// Says again and again that the comparison is under way; ends when it is ours no longer.
    async fn stay_alive(&self, me: Uuid, id: Uuid) -> RunnerError {
        loop {
            tokio::time::sleep(ALIVE_EVERY).await;
            match reconciliations::alive(&self.models.pool, me, id, LEASE).await {
                Ok(true) => {}
                Ok(false) => return RunnerError::TakenOver,
                // Not reached this time; what matters is whether it is still ours the next time.
                Err(error) => tracing::warn!(error = %error, "The record of comparisons does not answer"),
            }
        }
    }

    /// What waits for an operator, and what the latest comparison left.
    async fn gauges(&self) {
        let pool = &self.models.pool;
        if let Ok(open) = anomalies::query::open(pool).await {
            metrics::gauge!("tot_payment_anomalies_open")
                .set(as_gauge(u32::try_from(open).unwrap_or(u32::MAX)));
        }
        if let Ok(Some(row)) = reconciliations::query::latest(pool).await
            && let Some(found) = row.found
        {
            metrics::gauge!("tot_reconciliation_differences").set(as_gauge(found.differences));
            metrics::gauge!("tot_reconciliation_gaps").set(as_gauge(found.gaps));
            // A moment before 2106, in whole seconds.
            let finished = row.finished_at.and_then(|at| u32::try_from(at.as_second()).ok());
            if let Some(finished) = finished {
                metrics::gauge!("tot_reconciliation_finished_seconds").set(as_gauge(finished));
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.services.log.clock().now()
    }
}

fn as_gauge(count: u32) -> f64 {
    f64::from(count)
}

pub(crate) fn found(report: &Report) -> Found {
    let gaps = u32::try_from(report.gaps.len()).unwrap_or(u32::MAX);
    // A difference stays one, whatever else could not be compared: whoever only repeats what is incomplete would never hear of it.
    let outcome = if report.differences > 0 {
        ReconciliationOutcome::Differences
    } else if gaps > 0 {
        ReconciliationOutcome::Incomplete
    } else {
        ReconciliationOutcome::Clean
    };
    Found {
        outcome,
        differences: report.differences,
        mended: report.mended,
        gaps,
    }
}

fn tell(row: &ReconciliationRow, report: &Report, found: Found) {
    let outcome = found.outcome.as_str();
    metrics::counter!("tot_reconciliations_total", "result" => outcome).increment(1);
    metrics::gauge!("tot_reconciliation_differences").set(as_gauge(found.differences));
    metrics::gauge!("tot_reconciliation_gaps").set(as_gauge(found.gaps));
    match found.outcome {
        ReconciliationOutcome::Clean => tracing::info!(
            reconciliation.id = %row.id,
            mended = found.mended,
            "The books agree with the providers'"
        ),
        ReconciliationOutcome::Differences | ReconciliationOutcome::Incomplete => tracing::error!(
            reconciliation.id = %row.id,
            outcome,
            differences = found.differences,
            gaps = found.gaps,
            from = %report.from,
            to = %report.to,
            "The books differ from the providers', or could not be compared: an operator must look"
        ),
    }
}

/// A name for one turn: whoever takes over has another.
#[expect(
    clippy::disallowed_methods,
    reason = "it names who holds a lease; no command makes it, and no fact knows it"
)]
fn new_owner() -> Uuid {
    Uuid::new_v4()
}
