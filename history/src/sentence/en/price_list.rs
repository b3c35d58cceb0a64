//! The facts of the price lists, in English.

use domain::price_list::events::PriceListEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Published {
            version,
            valid_from,
            by,
            ..
        } => format!(
            "Price list {version} was published by {}, in force from {valid_from}",
            words::actor(*by)
        ),
    }
}
