//! A circuit breaker: whoever fails too often is left alone for a while, then tried carefully. Time is passed in.
//!
//! ```text
//! Closed ── too many failures ─▶ Open ── its time is up ─▶ HalfOpen ── enough trials answered ─▶ Closed
//!                                 ▲──────── a trial failed, twice as long ────────┘
//! ```

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// How soon to ask again while somebody else's trial runs: one that is answered takes a moment, and whoever was told to
/// wait as long as it may last would wait for nothing.
const TRIAL_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// When a breaker opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerOptions {
    /// Older calls are forgotten.
    pub window: SignedDuration,
    /// Not more than these latest calls are judged.
    pub calls_max: usize,
    /// Fewer calls than these are not judged.
    pub calls_min: usize,
    /// It opens when as many percent of the judged calls failed.
    pub failures_percent: u8,
    /// How long it stays open at first.
    pub open_for: SignedDuration,
    /// How long it stays open at most, doubled with every failed trial.
    pub open_for_max: SignedDuration,
    /// How many trials in a row must be answered before it closes; one runs at a time.
    pub trials_needed: u32,
    /// After this long a trial that never reported back counts for nothing, and another may be made.
    pub trial_within: SignedDuration,
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self {
            window: SignedDuration::from_mins(1),
            calls_max: 50,
            calls_min: 5,
            failures_percent: 50,
            open_for: SignedDuration::from_secs(15),
            open_for_max: SignedDuration::from_mins(5),
            trials_needed: 2,
            trial_within: SignedDuration::from_secs(60),
        }
    }
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Admission {
    /// It may; its outcome is to be recorded with the permit.
    Granted(Permit),
    /// It may not.
    Wait {
        /// The earliest moment to ask again.
        until: Timestamp,
    },
}

/// Leave to make one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Whether the call is a trial of a half-open breaker, to be made carefully.
    pub trial: bool,
    /// The state it was granted in; outcomes of earlier states are no news.
    generation: u64,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// There was an answer, whether a yes or a no.
    Answered,
    /// There was none, or one that settles nothing.
    Failed,
    /// Too many calls.
    Throttled {
        /// The earliest moment of the next.
        until: Timestamp,
    },
    /// The call was not made after all.
    NotMade,
}

/// The breaker of one kind of call to one provider.
#[derive(Clone, Debug)]
pub struct Breaker {
    options: BreakerOptions,
    state: State,
    generation: u64,
    throttled_until: Option<Timestamp>,
}

#[derive(Clone, Debug)]
enum State {
    Closed {
        calls: VecDeque<(Timestamp, bool)>,
    },
    Open {
        until: Timestamp,
        lasting: SignedDuration,
    },
    HalfOpen {
        trial_until: Option<Timestamp>,
        answered: u32,
        lasted: SignedDuration,
    },
}

impl Breaker {
    /// Closed, and without calls to judge by.
    pub const fn new(options: BreakerOptions) -> Self {
        Self {
            options,
            state: State::Closed {
                calls: VecDeque::new(),
            },
            generation: 0,
            throttled_until: None,
        }
    }

    /// Whether a call would be admitted now; takes nothing.
    pub fn admits(&self, now: Timestamp) -> bool {
        self.waiting(now).is_none()
    }

    /// Whether it keeps calls away because they failed; being throttled is not that.
    pub const fn is_open(&self) -> bool {
        match self.state {
            State::Closed { .. } => false,
            State::Open { .. } | State::HalfOpen { .. } => true,
        }
    }

    /// Leave to make a call now, or when to ask again.
    pub fn admit(&mut self, now: Timestamp) -> Admission {
        if let Some(until) = self.waiting(now) {
            return Admission::Wait { until };
        }
        let trial_until = Some(after(now, self.options.trial_within));
        let trial = match &mut self.state {
            State::Closed { .. } => false,
            State::Open { lasting, .. } => {
                let lasted = *lasting;
                self.enter(State::HalfOpen {
                    trial_until,
                    answered: 0,
                    lasted,
                });
                true
            }
            State::HalfOpen {
                trial_until: running, ..
            } => {
                *running = trial_until;
                // The trial that ran out must not speak for this one.
                self.generation += 1;
                true
            }
        };
        Admission::Granted(Permit {
            trial,
            generation: self.generation,
        })
    }

    /// Records what became of an admitted call.
    pub fn record(&mut self, permit: Permit, outcome: CallOutcome, now: Timestamp) {
        if let CallOutcome::Throttled { until } = outcome {
            self.throttled_until = self.throttled_until.max(Some(until));
        }
        if permit.generation != self.generation {
            return;
        }
        let answered_one = match outcome {
            CallOutcome::Answered => true,
            CallOutcome::Failed => false,
            CallOutcome::Throttled { .. } | CallOutcome::NotMade => {
                if let State::HalfOpen { trial_until, .. } = &mut self.state {
                    *trial_until = None;
                }
                return;
            }
        };
        let options = self.options;
        match &mut self.state {
            State::Closed { calls } => {
                calls.push_back((now, answered_one));
                while calls.len() > options.calls_max
                    || calls.front().is_some_and(|(at, _)| stale(*at, now, options))
                {
                    calls.pop_front();
                }
                if too_many_failed(calls, options) {
                    self.open(options.open_for, now);
                }
            }
            State::HalfOpen {
                trial_until,
                answered,
                lasted,
            } => {
                *trial_until = None;
                let (lasted, trials) = (*lasted, *answered + 1);
                if !answered_one {
                    self.open(lasted.saturating_mul(2).min(options.open_for_max), now);
                } else if trials >= options.trials_needed {
                    self.enter(State::Closed {
                        calls: VecDeque::new(),
                    });
                } else {
                    *answered = trials;
                }
            }
            State::Open { .. } => {}
        }
    }

    /// How things stand for the next call, without admitting it.
    pub(crate) fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.waiting(now)
    }

    /// Until when calls are kept away, if they are.
    fn waiting(&self, now: Timestamp) -> Option<Timestamp> {
        let kept_away = match self.state {
            State::Closed { .. } => None,
            State::Open { until, .. } => Some(until),
            State::HalfOpen { trial_until, .. } => trial_until.map(|last| last.min(after(now, TRIAL_PAUSE))),
        };
        kept_away.max(self.throttled_until).filter(|until| *until > now)
    }

    fn open(&mut self, lasting: SignedDuration, now: Timestamp) {
        let until = after(now, lasting);
        self.enter(State::Open { until, lasting });
    }

    fn enter(&mut self, state: State) {
        self.generation += 1;
        self.state = state;
    }
}

fn stale(at: Timestamp, now: Timestamp, options: BreakerOptions) -> bool {
    now.duration_since(at) > options.window
}

fn too_many_failed(calls: &VecDeque<(Timestamp, bool)>, options: BreakerOptions) -> bool {
    let failed = calls.iter().filter(|(_, answered)| !answered).count();
    let judged = calls.len() >= options.calls_min.max(1);
    judged && failed * 100 >= calls.len() * usize::from(options.failures_percent)
}

fn after(now: Timestamp, lasting: SignedDuration) -> Timestamp {
    now.checked_add(lasting).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
