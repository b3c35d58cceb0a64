//! The sandbox's own time: the real one plus an offset that tests move.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Real time runs on; `offset` is what the control surface has added to it.
#[derive(Debug, Default)]
pub struct VirtualClock {
    offset: SignedDuration,
}

impl VirtualClock {
    /// Now, in whole milliseconds: what the wire can show is what is compared.
    pub fn now(&self) -> Timestamp {
        let moment = real_now().checked_add(self.offset).unwrap_or(Timestamp::MAX);
        Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
    }

    /// Moves time; a negative duration moves it back.
    pub fn advance(&mut self, by: SignedDuration) {
        self.offset = self.offset.saturating_add(by);
    }

    /// Makes it `moment` now.
    pub fn set(&mut self, moment: Timestamp) {
        self.offset = moment.duration_since(real_now());
    }

    /// How long to sleep, really, until `due`; nothing when it has passed.
    pub fn until(&self, due: Timestamp) -> Duration {
        Duration::try_from(due.duration_since(self.now())).unwrap_or(Duration::ZERO)
    }
}

/// A moment later; the end of time when that is too far.
pub fn after(moment: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span)
        .ok()
        .and_then(|span| moment.checked_add(span).ok())
        .unwrap_or(Timestamp::MAX)
}

/// ISO 8601 in UTC with milliseconds, as both providers write it.
pub fn print(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox plays a foreign company, whose clock is not the platform's; this is its only reader"
)]
fn real_now() -> Timestamp {
    Timestamp::now()
}
