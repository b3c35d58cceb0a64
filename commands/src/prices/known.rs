//! The price lists as this process knows them: in memory, looked up in the background, never believed for long.
//!
//! A list is published [`NOTICE_MINUTES`](domain::price_list::NOTICE_MINUTES) before it is in force; what is known here is
//! believed for a fifth of that, by house time. So whoever quotes a price knows every list that is in force; the rest
//! of the notice is for an append that was long on its way. Normally no command waits: a background task looks once
//! a second. Where that task, or the clock, went astray, the command itself looks first.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::any_event::{AnyEvent, DecodeFault};
use domain::price_list::list::PriceList;
use domain::price_list::{self, PriceLists};
use event_store::{EventLog, Fact};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::refusal::CommandFault;
use crate::streams;

/// How often a process looks for new lists.
pub const REFRESHED_EVERY: Duration = Duration::from_secs(1);
/// For how long of house time what was seen is believed.
pub const BELIEVED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The price lists of this process. Cheap to clone; all clones know the same.
#[derive(Clone)]
pub struct Prices(Arc<Shared>);

struct Shared {
    log: EventLog,
    known: RwLock<Arc<KnownLists>>,
    // One look at a time; whoever waited finds what was seen meanwhile.
    looking: Mutex<()>,
}

/// Every list that was seen, and when the log was last asked for more.
#[derive(Clone, Debug, Default)]
pub struct KnownLists {
    lists: Vec<Arc<PriceList>>,
    facts: i64,
    looked_at: Option<Timestamp>,
}

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Its time comes.
    Scheduled,
    /// It is the one that counts.
    InForce,
    /// A later one counts.
    Past,
    /// A later one is in force by the time it would be.
    Superseded,
}

impl ListState {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::InForce => "in_force",
            Self::Past => "past",
            Self::Superseded => "superseded",
        }
    }
}

/// A list that is in force, and those that may follow it.
#[derive(Clone, Debug)]
pub struct InForce {
    known: Arc<KnownLists>,
    now: Arc<PriceList>,
}

impl KnownLists {
    /// Every list, in the order of their versions.
    pub fn all(&self) -> &[Arc<PriceList>] {
        &self.lists
    }

    /// The list with this version.
    pub fn version(&self, version: u32) -> Option<&Arc<PriceList>> {
        self.lists.iter().find(|list| list.version == version)
    }

    /// The list in force at this moment, as far as lists are published by now.
    pub fn in_force(&self, at: Timestamp) -> Option<&Arc<PriceList>> {
        price_list::in_force(&self.lists, at)
    }

    /// Where the list stands: what is in force when its own time comes tells whether a later one came before.
    pub fn state(&self, list: &PriceList, now: Timestamp) -> ListState {
        let version_at = |at| self.in_force(at).map(|list| list.version);
        if version_at(list.valid_from).is_some_and(|version| version > list.version) {
            ListState::Superseded
        } else if list.valid_from > now {
            ListState::Scheduled
        } else if version_at(now) == Some(list.version) {
            ListState::InForce
        } else {
            ListState::Past
        }
    }

    fn was_looked_at_since(&self, moment: Timestamp) -> bool {
        self.looked_at.is_some_and(|looked_at| looked_at >= moment)
    }

    fn take(&mut self, fact: &Fact) -> Result<(), CommandFault> {
        let said = AnyEvent::read(
            &fact.aggregate_type,
            &fact.event_type,
            &fact.event_version,
            fact.payload.get(),
        )
        .map_err(unreadable)?;
        let mut lists = PriceLists::default();
        for event in said {
            if let AnyEvent::PriceList(event) = event.as_ref() {
                price_list::evolve::evolve(&mut lists, event.clone());
            }
        }
        for list in lists.all() {
            tracing::info!(
                price_list.version = list.version,
                price_list.valid_from = %list.valid_from,
                "A price list is known"
            );
            self.lists.push(Arc::new(list.clone()));
        }
        self.facts = fact.sequence;
        Ok(())
    }
}

impl InForce {
    /// The list in force at the moment this was asked for.
    pub fn list(&self) -> Arc<PriceList> {
        Arc::clone(&self.now)
    }

    /// The list in force at this moment, which is not before the one this was asked for.
    pub fn at(&self, at: Timestamp) -> &PriceList {
        self.known
            .in_force(at)
            .filter(|list| list.version > self.now.version)
            .unwrap_or(&self.now)
    }
}

impl Prices {
    /// The lists of this log; none is known before the first look.
    pub fn new(log: EventLog) -> Self {
        Self(Arc::new(Shared {
            log,
            known: RwLock::default(),
            looking: Mutex::default(),
        }))
    }

    /// What is in force now.
    ///
    /// # Errors
    /// [`CommandFault::NoPriceList`] while none is; [`CommandFault::NeedsNewerCode`] when one is published that this code
    /// cannot read: it must not go on quoting the one before; the faults of the log.
    pub async fn now(&self) -> Result<InForce, CommandFault> {
        let now = self.0.log.clock().now();
        let mut known = self.known_lately(now).await?;
        if known.in_force(now).is_none() {
            // The very first list needs no notice: it may be there since a moment ago.
            known = self.known_since(now).await?;
        }
        let list = known.in_force(now).map(Arc::clone);
        let now = list.ok_or(CommandFault::NoPriceList)?;
        Ok(InForce { known, now })
    }

    /// Every list published by now; there may be none.
    ///
    /// # Errors
    /// [`CommandFault::NeedsNewerCode`] when one cannot be read by this code; the faults of the log.
    pub async fn all(&self) -> Result<Arc<KnownLists>, CommandFault> {
        self.known_since(self.0.log.clock().now()).await
    }

    /// Every list that can be in force by now, seldom with a look at the log.
    ///
    /// # Errors
    /// As [`Prices::all`].
    pub async fn known(&self) -> Result<Arc<KnownLists>, CommandFault> {
        self.known_lately(self.0.log.clock().now()).await
    }

    async fn known_lately(&self, now: Timestamp) -> Result<Arc<KnownLists>, CommandFault> {
        let since = now.checked_sub(BELIEVED_FOR).unwrap_or(now);
        self.known_since(since).await
    }

    /// What is known, from memory if the log was asked since this moment.
    async fn known_since(&self, moment: Timestamp) -> Result<Arc<KnownLists>, CommandFault> {
        let known = self.in_memory();
        if known.was_looked_at_since(moment) {
            return Ok(known);
        }
        let _turn = self.0.looking.lock().await;
        let known = self.in_memory();
        if known.was_looked_at_since(moment) {
            return Ok(known);
        }
        self.look(&known).await
    }

    async fn look(&self, known: &KnownLists) -> Result<Arc<KnownLists>, CommandFault> {
        let name = streams::price_lists();
        let log = &self.0.log;
        // Before the question: what is published while it is on its way may be missing in the answer.
        let looked_at = log.clock().now();
        let facts = log
            .read_stream_after(name.aggregate, &name.id, known.facts)
            .await?;
        let mut next = KnownLists {
            looked_at: Some(looked_at),
            ..known.clone()
        };
        for fact in &facts {
            next.take(fact)?;
        }
        let next = Arc::new(next);
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        Ok(next)
    }

    fn in_memory(&self) -> Arc<KnownLists> {
        Arc::clone(&self.0.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks for new lists every second until it is told to stop.
    pub async fn keep(self, stop: CancellationToken) {
        let mut turns = interval(REFRESHED_EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = turns.tick() => {}
            }
            let looked = self.all().await;
            if let Err(fault) = &looked
                && !failing
            {
                tracing::warn!(
                    error = fault as &dyn std::error::Error,
                    "New price lists cannot be looked for; soon commands that need a price look themselves"
                );
            }
            failing = looked.is_err();
        }
    }
}

fn unreadable(fault: DecodeFault) -> CommandFault {
    match fault {
        DecodeFault::Unknown => CommandFault::NeedsNewerCode,
        fault @ (DecodeFault::Malformed(_) | DecodeFault::Old(_)) => CommandFault::Internal(Box::new(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_believed_is_far_younger_than_the_notice_of_a_list() {
        let notice = SignedDuration::from_mins(price_list::NOTICE_MINUTES);
        assert!(BELIEVED_FOR * 4 < notice, "{BELIEVED_FOR} of {notice}");
        assert!(SignedDuration::try_from(REFRESHED_EVERY).unwrap() * 10 < BELIEVED_FOR);
    }
}
