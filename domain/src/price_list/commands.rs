//! What can be asked of the price lists: that another one be published.
//! `at` is the moment of the command, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use derive_more::From;
use jiff::Timestamp;

use crate::people::Actor;
use crate::price_list::terms::PriceTerms;

#[derive(Clone, Debug, PartialEq, Eq, From)]
pub enum PriceListCommand {
    Publish(Publish),
}

/// Another list is to be in force from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// Its version, above every earlier one's.
    pub version: u32,
    /// From when it is in force, by database time; as soon as it may be if absent.
    pub valid_from: Option<Timestamp>,
    pub terms: PriceTerms,
    pub by: Actor,
    pub at: Timestamp,
}
