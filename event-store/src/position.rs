//! Where in the log a fact stands.

use tokio::sync::watch;

/// A place in the log: dense, from 1, in the order of commits.
pub type Position = i64;

/// Moves the known head forward, never back.
pub(crate) fn raise(head: &watch::Sender<Position>, position: Position) {
    head.send_if_modified(|known| {
        let further = position > *known;
        if further {
            *known = position;
        }
        further
    });
}
