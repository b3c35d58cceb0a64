//! The rules of publishing: a wish and the lists so far in, a fact or a refusal out. The same wish twice is one wish.

use jiff::{SignedDuration, Timestamp};

use crate::price_list::commands::Publish;
use crate::price_list::events::PriceListEvent;
use crate::price_list::list::PriceList;
use crate::price_list::refusal::PriceListRefusal;
use crate::price_list::{NOTICE_MINUTES, PriceListCommand, PriceLists, terms_fault};

/// What a decision answers.
pub type Decision = Result<Vec<PriceListEvent>, PriceListRefusal>;

/// Decides any wish.
///
/// # Errors
/// The refusal of the rule that the wish meets.
pub fn decide(lists: &PriceLists, wish: impl Into<PriceListCommand>) -> Decision {
    match wish.into() {
        PriceListCommand::Publish(wish) => publish(lists, wish),
    }
}

/// Versions only grow, and what is in force within the next minutes is never changed any more.
fn publish(lists: &PriceLists, wish: Publish) -> Decision {
    if let Some(known) = lists.version(wish.version)
        && is_the_same(known, &wish)
    {
        return Ok(vec![]);
    }
    if let Some(fault) = terms_fault::faults(&wish.terms).into_iter().next() {
        return Err(PriceListRefusal::Unlawful(fault));
    }
    let latest = lists.last().map_or(0, |list| list.version);
    if wish.version <= latest {
        return Err(PriceListRefusal::VersionNotNewer { latest });
    }
    let valid_from = match earliest(lists, wish.at)? {
        None => wish.valid_from.unwrap_or(wish.at),
        Some(earliest) => {
            let valid_from = wish.valid_from.unwrap_or(earliest);
            if valid_from < earliest {
                return Err(PriceListRefusal::TooShortNotice { earliest });
            }
            valid_from
        }
    };
    Ok(vec![PriceListEvent::Published {
        version: wish.version,
        valid_from,
        terms: wish.terms,
        by: wish.by,
        at: wish.at,
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

fn is_the_same(known: &PriceList, wish: &Publish) -> bool {
    known.terms == wish.terms
        && wish
            .valid_from
            .is_none_or(|valid_from| valid_from == known.valid_from)
}
