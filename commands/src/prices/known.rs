//! The price lists as this process knows them: in memory, looked up in the background, never believed for long.
//!
//! A list is published [`NOTICE_MINUTES`](domain::price_list::NOTICE_MINUTES) before it is in force; what is known here is
//! believed for a fifth of that, by database time. So whoever quotes a price knows every list that is in force; the rest
//! of the notice is for an append that was long on its way. Normally no command waits: a background task looks once
//! a second. Where that task, or the clock, went astray, the command itself looks first.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::price_list::list::PriceList;
use event_store::EventLog;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::prices::agreed::{Agreed, VisitClocks};
use crate::prices::lists::KnownLists;
use crate::refusal::CommandError;
use crate::streams;

/// How often a process looks for new lists.
pub const REFRESHED_EVERY: Duration = Duration::from_secs(3);
/// For how long of database time what was seen is believed.
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

/// A list that is in force, and those that may follow it.
#[derive(Clone, Debug)]
pub struct InForce {
    known: Arc<KnownLists>,
    now: Arc<PriceList>,
}

impl InForce {
    /// The list in force at the moment this was asked for.
    pub fn list(&self) -> Arc<PriceList> {
        Arc::clone(&self.now)
    }

    /// When the log was asked for this.
    pub fn looked_at(&self) -> Option<Timestamp> {
        self.known.looked_at()
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
    /// [`CommandError::NoPriceList`] while none is; [`CommandError::NeedsNewerCode`] when one is published that this code
    /// cannot read: it must not go on quoting the one before; the errors of the log.
    pub async fn now(&self) -> Result<InForce, CommandError> {
        let known = self.known().await?;
        let now = self.0.log.clock().now();
        let list = known.in_force(now).map(Arc::clone);
        let now = list.ok_or(CommandError::NoPriceList)?;
        Ok(InForce { known, now })
    }

    /// Every list published by now; there may be none.
    ///
    /// # Errors
    /// [`CommandError::NeedsNewerCode`] when one cannot be read by this code; the errors of the log.
    pub async fn all(&self) -> Result<Arc<KnownLists>, CommandError> {
        self.known_since(self.0.log.clock().now()).await
    }

    /// Every list that a booking can have been made under, seldom with a look at the log.
    ///
    /// # Errors
    /// As [`Prices::now`].
    pub async fn agreed(&self) -> Result<Agreed, CommandError> {
        let known = self.known().await?;
        Agreed::of_known(known).ok_or(CommandError::NoPriceList)
    }

    /// The clocks of visits, also where no list is published; seldom with a look at the log.
    ///
    /// # Errors
    /// As [`Prices::all`].
    pub async fn clocks(&self) -> Result<VisitClocks, CommandError> {
        let known = self.known().await?;
        Ok(VisitClocks(Agreed::of_known(known)))
    }

    /// Every list that can be in force by now.
    async fn known(&self) -> Result<Arc<KnownLists>, CommandError> {
        let now = self.0.log.clock().now();
        let known = self.known_lately(now).await?;
        if known.in_force(now).is_some() {
            return Ok(known);
        }
        // The very first list needs no notice: it may be there since a moment ago.
        self.known_since(now).await
    }

    async fn known_lately(&self, now: Timestamp) -> Result<Arc<KnownLists>, CommandError> {
        let since = now.checked_sub(BELIEVED_FOR).unwrap_or(now);
        self.known_since(since).await
    }

    /// What is known, from memory if the log was asked since this moment.
    async fn known_since(&self, moment: Timestamp) -> Result<Arc<KnownLists>, CommandError> {
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

    async fn look(&self, known: &KnownLists) -> Result<Arc<KnownLists>, CommandError> {
        let name = streams::price_lists();
        let log = &self.0.log;
        // Before the question: what is published while it is on its way may be missing in the answer.
        let looked_at = log.clock().now();
        let facts = log
            .read_stream_after(name.aggregate, &name.id, known.facts())
            .await?;
        let next = Arc::new(known.with(&facts, looked_at)?);
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        Ok(next)
    }

    fn in_memory(&self) -> Arc<KnownLists> {
        Arc::clone(&self.0.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks for new lists every few seconds until it is told to stop.
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
            if let Err(error) = &looked
                && !failing
            {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "New price lists cannot be looked for; soon commands that need a price look themselves"
                );
            }
            failing = looked.is_err();
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::price_list;

    use super::*;

    #[test]
    fn what_is_believed_is_far_younger_than_the_notice_of_a_list() {
        let notice = SignedDuration::from_mins(price_list::NOTICE_MINUTES);
        assert!(BELIEVED_FOR * 4 < notice, "{BELIEVED_FOR} of {notice}");
        assert!(SignedDuration::try_from(REFRESHED_EVERY).unwrap() * 10 < BELIEVED_FOR);
    }
}
