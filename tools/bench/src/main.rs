#![doc = include_str!("../README.md")]

mod analyst;
mod books;
mod child;
mod cpu;
mod grown;
mod growth;
mod http;
mod live;
mod load;
mod money;
mod people;
mod pgbench;
mod platform;
mod postgres;
mod proofs;
mod report;
mod rounds;
mod samples;
mod sign_in_attack;
mod stats;
mod stock;
mod tot;
mod watch;
mod webhooks;

use std::path::PathBuf;

use clap::Parser;

use report::Figures;

/// What is measured, and for how long.
#[derive(Debug, Parser)]
struct Options {
    /// Rounds; each measures every peer and us, one after the other.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Seconds of each measurement in a round.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Connections of the HTTP load.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Scheduled bookings of a round; each of eight hundred patients may hold three in all rounds together.
    #[arg(long, default_value_t = 800)]
    scheduled: usize,
    /// Facts of the long log; 10 000 000 takes about 9 GB.
    #[arg(long, default_value_t = 1_000_000)]
    long_log: i64,
    /// The long log alone: nothing else is measured.
    #[arg(long)]
    growth_only: bool,
    /// Seconds under 1 000 bookings a second with a snapshot held open, as a dump or an analyst does; 0 leaves it out.
    #[arg(long, default_value_t = 60)]
    snapshot_seconds: u64,
    /// Visits of a round that are paid by card, from the link to the captured price.
    #[arg(long, default_value_t = 600)]
    payments: usize,
    /// Payments on both sides of the reconciliation.
    #[arg(long, default_value_t = 100_000)]
    compared: usize,
    /// People who follow their own bookings live at once, each in one stream; 0 leaves it out. Needs as many open files
    /// (`ulimit -n`), here and in the platform.
    #[arg(long, default_value_t = 5_000)]
    live_streams: usize,
    /// The live streams alone: nothing else is measured.
    #[arg(long)]
    live_only: bool,
    /// An analyst's endless query beside bookings alone: nothing else is measured.
    #[arg(long)]
    analyst_only: bool,
    /// An attack on sign-ins alone: nothing else is measured.
    #[arg(long)]
    sign_in_attack_only: bool,
    /// An earlier build of `tot`, measured in the same rounds on the same servers.
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// Real money alone: its figures, without the others.
    #[arg(long)]
    money_only: bool,
    /// The rounds alone, without what is measured once.
    #[arg(long)]
    rounds_only: bool,
    /// Prints the costliest statements of urgent bookings and paid visits; planning is timed too then, which costs a little.
    #[arg(long)]
    statements: bool,
    /// Where the figures go.
    #[arg(long, default_value = "tools/bench/out/latest.json")]
    out: PathBuf,
}

impl Options {
    const fn only_one_thing(&self) -> bool {
        self.growth_only || self.live_only || self.analyst_only || self.sign_in_attack_only
    }
}

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let measured = runtime
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(rounds::run(&options)))
        .and_then(|figures| write(&options, &figures).map(|()| figures));
    match measured {
        Ok(figures) => println!("\n{}", figures.table()),
        Err(error) => {
            eprintln!("bench: {error}");
            std::process::exit(1);
        }
    }
}

fn write(options: &Options, figures: &Figures) -> Result<(), String> {
    if let Some(folder) = options.out.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let json = serde_json::to_string_pretty(&figures.json()).map_err(|error| error.to_string())?;
    std::fs::write(&options.out, json).map_err(|error| error.to_string())
}
