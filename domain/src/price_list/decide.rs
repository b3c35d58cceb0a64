//! The rules of publishing: a command and the lists so far in, a fact or a refusal out. The same command twice is one command.

use jiff::{SignedDuration, Timestamp};

use crate::price_list::commands::Publish;
use crate::price_list::events::PriceListEvent;
use crate::price_list::list::PriceList;
use crate::price_list::refusal::PriceListRefusal;
use crate::price_list::{NOTICE_MINUTES, PriceListCommand, PriceLists, terms_error};

/// The facts in order, none when nothing is left to do; or why not.
pub type Decision = Result<Vec<PriceListEvent>, PriceListRefusal>;

/// Decides any command.
///
/// # Errors
/// The refusal of the rule that the command meets.
pub fn decide(lists: &PriceLists, command: impl Into<PriceListCommand>) -> Decision {
    match command.into() {
        PriceListCommand::Publish(command) => publish(lists, command),
    }
}

/// Versions only grow, and what is in force within the next minutes is never changed any more.
fn publish(lists: &PriceLists, command: Publish) -> Decision {
    if let Some(known) = lists.version(command.version)
        && is_the_same(known, &command)
    {
        return Ok(vec![]);
    }
    if let Some(fault) = terms_error::faults(&command.terms).into_iter().next() {
        return Err(PriceListRefusal::Unlawful(fault));
    }
    let latest = lists.last().map_or(0, |list| list.version);
    if command.version <= latest {
        return Err(PriceListRefusal::VersionNotNewer { latest });
    }
    let valid_from = match earliest(lists, command.at)? {
        None => command.valid_from.unwrap_or(command.at),
        Some(earliest) => {
            let valid_from = command.valid_from.unwrap_or(earliest);
            if valid_from < earliest {
                return Err(PriceListRefusal::TooShortNotice { earliest });
            }
            valid_from
        }
    };
    Ok(vec![PriceListEvent::Published {
        version: command.version,
        valid_from,
        terms: command.terms,
        by: command.by,
        at: command.at,
    }])
}

/// From when another list may be in force; any time for the first one.
fn earliest(lists: &PriceLists, at: Timestamp) -> Result<Option<Timestamp>, PriceListRefusal> {
    if lists.all().is_empty() {
        return Ok(None);
    }
    at.checked_add(SignedDuration::from_mins(NOTICE_MINUTES))
        .map(Some)
        .map_err(|_| PriceListRefusal::TooShortNotice { earliest: at })
}

fn is_the_same(known: &PriceList, command: &Publish) -> bool {
    known.terms == command.terms
        && command
            .valid_from
            .is_none_or(|valid_from| valid_from == known.valid_from)
}
