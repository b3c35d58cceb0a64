//! How far a long piece of work has come, on standard error: once a second, and at its end.

use std::io::Write;
use std::time::{Duration, Instant};

/// How often it is told.
const EVERY: Duration = Duration::from_secs(1);

/// What tells it.
pub struct Progress {
    what: &'static str,
    begun: Instant,
    told: Option<Instant>,
}

impl Progress {
    /// Of work whose pieces are then so, such as `encrypted`.
    pub fn new(what: &'static str) -> Self {
        Self {
            what,
            begun: Instant::now(),
            told: None,
        }
    }

    /// Tells that `done` of `of` pieces are done, unless that was just told.
    pub fn tell(&mut self, done: u64, of: u64) {
        let is_due = self.told.is_none_or(|told| told.elapsed() >= EVERY);
        if of == 0 || (!is_due && done < of) {
            return;
        }
        self.told = Some(Instant::now());
        let milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let rate = done.saturating_mul(1_000) / milliseconds.max(1);
        let what = self.what;
        // Nothing is left to tell if standard error is closed.
        drop(writeln!(
            std::io::stderr().lock(),
            "{what} {done} of {of}, {rate}/s"
        ));
    }
}
