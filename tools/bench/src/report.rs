//! What was measured, as a table for people and as JSON for machines, each beside its goal.

use serde::Serialize;

/// Every figure; rates per second, times in milliseconds.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// Durable HTTP booking commands, ours.
    pub commands_per_s: f64,
    /// Their latency.
    pub commands_p50_ms: f64,
    /// Their latency.
    pub commands_p99_ms: f64,
    /// Durable HTTP scheduled bookings, ours; two streams each.
    pub scheduled_per_s: f64,
    /// pgbench's transactions.
    pub pgbench_per_s: f64,
    /// The stock service's commands, with its view.
    pub stock_per_s: f64,
    /// Its latency.
    pub stock_p50_ms: f64,
    /// Its latency.
    pub stock_p99_ms: f64,
    /// Commands applied in every read model.
    pub visible_per_s: f64,
    /// Acknowledged to readable, at 1 000 commands a second.
    pub lag_p50_ms: f64,
    /// Acknowledged to readable, at 1 000 commands a second.
    pub lag_p99_ms: f64,
    /// Facts read and applied while one read model is rebuilt.
    pub rebuild_events_per_s: f64,
    /// How many facts that log held.
    pub rebuild_events: u64,
    /// Append latency with the long log over append latency with the short one.
    pub append_growth: f64,
    /// Append latency with 10 000 facts.
    pub append_short_ms: f64,
    /// Append latency with the long log.
    pub append_long_ms: f64,
    /// The long log's facts.
    pub append_long_facts: u64,
    /// Peak resident memory of the all-in-one process, MiB.
    pub rss_mib: f64,
    /// Median of the rounds' own ratios.
    pub ratio_to_pgbench: f64,
    /// Median of the rounds' own ratios.
    pub ratio_to_stock: f64,
    /// Payments by card from their start to the captured price, against the sandbox.
    pub payments_per_s: f64,
    /// The payer confirmed → the booking is seen as secured.
    pub secured_p50_ms: f64,
    /// The payer confirmed → the booking is seen as secured.
    pub secured_p99_ms: f64,
    /// Providers' notices answered, each durable.
    pub notices_per_s: f64,
    /// The same, read back from the provider.
    pub followed_per_s: f64,
    /// Payments on both sides of the reconciliation.
    pub reconciled_payments: u64,
    /// Seconds of the whole process.
    pub reconcile_s: f64,
    /// Its peak resident memory, MiB.
    pub reconcile_mib: f64,
    /// What the servers promise: `fsync` and `synchronous_commit`.
    pub durability: String,
}

impl Figures {
    /// The table; of commands nothing where only money was measured.
    pub fn table(&self) -> String {
        let measured = self.commands_per_s > 0.0;
        let commands = measured.then(|| self.commands().into_iter().chain(self.log_and_models()));
        let rows: Vec<String> = commands.into_iter().flatten().chain(self.money()).collect();
        format!(
            "| figure | measured | goal |\n|---|---:|---|\n{}\n\nDurability: {}.",
            rows.join("\n"),
            self.durability
        )
    }

    fn commands(&self) -> [String; 8] {
        [
            row(
                "commands/s (HTTP, durable, authenticated, idempotent)",
                self.commands_per_s,
                0,
                "",
            ),
            row(
                "  p50 / p99 ms",
                self.commands_p50_ms,
                1,
                &format!("{:.1}", self.commands_p99_ms),
            ),
            row("scheduled bookings/s", self.scheduled_per_s, 0, "no goal yet"),
            row(
                "pgbench, one transaction per command /s",
                self.pgbench_per_s,
                0,
                "",
            ),
            row(
                "stock cqrs-es + postgres-es + axum with view /s",
                self.stock_per_s,
                0,
                "",
            ),
            row(
                "  p50 / p99 ms",
                self.stock_p50_ms,
                1,
                &format!("{:.1}", self.stock_p99_ms),
            ),
            row(
                "ours : pgbench",
                self.ratio_to_pgbench,
                2,
                &goal(self.ratio_to_pgbench >= 2.0, "≥ 2"),
            ),
            row(
                "ours : stock",
                self.ratio_to_stock,
                2,
                &goal(self.ratio_to_stock >= 6.0, "≥ 6"),
            ),
        ]
    }

    fn log_and_models(&self) -> [String; 7] {
        [
            row("visible in every read model /s", self.visible_per_s, 0, ""),
            row(
                "visible : pgbench",
                self.visible_per_s / self.pgbench_per_s,
                2,
                &goal(self.visible_per_s >= self.pgbench_per_s, "≥ 1"),
            ),
            row(
                "lag at 1 000/s, p50 ms",
                self.lag_p50_ms,
                1,
                &goal(self.lag_p50_ms <= 10.0, "≤ 10"),
            ),
            row(
                "lag at 1 000/s, p99 ms",
                self.lag_p99_ms,
                1,
                &goal(self.lag_p99_ms <= 50.0, "≤ 50"),
            ),
            row(
                &format!("rebuild, facts/s (of {})", self.rebuild_events),
                self.rebuild_events_per_s,
                0,
                &goal(self.rebuild_events_per_s >= 100_000.0, "≥ 100 000"),
            ),
            row(
                &format!("append latency, {} : 10 000 facts", self.append_long_facts),
                self.append_growth,
                2,
                &goal(self.append_growth <= 1.2, "≤ 1.2"),
            ),
            row(
                "peak memory, MiB",
                self.rss_mib,
                0,
                &goal(self.rss_mib <= 200.0, "≤ 200"),
            ),
        ]
    }

    fn money(&self) -> [String; 5] {
        [
            row(
                "payments/s by card, start to captured, against the sandbox",
                self.payments_per_s,
                0,
                "no goal yet",
            ),
            row(
                "  paid → seen as secured, p50 / p99 ms",
                self.secured_p50_ms,
                0,
                &format!("{:.0}", self.secured_p99_ms),
            ),
            row(
                "notices/s absorbed, each about another payment",
                self.notices_per_s,
                0,
                "no goal yet",
            ),
            row("  and read back from the provider /s", self.followed_per_s, 0, ""),
            row(
                &format!("reconciliation of {} payments, s", self.reconciled_payments),
                self.reconcile_s,
                1,
                &format!("{:.0} MiB at its peak", self.reconcile_mib),
            ),
        ]
    }
}

fn row(name: &str, value: f64, digits: usize, note: &str) -> String {
    format!("| {name} | {value:.digits$} | {note} |")
}

fn goal(met: bool, goal: &str) -> String {
    format!("{goal} {}", if met { "met" } else { "**missed**" })
}
