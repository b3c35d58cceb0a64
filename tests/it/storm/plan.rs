//! What a seed decides: who books when, how they pay, whether they change their minds, and how it ends.

use std::fmt;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Bookings of a storm, unless told otherwise: one wave, and every jump of the clock. Some pay twice or again, so there are
/// more payments than these.
pub const BOOKINGS: usize = 150;
/// Bookings between two jumps of the clock.
pub const PER_WAVE: usize = 500;
/// Half-hour slots of one doctor's day.
pub const SLOTS: usize = 18;

/// Where all chance comes from.
#[derive(Clone, Copy, Debug)]
pub struct Seed(u64);

impl Seed {
    /// `TOT_STORM_SEED`, or a new one.
    pub fn of_environment() -> Self {
        let told = std::env::var("TOT_STORM_SEED").ok();
        Self(told.map_or_else(rand::random, |text| text.parse().unwrap()))
    }

    /// The chance of one matter in one wave; matters do not disturb one another.
    pub fn chance(self, matter: u64, wave: usize) -> StdRng {
        StdRng::seed_from_u64(self.0 ^ (matter << 48) ^ ((wave as u64) << 32))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One booking and what its patient and doctor will do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its number within the wave; decides patient, doctor and slot, so that no two want the same.
    pub number: usize,
    /// Which wave.
    pub wave: usize,
    /// `yookassa` or `sbp`.
    pub method: &'static str,
    /// What the payer does.
    pub payer: Payer,
    /// How it ends.
    pub end: End,
    /// Whether the visit lies so far ahead that a card is charged at once.
    pub far: bool,
}

/// What a payer does with the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// Pays.
    Pays,
    /// Is declined first, and pays by the other way.
    IsDeclined,
    /// Never pays.
    WalksAway,
    /// Pays when the booking has expired.
    ComesLate,
    /// Begins another payment beside the first, and pays both.
    PaysTwice,
}

/// How a paid booking ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing more happens.
    Stays,
    /// The patient cancels for what it costs.
    IsCancelled,
    /// An admin sends another doctor; the patient does not want that one, and cancels.
    IsMovedByUs,
    /// The doctor comes and goes.
    IsVisited,
}

/// The plans of a wave.
pub fn wave(seed: Seed, wave: usize, count: usize) -> Vec<Plan> {
    let mut chance = seed.chance(1, wave);
    let plan = |number| {
        let payer = match chance.random_range(0..100) {
            0..72 => Payer::Pays,
            72..80 => Payer::IsDeclined,
            80..87 => Payer::WalksAway,
            87..94 => Payer::ComesLate,
            _ => Payer::PaysTwice,
        };
        let end = match chance.random_range(0..100) {
            0..15 => End::Stays,
            15..50 => End::IsCancelled,
            50..60 => End::IsMovedByUs,
            _ => End::IsVisited,
        };
        Plan {
            number,
            wave,
            method: if chance.random_bool(0.6) {
                "yookassa"
            } else {
                "sbp"
            },
            payer,
            end,
            far: chance.random_bool(0.1),
        }
    };
    (0..count).map(plan).collect()
}
