//! The price list that bookings here are made under.

use domain::price_list::PriceLists;
use domain::price_list::evolve::evolve;
use domain::price_list::list::PriceList;

/// The list of the golden fact, version 1.
pub(crate) fn price_list() -> PriceList {
    let golden = include_str!("../../../tests/golden/events/PriceListPublished.v1.json");
    let published = serde_json::from_str(golden).expect("the golden fact");
    let mut lists = PriceLists::default();
    evolve(&mut lists, published);
    lists.last().cloned().expect("the list that was published")
}
