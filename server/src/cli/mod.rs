//! The command line: one subcommand per file.

mod account;
mod admin;
mod analyst;
mod anomalies;
mod app;
mod audit;
mod audit_trail;
mod backup;
mod clock;
mod completions;
mod date;
mod demo;
mod dev;
mod erasure;
mod exit;
mod export;
mod find;
mod id;
mod intents;
mod keys;
mod ledger;
mod login;
mod migrate;
mod missing;
mod operator;
mod operator_token;
mod output;
mod payouts;
mod prices;
mod progress;
mod projections;
mod reconcile;
mod replay;
mod report;
mod second_factor;
mod serve;
mod stream;
#[cfg(test)]
mod tests;
mod trail;
mod wallet;
mod whole_file;
mod witness;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::Environment;
use output::{Colour, Format, Layout};
use trail::TypedCommand;

/// TOT, «Твоя Точка Опоры»: doctors called to one's home.
#[derive(Debug, Parser)]
#[command(name = "tot", version, about, after_help = exit::HELP)]
struct Cli {
    /// Answer with one JSON document: a list is an array.
    #[arg(long, global = true)]
    json: bool,
    /// What commands of before took; refused with a word on what takes its place.
    #[arg(long, global = true, hide = true)]
    admin: Option<String>,
    /// Wrap tables at so many columns; by default at the terminal's width, and not at all elsewhere.
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..))]
    width: Option<u16>,
    /// When headers are bold and errors red: on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_enum, default_value_t)]
    color: Colour,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the platform: every role in one process, or some.
    Serve(serve::ServeArgs),
    /// Start Postgres, NATS and the platform with demo data, for development.
    Dev(dev::DevArgs),
    /// Bring the database to this version's shape.
    Migrate,
    /// Copy the whole database into one verified backup, beside everybody's work.
    Backup(backup::BackupArgs),
    /// Make an empty database what a backup is a copy of, verify its log and give it a new identity.
    Restore(backup::RestoreArgs),
    /// Make a key file for access tokens, or add a key to one.
    Keys(keys::KeysArgs),
    /// Sign an admin in on this command line: commands that change something act as that admin.
    Login(login::LoginArgs),
    /// Sign out.
    Logout,
    /// Say who is signed in.
    Whoami,
    /// Enrol the authenticator app that an admin signs in with, and compute a code.
    #[command(subcommand)]
    SecondFactor(second_factor::SecondFactorCommand),
    /// Make accounts.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Show, verify, edit, deactivate and reactivate accounts, end their sessions.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Make third parties' apps, which act for patients who agreed; give them secrets, and switch them off.
    #[command(subcommand)]
    App(app::AppCommand),
    /// Show who is to be erased or was, with the acts of destruction; carry out now what is due.
    #[command(subcommand)]
    Erasure(erasure::ErasureCommand),
    /// Make and show the database logins of analysts, and have their queries give way to bookings.
    #[command(subcommand)]
    Analyst(analyst::AnalystCommand),
    /// Credit a wallet against cash, or show it.
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
    /// Pay the doctors, show payouts, ask again for one that came to nothing.
    #[command(subcommand)]
    Payouts(payouts::PayoutsCommand),
    /// Publish a price list, show the published ones.
    #[command(subcommand)]
    Prices(prices::PricesCommand),
    /// Show what stands on the ledger's accounts and on all together, and a statement of any of them.
    Ledger(ledger::LedgerArgs),
    /// Write a view of the analysts' schema, or the log, to a file.
    Export(export::ExportArgs),
    /// Answer a report as a table, CSV or JSON, or draw it; show which there are.
    Report(report::ReportArgs),
    /// Run one scheduled and one urgent booking through their whole lives.
    Demo(demo::DemoArgs),
    /// Show, rebuild and mend the read models.
    #[command(subcommand)]
    Projections(projections::ProjectionsCommand),
    /// Sign, verify and prove the log: exit code 0 means it is so, 3 it is not so, 1 nobody knows.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Show who read whose personal data, what staff had the machinery do, and what was done on the command line.
    AuditTrail(audit_trail::AuditTrailArgs),
    /// Keep the heads that a notary signed, outside its database.
    Witness(witness::WitnessArgs),
    /// Show and mend the processes' instructions.
    #[command(subcommand)]
    Intents(intents::IntentsCommand),
    /// Compare the books with the payment providers': exit code 0 means no differences, 3 differences, 4 that something
    /// could not be compared.
    Reconcile(reconcile::ReconcileArgs),
    /// Show what providers showed that cannot be true, and settle it.
    #[command(subcommand)]
    Anomalies(anomalies::AnomaliesCommand),
    /// Show the clock of the development platform, and move it ahead.
    #[command(subcommand)]
    Clock(clock::ClockCommand),
    /// Show the history of one stream.
    #[command(subcommand)]
    Stream(stream::StreamCommand),
    /// Find people, bookings, payments, payouts and commands, and the streams that tell of them.
    Find(find::FindArgs),
    /// Replay what happened to a booking, fact by fact; with --policy, what would have come of bookings under another price list.
    Replay(replay::ReplayArgs),
    /// Print what a shell needs to complete this command line.
    Completions(completions::CompletionsArgs),
}

/// Parses the arguments, runs the command and turns its error into an exit code and a line on standard error.
pub fn main() -> ExitCode {
    let mut command_line = Cli::command();
    let matches = command_line.get_matches_mut();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.format(&mut command_line).exit(),
    };
    let typed = TypedCommand::of(&command_line, &matches);
    if cli.admin.is_some() {
        return fail(&OldArgument);
    }
    let format = if cli.json { Format::Json } else { Format::Text };
    Layout::of(cli.width, cli.color).set();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(recorded(cli.command, &typed, format)) {
        Ok(code) => code,
        Err(error) => fail(error.as_ref()),
    }
}

/// An admin's id given by hand was whoever one said.
#[derive(Debug, thiserror::Error)]
#[error(
    "--admin is not taken any more: commands act as whoever is signed in (`tot login --email <address>`, or TOT_OPERATOR_TOKEN)"
)]
struct OldArgument;

/// Runs the command between its two entries in the audit trail, where it has any.
async fn recorded(
    command: Command,
    typed: &TypedCommand,
    format: Format,
) -> Result<ExitCode, Box<dyn Error>> {
    let environment = Environment::of_process();
    let entry = trail::begin(typed, &environment).await?;
    let done = run(command, &environment, format).await;
    entry.end(trail::result_of(&done)).await;
    done
}

async fn run(
    command: Command,
    environment: &Environment,
    format: Format,
) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Serve(args) => serve::run(args, environment).await?,
        Command::Dev(args) => dev::run(args, environment, format).await?,
        Command::Migrate => migrate::run(environment, format).await?,
        Command::Backup(args) => backup::make(args, environment, format).await?,
        Command::Restore(args) => return backup::restore(args, environment, format).await,
        Command::Keys(args) => keys::run(&args, environment, format).await?,
        Command::Login(args) => login::login(args, environment, format).await?,
        Command::Logout => login::logout(environment, format).await?,
        Command::Whoami => login::whoami(environment, format).await?,
        Command::SecondFactor(command) => second_factor::run(command, environment, format).await?,
        Command::Admin(command) => admin::run(command, environment, format).await?,
        Command::Account(command) => account::run(command, environment, format).await?,
        Command::App(command) => app::run(command, environment, format).await?,
        Command::Erasure(command) => erasure::run(command, environment, format).await?,
        Command::Analyst(command) => return Ok(analyst::run(command, environment, format).await?),
        Command::Wallet(command) => wallet::run(command, environment, format).await?,
        Command::Payouts(command) => payouts::run(command, environment, format).await?,
        Command::Prices(command) => prices::run(command, environment, format).await?,
        Command::Ledger(args) => ledger::run(args, environment, format).await?,
        Command::Export(args) => return Ok(export::run(args, environment, format).await?),
        Command::Report(args) => report::run(args, environment, format).await?,
        Command::Demo(args) => demo::run(args, format).await?,
        Command::Projections(command) => projections::run(command, environment, format).await?,
        Command::Intents(command) => intents::run(command, environment, format).await?,
        Command::Reconcile(args) => return Ok(reconcile::run(args, environment, format).await?),
        Command::Audit(command) => return audit::run(command, environment, format).await,
        Command::AuditTrail(args) => audit_trail::run(&args, environment, format).await?,
        Command::Witness(args) => witness::run(args).await?,
        Command::Anomalies(command) => anomalies::run(command, environment, format).await?,
        Command::Clock(command) => clock::run(command, environment, format).await?,
        Command::Stream(command) => stream::run(command, environment, format).await?,
        Command::Find(args) => find::run(args, environment, format).await?,
        Command::Replay(args) => replay::run(args, environment, format).await?,
        Command::Completions(args) => completions::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn fail(error: &dyn Error) -> ExitCode {
    let words = format!(
        "{} {}",
        output::red("tot:"),
        output::causes(error).join("\n  because: ")
    );
    // Nothing is left to tell if standard error is closed too.
    drop(writeln!(std::io::stderr().lock(), "{words}"));
    ExitCode::FAILURE
}
