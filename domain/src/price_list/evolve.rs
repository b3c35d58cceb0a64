//! Facts become state; no rule is decided here.

use crate::price_list::PriceLists;
use crate::price_list::events::PriceListEvent;
use crate::price_list::list::PriceList;

/// The state once `fact` stands in the log, which is never refused here.
pub fn evolve(lists: &mut PriceLists, fact: PriceListEvent) {
    match fact {
        PriceListEvent::Published {
            version,
            valid_from,
            terms,
            by,
            at,
        } => lists.lists.push(PriceList {
            version,
            valid_from,
            terms,
            published_by: by,
            published_at: at,
        }),
    }
}
