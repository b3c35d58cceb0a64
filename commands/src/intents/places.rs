//! How many intents a worker has in hand, lane by lane, and which it leaves to others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::intents::lane::Lane;
use crate::intents::worker::End;

/// More is claimed once one in so many places of a lane is free: a claim for each single place would ask the queue too
/// often.
const FREE_PLACES_PART: i32 = 4;

/// How many intents are carried out at once, each of another partition key, in each lane.
#[derive(Clone, Copy, Debug)]
pub struct LanePlaces {
    /// What asks nobody outside.
    pub inside: i32,
    /// What is looked up and put into its own lane.
    pub unsorted: i32,
    /// What asks a provider of payments, for each of them.
    pub provider: i32,
    /// What asks the payout gateway.
    pub payouts: i32,
}

impl Default for LanePlaces {
    fn default() -> Self {
        Self {
            inside: 32,
            unsorted: 16,
            provider: 32,
            payouts: 8,
        }
    }
}

impl LanePlaces {
    const fn of(self, lane: Lane) -> i32 {
        match lane {
            Lane::Inside => self.inside,
            Lane::Unsorted => self.unsorted,
            Lane::Provider(_) => self.provider,
            Lane::Payouts => self.payouts,
        }
    }
}

/// The places of one worker, shared by what it has in hand.
pub(super) struct Places {
    max: LanePlaces,
    in_use: Mutex<InUse>,
}

#[derive(Default)]
struct InUse {
    taken: HashMap<String, i32>,
    avoided: Avoided,
}

impl Places {
    pub(super) fn new(max: LanePlaces) -> Self {
        Self {
            max,
            in_use: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, InUse> {
        // Nothing in there panics half-way.
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lanes worth a claim, each with its free places.
    pub(super) fn free(&self) -> Vec<(Lane, i32)> {
        let in_use = self.lock();
        let free = |lane: Lane| {
            let max = self.max.of(lane);
            let free = max - in_use.taken(lane.as_str());
            (free > 0 && free.saturating_mul(FREE_PLACES_PART) >= max).then_some((lane, free))
        };
        Lane::ALL.into_iter().filter_map(free).collect()
    }

    pub(super) fn take(&self, lane: &str) {
        self.lock().take(lane);
    }

    /// An intent of this lane is in hand no longer.
    pub(super) fn leave(&self, lane: &str) {
        self.lock().leave(lane);
    }

    /// An intent in hand goes on in the lane it belongs to, if that has a free place.
    pub(super) fn change(&self, from: &str, to: Lane) -> bool {
        let mut in_use = self.lock();
        let has_room = in_use.taken(to.as_str()) < self.max.of(to);
        if has_room {
            in_use.leave(from);
            in_use.take(to.as_str());
        }
        has_room
    }

    /// Remembers what is left to others.
    pub(super) fn note(&self, end: End) {
        if let End::LeftToOthers(id) = end {
            self.lock().avoided.add(id);
        }
    }

    /// What is left to others for now.
    pub(super) fn avoided(&self) -> Vec<Uuid> {
        self.lock().avoided.now()
    }
}

impl InUse {
    fn taken(&self, lane: &str) -> i32 {
        self.taken.get(lane).copied().unwrap_or(0)
    }

    fn take(&mut self, lane: &str) {
        *self.taken.entry(lane.to_owned()).or_default() += 1;
    }

    fn leave(&mut self, lane: &str) {
        if let Some(taken) = self.taken.get_mut(lane) {
            *taken -= 1;
        }
    }
}

/// Intents of newer code, left to others for a while.
#[derive(Debug, Default)]
struct Avoided(HashMap<Uuid, Instant>);

impl Avoided {
    /// For how long one is left to others.
    const SPAN: Duration = Duration::from_secs(10);
    /// How many are remembered at most; what comes beyond is looked at again and again, ever more rarely.
    const MAX: usize = 1_000;

    /// Those that are left to others now.
    fn now(&mut self) -> Vec<Uuid> {
        let now = Instant::now();
        self.0.retain(|_, until| *until > now);
        self.0.keys().copied().collect()
    }

    fn add(&mut self, id: Uuid) {
        if self.0.len() < Self::MAX {
            self.0.insert(id, Instant::now() + Self::SPAN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_lane_takes_no_place_of_another() {
        let places = Places::new(LanePlaces::default());
        assert_eq!(places.free().len(), Lane::ALL.len());
        for _ in 0..LanePlaces::default().provider {
            places.take("yookassa");
        }
        let words: Vec<&str> = places.free().into_iter().map(|(lane, _)| lane.as_str()).collect();
        assert_eq!(words, ["inside", "unsorted", "tbank", "payouts"]);
        places.leave("yookassa");
        assert_eq!(
            places.free().len(),
            4,
            "one free place in 32 is not worth asking for"
        );
        for _ in 0..7 {
            places.leave("yookassa");
        }
        assert!(
            places
                .free()
                .contains(&(Lane::Provider(domain::payment::provider::Provider::Yookassa), 8))
        );
    }

    #[test]
    fn what_is_sorted_goes_on_where_it_belongs_while_there_is_room() {
        let provider = Lane::Provider(domain::payment::provider::Provider::Tbank);
        let places = Places::new(LanePlaces {
            provider: 1,
            ..LanePlaces::default()
        });
        places.take("unsorted");
        places.take("unsorted");
        assert!(places.change("unsorted", provider));
        assert!(!places.change("unsorted", provider), "the only place is taken");
        places.leave("tbank");
        assert!(places.change("unsorted", provider));
        places.leave("tbank");
        assert_eq!(places.free().len(), Lane::ALL.len());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_to_others_is_looked_at_again_after_a_while() {
        let mut avoided = Avoided::default();
        avoided.add(Uuid::from_u128(1));
        assert_eq!(avoided.now(), [Uuid::from_u128(1)]);
        tokio::time::advance(Avoided::SPAN).await;
        assert_eq!(avoided.now(), Vec::<Uuid>::new());
    }
}
