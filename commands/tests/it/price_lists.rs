//! A price list for a platform under test.

use commands::CommandServices;
use commands::prices::{self, PublishPrices};
use domain::price_list::events::PriceListEvent;
use domain::price_list::terms::PriceTerms;
use jiff::Timestamp;

use crate::kit::as_admin;

/// Publishes the golden list as this version, changed, in force as soon as it may be (the first one: since ever).
pub async fn publish_prices(
    services: &CommandServices,
    version: u32,
    change: impl FnOnce(&mut PriceTerms),
) -> Timestamp {
    let golden = include_str!("../../../tests/golden/events/PriceListPublished.v1.json");
    let PriceListEvent::Published { mut terms, .. } = serde_json::from_str(golden).unwrap();
    change(&mut terms);
    let command = PublishPrices {
        version,
        valid_from: (version == 1).then_some(Timestamp::UNIX_EPOCH),
        terms,
    };
    let done = prices::publish(services, &as_admin(), command).await.unwrap();
    done.answer.valid_from
}
