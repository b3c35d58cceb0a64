//! Which stretch of time is compared, a little wider than asked, and in which pieces.

use std::time::Duration;

use commands::ports::Window;
use jiff::{SignedDuration, Timestamp};

/// Named limits of a comparison; all of them can be told differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepLimits {
    /// How far the provider's lists are read from before the window: what was under way when the window before ended is met
    /// again, and clocks may differ by minutes.
    pub before: SignedDuration,
    /// How far they are read on behind it: a payment begun at the very end reaches the provider a little later, by a clock
    /// that may be minutes ahead. What came later still is asked for by its own id.
    pub after: SignedDuration,
    /// The piece of time that is compared at once. Three pieces of ids are kept in memory, nothing else grows.
    pub slice: SignedDuration,
    /// How many rows of ours are read at once.
    pub rows: u32,
    /// How many lines a report lists; further ones are only counted.
    pub lines_max: usize,
    /// The pause between two questions to a provider that has no lists.
    pub pace: Duration,
    /// The longest wait that a provider may ask for when it is asked too often.
    pub wait_max: Duration,
    /// How often in a row it may ask to be asked later.
    pub waits_max: u32,
    /// How many pieces in a row may stay unanswered before the provider is left alone for this time.
    pub unanswered_max: u32,
}

impl Default for SweepLimits {
    fn default() -> Self {
        Self {
            before: SignedDuration::from_hours(1),
            after: SignedDuration::from_mins(10),
            slice: SignedDuration::from_hours(6),
            rows: 500,
            lines_max: 5_000,
            pace: Duration::from_millis(50),
            wait_max: Duration::from_secs(60),
            waits_max: 5,
            unanswered_max: 3,
        }
    }
}

/// The window with the overlap on both sides.
pub fn widened(window: Window, limits: &SweepLimits) -> Window {
    Window {
        from: window.from.checked_sub(limits.before).unwrap_or(Timestamp::MIN),
        to: window.to.checked_add(limits.after).unwrap_or(Timestamp::MAX),
    }
}

/// The window cut into pieces, oldest first: none empty, none overlapping, nothing between them.
pub fn slices(window: Window, limits: &SweepLimits) -> Vec<Window> {
    // A piece of no length would never come to the end.
    let length = limits.slice.max(SignedDuration::from_secs(1));
    let (mut pieces, mut from) = (Vec::new(), window.from);
    while from < window.to {
        let to = from
            .checked_add(length)
            .map_or(window.to, |end| end.min(window.to));
        pieces.push(Window { from, to });
        from = to;
    }
    pieces
}

/// Whether a moment lies within the window.
pub fn holds(window: Window, at: Timestamp) -> bool {
    window.from <= at && at < window.to
}

/// What of a piece lies within the window.
pub fn within(piece: Window, window: Window) -> Option<Window> {
    let both = Window {
        from: piece.from.max(window.from),
        to: piece.to.min(window.to),
    };
    (both.from < both.to).then_some(both)
}
