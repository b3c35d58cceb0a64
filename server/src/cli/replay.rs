//! `tot replay`: what happened to a booking, stepped through on a terminal, told as text elsewhere; and with `--policy` what would have
//! come of bookings under another price list.

mod player;
mod what_if;

use std::io::{IsTerminal as _, Write as _, stderr, stdin, stdout};

use clap::{Args, Subcommand, ValueEnum};
use domain::ids::BookingId;
use history::Extent;
use history::language::Language;
use history::text::{self, Names};
use history::view::ChainView;

use super::id::id;
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use super::stream::parse_as_of;
use crate::config::Environment;

/// `tot replay …`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct ReplayArgs {
    #[command(subcommand)]
    booking: Option<ReplayCommand>,
    #[command(flatten)]
    what_if: what_if::WhatIfArgs,
}

#[derive(Debug, Subcommand)]
enum ReplayCommand {
    /// Replay a booking: every fact of its causal chain, with the state after it.
    Booking {
        /// The booking.
        #[arg(value_parser = id::<BookingId>)]
        id: BookingId,
        /// Only up to this version (3), position (@42) or instant (RFC 3339), included.
        #[arg(long)]
        as_of: Option<String>,
        /// The language of the sentences.
        #[arg(long, value_enum, default_value_t)]
        lang: Lang,
        /// Show people's names, to whoever is signed in; that they were shown is recorded.
        #[arg(long)]
        names: bool,
        /// Print the text on a terminal, too.
        #[arg(long)]
        text: bool,
    },
}

/// The language of the sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

/// Why nothing was replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("there is no booking {0}")]
    NoSuchBooking(BookingId),
    /// It was not yet asked for.
    #[error("there was no booking {0} as of then: {1}")]
    NotThen(BookingId, Extent),
    /// The terminal cannot be used.
    #[error("the terminal cannot be used; --text prints instead")]
    Terminal(#[source] std::io::Error),
}

/// Replays a booking on a terminal, prints elsewhere; or compares bookings under another price list.
pub async fn run(args: ReplayArgs, environment: &Environment, format: Format) -> CommandResult {
    match args.booking {
        Some(command) => replay(command, environment, format).await,
        None => what_if::run(args.what_if, environment, format).await,
    }
}

async fn replay(command: ReplayCommand, environment: &Environment, format: Format) -> CommandResult {
    let ReplayCommand::Booking {
        id,
        as_of,
        lang,
        names,
        text,
    } = command;
    let as_of = parse_as_of(as_of.as_deref())?;
    let log = operator::log(environment).await?;
    let head = log.head().await?;
    let chain = history::load(&log, id, as_of).await?;
    let extent = Extent::of_stream(&log, "booking", &id.to_string()).await?;
    let chain = match (chain, extent) {
        (Some(chain), _) => chain,
        (None, Some(extent)) => return Err(ReplayError::NotThen(id, extent).into()),
        (None, None) => return Err(ReplayError::NoSuchBooking(id).into()),
    };
    if let Some(beyond) = extent.and_then(|extent| extent.beyond(as_of, head)) {
        drop(writeln!(stderr().lock(), "tot: {beyond}; this is all there is"));
    }
    let names = if names {
        let signed_in = operator::signed_in(environment, format!("tot replay booking {id}")).await?;
        let people = &signed_in.services.people;
        people
            .names_for(&signed_in.reader("tot replay booking"), id, chain.actors())
            .await?
    } else {
        Names::new()
    };
    let language = Language::from(lang);
    if format == Format::Text && !text && stdin().is_terminal() && stdout().is_terminal() {
        player::play(&chain, &names, language).map_err(ReplayError::Terminal)?;
        return Ok(());
    }
    match format {
        Format::Text => output::print(format, &(), |()| text::chain(&chain, &names, language))?,
        Format::Json => output::print(format, &ChainView::of(chain, &names, None), |_| String::new())?,
    }
    Ok(())
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::En,
            Lang::Ru => Self::Ru,
        }
    }
}
