//! What can be asked of the price lists: that another one be published.

use jiff::Timestamp;

use crate::people::Actor;
use crate::price_list::PriceListCommand;
use crate::price_list::terms::PriceTerms;

/// Another list is to be in force from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// Its version, above every earlier one's.
    pub version: u32,
    /// From when it is in force, by house time; as soon as it may be if absent.
    pub valid_from: Option<Timestamp>,
    /// What it says.
    pub terms: PriceTerms,
    /// Who publishes it.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

impl From<Publish> for PriceListCommand {
    fn from(command: Publish) -> Self {
        Self::Publish(command)
    }
}
