//! How many intents a worker has in hand, lane by lane, and which it leaves to others.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::intents::lane::Lane;
use crate::intents::worker::End;
use crate::refusal::CommandError;

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

pub(super) struct Places {
    max: LanePlaces,
    taken: HashMap<String, i32>,
    avoided: Avoided,
}

impl Places {
    pub(super) fn new(max: LanePlaces) -> Self {
        Self {
            max,
            taken: HashMap::new(),
            avoided: Avoided::default(),
        }
    }

    /// The lanes worth a claim, each with its free places.
    pub(super) fn free(&self) -> Vec<(&'static str, i32)> {
        let free = |lane: Lane| {
            let (word, max) = (lane.as_str(), self.max.of(lane));
            let free = max - self.taken.get(word).copied().unwrap_or(0);
            (free > 0 && free.saturating_mul(FREE_PLACES_PART) >= max).then_some((word, free))
        };
        Lane::ALL.into_iter().filter_map(free).collect()
    }

    pub(super) fn take(&mut self, lane: &str) {
        *self.taken.entry(lane.to_owned()).or_default() += 1;
    }

    fn leave(&mut self, lane: &str) {
        if let Some(taken) = self.taken.get_mut(lane) {
            *taken -= 1;
        }
    }

    /// An intent of this lane is in hand no longer.
    pub(super) fn ended(&mut self, (lane, end): (String, Result<End, CommandError>)) {
        self.leave(&lane);
        if let Ok(end) = end {
            self.note(end);
        }
    }

    /// Remembers what is left to others.
    pub(super) fn note(&mut self, end: End) {
        if let End::LeftToOthers(id) = end {
            self.avoided.add(id);
        }
    }

    /// What is left to others for now.
    pub(super) fn avoided(&mut self) -> Vec<Uuid> {
        self.avoided.now()
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
        let mut places = Places::new(LanePlaces::default());
        assert_eq!(places.free().len(), Lane::ALL.len());
        for _ in 0..LanePlaces::default().provider {
            places.take("yookassa");
        }
        let words: Vec<&str> = places.free().into_iter().map(|(word, _)| word).collect();
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
        assert!(places.free().contains(&("yookassa", 8)));
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
