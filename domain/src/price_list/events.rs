//! The facts of the price lists. Sums, percentages, minutes and ids; no names.
//! `at` is the moment of the decision, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::people::Actor;
use crate::price_list::terms::PriceTerms;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PriceListEvent {
    /// A list was published; it is in force from `valid_from` on, until a later one is.
    #[serde(rename = "PriceListPublished")]
    Published {
        /// Its version; bookings pin it.
        version: u32,
        /// From when it is in force, by database time.
        valid_from: Timestamp,
        terms: PriceTerms,
        by: Actor,
        at: Timestamp,
    },
}

/// Every type of event: its stable name and its highest version.
pub const TYPES: &[(&str, &str)] = &[("PriceListPublished", "1")];

impl PriceListEvent {
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Published { .. } => "PriceListPublished",
        }
    }
}

impl DomainEvent for PriceListEvent {
    fn event_type(&self) -> String {
        self.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
