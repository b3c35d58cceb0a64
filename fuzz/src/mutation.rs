//! Inputs made of others, the same for the same seed: for where no fuzzer watches what is reached.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// What readers trip over.
const WORDS: [&[u8]; 24] = [
    b"-1",
    b"0",
    b"-0",
    b"1e400",
    b"0.1",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[[[[[[[[[[[[[[[[[[[[",
    b"\"\\u0000\"",
    b"\"\\ud800\"",
    b"\"\xe2\x80\xae\"",
    b"%00",
    b"%2F",
    b"%",
    b"+",
    b"..",
    b"9999-12-31T23:59:59Z",
    b"-009999-01-01T00:00:00Z",
    b"\n\n",
];
/// How long an input may grow, in bytes.
const BYTES_MAX: usize = 16 * 1_024;

/// Makes inputs.
pub struct Mutator {
    random: StdRng,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// From these inputs, in a way that `seed` decides.
    pub fn new(seeds: Vec<Vec<u8>>, seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            seeds,
        }
    }

    /// Another input: one of the seeds, changed in one to eight places.
    pub fn another(&mut self) -> Vec<u8> {
        let mut input = self.seeds.choose(&mut self.random).cloned().unwrap_or_default();
        for _ in 0..self.random.random_range(1..=8) {
            self.change(&mut input);
        }
        input.truncate(BYTES_MAX);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.random_range(0..=input.len());
        let end = (at + self.random.random_range(0..16)).min(input.len());
        match self.random.random_range(0..7) {
            0 => drop(input.drain(at..end)),
            1 => {
                let copied = input[at..end].to_vec();
                let to = self.random.random_range(0..=input.len());
                drop(input.splice(to..to, copied));
            }
            2 => input.insert(at, self.random.random()),
            3 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.random.random_range(0..8);
                }
            }
            4 => input.truncate(at),
            5 => {
                let word = WORDS.choose(&mut self.random).copied().unwrap_or_default();
                drop(input.splice(at..end, word.iter().copied()));
            }
            _ => {
                let other = self.seeds.choose(&mut self.random).cloned().unwrap_or_default();
                let from = self.random.random_range(0..=other.len());
                let until = (from + self.random.random_range(0..64)).min(other.len());
                drop(input.splice(at..end, other[from..until].iter().copied()));
            }
        }
    }
}
