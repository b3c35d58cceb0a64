//! The facts of the price lists, in Russian.

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
            "Издан прейскурант {version} ({}), действует с {valid_from}",
            words::actor(*by)
        ),
    }
}
