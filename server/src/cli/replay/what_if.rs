//! `tot replay --policy`: a table, CSV or JSON of the bookings that another price list would have made different.

use std::io::{self, Write as _};
use std::path::PathBuf;

use api::read_price_document;
use clap::{Args, ValueEnum};
use domain::money::Money;
use domain::people::Actor;
use domain::price_list::list::PriceList;
use event_store::Position;
use history::what_if::{Comparison, Figures, Range, RangeEnd, Totals, WhatIf};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::cli::date::date;
use crate::cli::operator::{self, CommandResult};
use crate::cli::output::{self, Format};
use crate::cli::prices::PricesError;
use crate::config::Environment;

/// What would have come of bookings under another price list.
#[derive(Debug, Args)]
pub struct WhatIfArgs {
    /// A price list, as `tot prices publish` takes it: tell which bookings of a range, with which fees and earnings, would have
    /// differed under it. Nothing is published or written.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Only bookings asked for from this date (2026-11-01) or position (@42) on.
    #[arg(long, requires = "policy", value_parser = end, value_name = "DATE or @POSITION")]
    from: Option<End>,
    /// Only bookings asked for up to this date or position, included.
    #[arg(long, requires = "policy", value_parser = end, value_name = "DATE or @POSITION")]
    to: Option<End>,
    /// The zone of the dates.
    #[arg(long, requires = "policy", value_parser = zone, default_value = "Europe/Moscow")]
    zone: TimeZone,
    /// Show the bookings without a difference, too.
    #[arg(long, requires = "policy")]
    all: bool,
    /// How to print.
    #[arg(long, requires = "policy", value_enum, default_value_t)]
    format: Layout,
}

/// How the comparison is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// For people, with the sums at the end.
    #[default]
    Table,
    /// A row a booking; the sums go to standard error.
    Csv,
    /// A document a booking and line, the sums in the last.
    Json,
}

/// Where a range begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Date(Date),
    Position(Position),
}

/// Why nothing is compared.
#[derive(Debug, thiserror::Error)]
enum WhatIfCommandError {
    #[error("name a price list with --policy, or a booking: `tot replay booking <ID>`")]
    NoPolicy,
    #[error("--to is before --from: nothing lies between")]
    Backwards,
    #[error("--from @{0} is beyond the end of the log, which is at @{1}: no booking was asked for there yet")]
    BeyondHead(Position, Position),
    #[error("there is no such day in this zone")]
    NoSuchDay(#[source] jiff::Error),
}

fn end(text: &str) -> Result<End, String> {
    let wrong = || "must be a date such as 2026-11-01 or a position such as @42".to_owned();
    match text.strip_prefix('@') {
        Some(digits) => {
            let position = digits.parse().ok().filter(|position: &Position| *position >= 1);
            position.map(End::Position).ok_or_else(wrong)
        }
        None => date(text).map(End::Date).map_err(|_| wrong()),
    }
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "must be an IANA name such as Europe/Moscow".to_owned())
}

/// Compares and prints, a booking at a time.
pub async fn run(args: WhatIfArgs, environment: &Environment, format: Format) -> CommandResult {
    let layout = match format {
        Format::Json => Layout::Json,
        Format::Text => args.format,
    };
    let file = args.policy.as_ref().ok_or(WhatIfCommandError::NoPolicy)?;
    let range = range(&args)?;
    // The file first: what is wrong with it needs no database.
    let bytes = std::fs::read(file).map_err(|error| PricesError::File(file.clone(), error))?;
    let document = read_price_document(&bytes).map_err(|error| PricesError::Document(file.clone(), error))?;
    let (services, now) = operator::services(environment).await?;
    if let Some(End::Position(from)) = args.from {
        let head = services.log.head().await?;
        if from > head {
            return Err(WhatIfCommandError::BeyondHead(from, head).into());
        }
    }
    let list = PriceList {
        version: document.version,
        valid_from: document.valid_from.unwrap_or(now),
        terms: document.terms,
        published_by: Actor::Process,
        published_at: now,
    };
    let mut bookings = WhatIf::open(&services.log, &services.prices, list, range).await?;
    let mut totals = Totals::default();
    head(layout)?;
    while let Some(one) = bookings.next().await? {
        totals.add(&one)?;
        if args.all || one.differs() {
            row(layout, &one)?;
        }
    }
    end_with(layout, &totals)
}

fn range(args: &WhatIfArgs) -> Result<Range, WhatIfCommandError> {
    let backwards = match (args.from, args.to) {
        (Some(End::Date(from)), Some(End::Date(to))) => to < from,
        (Some(End::Position(from)), Some(End::Position(to))) => to < from,
        (Some(_) | None, Some(_) | None) => false,
    };
    if backwards {
        return Err(WhatIfCommandError::Backwards);
    }
    let instant = |date: Date| -> Result<Timestamp, jiff::Error> {
        Ok(date.to_zoned(args.zone.clone())?.start_of_day()?.timestamp())
    };
    let from = match args.from {
        None => None,
        Some(End::Position(position)) => Some(RangeEnd::Position(position)),
        Some(End::Date(date)) => Some(RangeEnd::Instant(
            instant(date).map_err(WhatIfCommandError::NoSuchDay)?,
        )),
    };
    let to = match args.to {
        None => None,
        Some(End::Position(position)) => Some(RangeEnd::Position(position)),
        Some(End::Date(date)) => {
            let next = date.checked_add(1.day()).and_then(instant);
            Some(RangeEnd::Instant(next.map_err(WhatIfCommandError::NoSuchDay)?))
        }
    };
    Ok(Range { from, to })
}

/// The figures of a booking, each with its name.
const fn named(figures: &Figures) -> [(&'static str, Option<Money>); 5] {
    [
        ("price", Some(figures.price)),
        ("due", figures.due),
        ("fee", figures.fee),
        ("commission", figures.commission),
        ("earning", figures.earning),
    ]
}

fn head(layout: Layout) -> io::Result<()> {
    match layout {
        Layout::Table => print(&table_row([
            "booking",
            "type",
            "status",
            "list",
            "price",
            "due",
            "fee",
            "commission",
            "earning",
            "unknown because",
        ])),
        Layout::Csv => print(
            "booking_id,requested_at,call_type,status,price_list,price_before,price_after,due_before,due_after,fee_before,\
             fee_after,commission_before,commission_after,earning_before,earning_after,undefined",
        ),
        Layout::Json => Ok(()),
    }
}

/// Columns of a fixed width, so that a row can be printed before the next is known.
fn table_row(cells: [&str; 10]) -> String {
    let [
        booking,
        call_type,
        status,
        list,
        price,
        due,
        fee,
        commission,
        earning,
        unknown,
    ] = cells;
    format!(
        "{booking:<36}  {call_type:<12}  {status:<11}  {list:>4}  {price:<22}  {due:<22}  {fee:<22}  {commission:<22}  {earning:<22}  {unknown}"
    )
    .trim_end()
    .to_owned()
}

fn row(layout: Layout, one: &Comparison) -> io::Result<()> {
    let before = named(&one.before);
    let after = one.after.as_ref().map(named);
    let after_of = |at: usize| after.as_ref().ok().and_then(|after| after[at].1);
    let undefined = match &one.after {
        Ok(_) => String::new(),
        Err(why) => why.words(),
    };
    match layout {
        Layout::Table => {
            let cell = |at: usize| match (&one.after, before[at].1, after_of(at)) {
                (Ok(_), was, is) if was != is => format!("{} -> {}", decimal(was, "-"), decimal(is, "-")),
                (Ok(_) | Err(_), was, _) => decimal(was, "-"),
            };
            let (id, list) = (one.booking_id.to_string(), one.list_version.to_string());
            let cells = [cell(0), cell(1), cell(2), cell(3), cell(4)];
            let [price, due, fee, commission, earning] = cells.each_ref().map(String::as_str);
            print(&table_row([
                &id,
                one.call_type.as_str(),
                one.status.as_str(),
                &list,
                price,
                due,
                fee,
                commission,
                earning,
                &undefined,
            ]))
        }
        Layout::Csv => {
            let mut cells = vec![
                one.booking_id.to_string(),
                one.requested_at.to_string(),
                one.call_type.as_str().to_owned(),
                one.status.as_str().to_owned(),
                one.list_version.to_string(),
            ];
            for (at, (_, was)) in before.iter().enumerate() {
                cells.push(decimal(*was, ""));
                cells.push(decimal(after_of(at), ""));
            }
            cells.push(undefined);
            print(&cells.join(","))
        }
        Layout::Json => print(
            &json!({
                "booking_id": one.booking_id, "requested_at": one.requested_at, "call_type": one.call_type.as_str(),
                "status": one.status.as_str(), "price_list": one.list_version, "differs": one.differs(),
                "before": object(&before), "after": after.as_ref().ok().map(|after| object(after)),
                "undefined": one.after.is_err().then_some(undefined),
            })
            .to_string(),
        ),
    }
}

fn decimal(sum: Option<Money>, none: &str) -> String {
    sum.map_or_else(|| none.to_owned(), Money::decimal)
}

fn object(figures: &[(&'static str, Option<Money>)]) -> Value {
    let members = figures
        .iter()
        .map(|(name, sum)| ((*name).to_owned(), json!(sum.map(Money::decimal))));
    Value::Object(members.collect())
}

fn end_with(layout: Layout, totals: &Totals) -> CommandResult {
    let mut sums = Vec::new();
    for ((name, before), (_, after)) in totals.before.named().into_iter().zip(totals.after.named()) {
        sums.push((name, before, after, after.minus(before)?));
    }
    let said = format!(
        "{}, {} differ, of {} nobody knows; these are in no sum.",
        output::counted(totals.bookings, "booking"),
        totals.differing,
        totals.undefined
    );
    let rows: Vec<Vec<String>> = sums
        .iter()
        .map(|(name, before, after, difference)| {
            let sums = [before, after, difference].map(|sum| sum.decimal());
            std::iter::once((*name).to_owned()).chain(sums).collect()
        })
        .collect();
    let table = output::table(&["sum", "before", "after", "difference"], &rows);
    match layout {
        Layout::Table => print(&format!("\n{table}\n{said}"))?,
        Layout::Csv => writeln!(io::stderr().lock(), "{table}\n{said}")?,
        Layout::Json => {
            let sums = sums.iter().map(|(name, before, after, difference)| {
                let sum = json!({
                    "before": before.decimal(), "after": after.decimal(), "difference": difference.decimal(),
                });
                ((*name).to_owned(), sum)
            });
            let totals = json!({
                "bookings": totals.bookings, "differing": totals.differing, "undefined": totals.undefined,
                "sums": Value::Object(sums.collect()),
            });
            print(&json!({"totals": totals}).to_string())?;
        }
    }
    Ok(())
}

fn print(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

#[cfg(test)]
mod tests {
    use super::{End, end};

    #[test]
    fn a_range_ends_at_a_date_or_a_position() {
        assert_eq!(end("@42"), Ok(End::Position(42)));
        assert_eq!(end("2026-11-01"), Ok(End::Date(jiff::civil::date(2026, 11, 1))));
        for wrong in [
            "",
            "42",
            "@0",
            "@-1",
            "@x",
            "2026-13-01",
            "20261101",
            "2026-11-01T12:00",
            "yesterday",
        ] {
            assert!(end(wrong).is_err(), "{wrong}");
        }
    }
}
