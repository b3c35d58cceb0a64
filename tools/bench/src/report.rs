//! What was measured, as a table for people and as JSON for machines, each beside its goal.

use serde_json::{Map, Value, json};

use crate::samples::Samples;

/// Everything one run found.
#[derive(Debug, Default)]
pub struct Figures {
    /// Ours, and the peers' that are no build of ours.
    pub ours: Samples,
    /// Those of an earlier build in the same rounds.
    pub baseline: Option<Samples>,
    /// What the servers promise: `fsync` and `synchronous_commit`.
    pub durability: String,
}

/// What a figure is to reach.
enum Goal {
    /// None: it explains another one.
    None,
    /// At least so much, or at most.
    AtLeast(f64),
    AtMost(f64),
    /// At least so many times the baseline's, or at most.
    AtLeastTimes(f64),
    AtMostTimes(f64),
}

/// Every row: what it says, the figure, its decimals, what it is to reach.
const ROWS: [(&str, &str, usize, Goal); 66] = [
    (
        "urgent bookings/s (HTTP, durable, authenticated, idempotent)",
        "commands_per_s",
        0,
        Goal::None,
    ),
    ("  p50, ms", "commands_p50_ms", 1, Goal::None),
    ("  p99, ms", "commands_p99_ms", 1, Goal::None),
    (
        "pgbench, one transaction per command /s",
        "pgbench_per_s",
        0,
        Goal::None,
    ),
    (
        "stock cqrs-es + postgres-es + axum with view /s",
        "stock_per_s",
        0,
        Goal::None,
    ),
    ("  p50, ms", "stock_p50_ms", 1, Goal::None),
    ("  p99, ms", "stock_p99_ms", 1, Goal::None),
    ("urgent : pgbench", "ratio_to_pgbench", 2, Goal::AtLeast(1.6)),
    ("urgent : stock", "ratio_to_stock", 2, Goal::AtLeast(5.0)),
    ("visible in every read model /s", "visible_per_s", 0, Goal::None),
    ("visible : pgbench", "visible_to_pgbench", 2, Goal::AtLeast(1.4)),
    (
        "scheduled bookings/s",
        "scheduled_per_s",
        0,
        Goal::AtLeastTimes(3.0),
    ),
    ("lag at 1 000/s, p50 ms", "lag_p50_ms", 1, Goal::AtMostTimes(0.6)),
    ("lag at 1 000/s, p99 ms", "lag_p99_ms", 1, Goal::AtMostTimes(0.6)),
    (
        "paid visits/s by card, link to captured, against the sandbox",
        "payments_per_s",
        1,
        Goal::AtLeastTimes(6.0),
    ),
    (
        "  paid → seen as secured, p50 ms",
        "secured_p50_ms",
        0,
        Goal::AtMostTimes(0.2),
    ),
    (
        "  paid → seen as secured, p99 ms",
        "secured_p99_ms",
        0,
        Goal::AtMostTimes(0.2),
    ),
    (
        "  statements of Postgres per paid visit",
        "statements_per_visit",
        0,
        Goal::AtMostTimes(1.0 / 3.0),
    ),
    (
        "  transactions of Postgres per paid visit",
        "transactions_per_visit",
        0,
        Goal::AtMostTimes(1.0 / 3.0),
    ),
    (
        "rebuild of all that shows bookings, facts/s",
        "rebuild_all_events_per_s",
        0,
        Goal::AtLeastTimes(2.2),
    ),
    (
        "  of the model that shows one in full, facts/s",
        "rebuild_events_per_s",
        0,
        Goal::None,
    ),
    ("  of so many facts", "rebuild_events", 0, Goal::None),
    (
        "idle: transactions/s of the whole platform",
        "idle_transactions_per_s",
        1,
        Goal::AtMost(12.0),
    ),
    (
        "idle: row updates/s of the whole platform",
        "idle_updates_per_s",
        1,
        Goal::AtMost(5.0),
    ),
    (
        "peak memory, every role, MiB",
        "rss_mib",
        0,
        Goal::AtMostTimes(1.05),
    ),
    (
        "urgent bookings/s with a snapshot held open : without",
        "snapshot_rate",
        2,
        Goal::AtLeast(0.9),
    ),
    (
        "  lag at 1 000/s, p99, with : without",
        "snapshot_lag_p99",
        2,
        Goal::AtMost(1.1),
    ),
    ("  held so many seconds", "snapshot_seconds", 0, Goal::None),
    (
        "answer to a booking at 1 000/s, p50, beside an analyst's endless query : without",
        "analyst_answer_p50",
        2,
        Goal::AtMost(1.1),
    ),
    (
        "  the same where the query does not yield (without `tot analyst yield`)",
        "analyst_unyielding_answer_p50",
        2,
        Goal::None,
    ),
    (
        "  p99, with : without",
        "analyst_answer_p99",
        2,
        Goal::AtMost(1.1),
    ),
    (
        "  highest rate of urgent bookings, both cores busy, with : without",
        "analyst_rate",
        2,
        Goal::None,
    ),
    (
        "  lag at 1 000/s, p50, with : without",
        "analyst_lag_p50",
        2,
        Goal::AtMost(1.1),
    ),
    (
        "  lag at 1 000/s, p99, with : without",
        "analyst_lag_p99",
        2,
        Goal::None,
    ),
    (
        "sign-ins answered within 1 s beside 350 attackers, new devices",
        "attacked_new_in_time",
        3,
        Goal::AtLeast(0.99),
    ),
    ("    p99, ms", "attacked_new_p99_ms", 0, Goal::None),
    (
        "    the last that was late was asked for after so many s",
        "attacked_new_last_late_s",
        1,
        Goal::None,
    ),
    (
        "  known devices",
        "attacked_known_in_time",
        3,
        Goal::AtLeast(0.99),
    ),
    ("    p99, ms", "attacked_known_p99_ms", 0, Goal::None),
    (
        "  the owner of the account that half of them guess at",
        "attacked_owner_in_time",
        3,
        Goal::AtLeast(0.99),
    ),
    ("    p99, ms", "attacked_owner_p99_ms", 0, Goal::None),
    ("  guesses answered /s", "attacked_guesses_per_s", 0, Goal::None),
    (
        "webhooks/s delivered, to sixteen endpoints on this machine",
        "webhooks_per_s",
        0,
        Goal::None,
    ),
    (
        "append latency, long : short log",
        "append_growth",
        2,
        Goal::AtMost(1.2),
    ),
    (
        "rebuild, short : long log",
        "rebuild_growth",
        2,
        Goal::AtMost(1.2),
    ),
    (
        "fresh read, long : short log",
        "fresh_read_growth",
        2,
        Goal::AtMost(1.2),
    ),
    (
        "  the same rows again, from memory",
        "read_again_growth",
        2,
        Goal::None,
    ),
    (
        "unparking a key, long : short log",
        "unpark_growth",
        2,
        Goal::AtMost(1.2),
    ),
    ("  the same on the long log, ms", "unpark_long_ms", 1, Goal::None),
    (
        "staff list by a rare status on the long log, ms",
        "rare_list_long_ms",
        1,
        Goal::AtMost(20.0),
    ),
    (
        "account statement, a page of an account with as many lines, ms",
        "statement_long_ms",
        1,
        Goal::AtMost(20.0),
    ),
    (
        "verifying the long log, facts/s",
        "verify_per_s",
        0,
        Goal::AtLeast(200_000.0),
    ),
    ("  hashing and signing it, facts/s", "hash_per_s", 0, Goal::None),
    ("  the proof of one booking, ms", "prove_ms", 0, Goal::None),
    (
        "  exporting it as Parquet, facts/s",
        "export_per_s",
        0,
        Goal::None,
    ),
    ("  facts of the long log", "append_long_facts", 0, Goal::None),
    (
        "live streams open at once, each of another person",
        "live_streams",
        0,
        Goal::None,
    ),
    ("  memory of each, KiB", "live_stream_kib", 1, Goal::None),
    (
        "  opened /s, each with its state",
        "live_opened_per_s",
        0,
        Goal::None,
    ),
    (
        "  append → received at 100/s, p50 ms",
        "live_lag_p50_ms",
        1,
        Goal::None,
    ),
    (
        "  append → received at 100/s, p99 ms",
        "live_lag_p99_ms",
        1,
        Goal::None,
    ),
    (
        "notices/s absorbed, each about another payment",
        "notices_per_s",
        0,
        Goal::None,
    ),
    (
        "  and read back from the provider /s",
        "followed_per_s",
        0,
        Goal::None,
    ),
    ("reconciliation, s", "reconcile_s", 1, Goal::None),
    ("  payments on either side", "reconciled_payments", 0, Goal::None),
    ("  peak memory, MiB", "reconcile_mib", 0, Goal::None),
];

impl Figures {
    /// The table, without what was not measured.
    pub fn table(&self) -> String {
        let rows: Vec<String> = ROWS.iter().filter_map(|row| self.row(row)).collect();
        format!(
            "| figure | ours | baseline | ours : baseline | goal |\n|---|---:|---:|---:|---|\n{}\n\nDurability: {}.",
            rows.join("\n"),
            self.durability
        )
    }

    /// Our figures, the baseline's under `baseline` by the same names, and the ratios of both.
    pub fn json(&self) -> Value {
        let mut figures = self.ours.json();
        figures.insert("durability".to_owned(), json!(self.durability));
        if let Some(baseline) = &self.baseline {
            let ratios: Map<String, Value> = (self.ours.figures())
                .filter_map(|figure| Some((figure.to_owned(), json!(self.to_baseline(figure)?))))
                .collect();
            figures.insert("baseline".to_owned(), Value::Object(baseline.json()));
            figures.insert("ratios_to_baseline".to_owned(), Value::Object(ratios));
        }
        Value::Object(figures)
    }

    fn row(&self, (label, figure, digits, goal): &(&str, &str, usize, Goal)) -> Option<String> {
        let ours = self.ours.median(figure)?;
        let shown = |value: Option<f64>, digits: usize| {
            value.map_or_else(String::new, |value| format!("{value:.digits$}"))
        };
        let theirs = self
            .baseline
            .as_ref()
            .and_then(|baseline| baseline.median(figure));
        let ratio = self.to_baseline(figure);
        let (wanted, met) = match *goal {
            Goal::None => (String::new(), None),
            Goal::AtLeast(least) => (format!("≥ {least}"), Some(ours >= least)),
            Goal::AtMost(most) => (format!("≤ {most}"), Some(ours <= most)),
            Goal::AtLeastTimes(least) => (format!("≥ {least} ×"), ratio.map(|ratio| ratio >= least)),
            Goal::AtMostTimes(most) => (format!("≤ {most:.2} ×"), ratio.map(|ratio| ratio <= most)),
        };
        let verdict = match met {
            Some(true) => " met",
            Some(false) => " **missed**",
            None => "",
        };
        let (ours, theirs, ratio) = (
            shown(Some(ours), *digits),
            shown(theirs, *digits),
            shown(ratio, 2),
        );
        Some(format!(
            "| {label} | {ours} | {theirs} | {ratio} | {wanted}{verdict} |"
        ))
    }

    fn to_baseline(&self, figure: &str) -> Option<f64> {
        self.ours.ratio(figure, self.baseline.as_ref()?, figure)
    }
}
