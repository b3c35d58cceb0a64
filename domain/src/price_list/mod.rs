//! The price lists of the platform: what visits cost, what cancelling them costs, what the clinic keeps, how long things
//! are held. One stream, one fact per list; a list is never changed, only followed by another one.
//!
//! In force at a moment of database time is, of the lists whose `valid_from` has come, the one published last. So versions
//! in force only ever grow, a list that is published but not yet in force can still be replaced, and two processes that
//! know the same lists answer the same price for the same moment.

pub mod commands;
pub mod decide;
pub mod events;
pub mod evolve;
pub mod list;
pub mod refusal;
pub mod terms;
pub mod terms_error;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use commands::PriceListCommand;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::price_list::events::PriceListEvent;
use crate::price_list::list::PriceList;
use crate::price_list::refusal::PriceListRefusal;

/// A list must be published so many minutes before it is in force, so that every process knows it by then: what a process
/// knows is never older than a fraction of this. The very first list is exempt: there is no other price to be quoted.
pub const NOTICE_MINUTES: i64 = 5;

/// Every list that was published, in the order of their versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLists {
    lists: Vec<PriceList>,
}

impl PriceLists {
    /// Every list, in the order of their versions.
    pub fn all(&self) -> &[PriceList] {
        &self.lists
    }

    /// The list published last; it need not be in force yet.
    pub fn last(&self) -> Option<&PriceList> {
        self.lists.last()
    }

    /// The list of this version, whether its time has come or is over.
    pub fn version(&self, version: u32) -> Option<&PriceList> {
        self.lists.iter().find(|list| list.version == version)
    }

    /// The list in force at this moment of database time: of those whose time has come, the one published last.
    pub fn in_force(&self, at: Timestamp) -> Option<&PriceList> {
        in_force(&self.lists, at)
    }
}

/// Of lists in the order of their versions, the one in force at this moment of database time: of those whose time has come,
/// the one published last.
pub fn in_force<List: AsRef<PriceList>>(lists: &[List], at: Timestamp) -> Option<&List> {
    lists.iter().rev().find(|list| list.as_ref().valid_from <= at)
}

impl Aggregate for PriceLists {
    const TYPE: &'static str = "price_list";
    type Command = PriceListCommand;
    type Event = PriceListEvent;
    type Error = PriceListRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: PriceListCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), PriceListRefusal> {
        for fact in decide::decide(self, command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: PriceListEvent) {
        evolve::evolve(self, fact);
    }
}
