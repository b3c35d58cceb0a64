//! When the database was last found to be away: pooled connections made before that are not believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;

/// The last outage that this process felt. Cheap to clone; all clones share it.
///
/// A server that died takes every pooled connection with it. Found out one failed query at a time, a pool of sixteen
/// would hand out its dead connections for seconds after the server is back.
#[derive(Clone, Debug)]
pub(crate) struct Outage(Arc<Felt>);

#[derive(Debug)]
struct Felt {
    since: Instant,
    /// Milliseconds after `since`; 0 for never.
    last: AtomicU64,
}

impl Default for Outage {
    fn default() -> Self {
        Self(Arc::new(Felt {
            since: Instant::now(),
            last: AtomicU64::new(0),
        }))
    }
}

impl Outage {
    /// The database is away now, if this error says so: then whatever is connected is broken.
    pub fn note(&self, error: &sqlx::Error) {
        if is_felt(error) {
            self.0.last.store(self.now().max(1), Ordering::Relaxed);
        }
    }

    /// A pool that hands out no connection which an outage has broken.
    pub fn guard(&self, pool: PgPoolOptions) -> PgPoolOptions {
        let outage = self.clone();
        pool.before_acquire(move |_, connection| {
            let whole = !outage.has_broken(connection.age);
            Box::pin(std::future::ready(Ok(whole)))
        })
    }

    /// Whether a connection of this age was made before the last outage was felt.
    fn has_broken(&self, age: Duration) -> bool {
        let last = self.0.last.load(Ordering::Relaxed);
        last > 0 && self.now().saturating_sub(millis(age)) <= last
    }

    fn now(&self) -> u64 {
        millis(self.0.since.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whether a connection ended that should not have: the server died, restarts, or cannot be reached. Not a pool that is
/// merely busy: its connections are whole.
fn is_felt(error: &sqlx::Error) -> bool {
    // Shut down, crashed, or starting up.
    let says_so = error
        .as_database_error()
        .and_then(|database| database.code())
        .is_some_and(|code| ["57P01", "57P02", "57P03"].contains(&code.as_ref()));
    says_so || matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_made_before_an_outage_are_broken_by_it() {
        let outage = Outage::default();
        assert!(!outage.has_broken(Duration::from_secs(60)));
        outage.note(&sqlx::Error::RowNotFound);
        assert!(!outage.has_broken(Duration::from_secs(60)));
        outage.note(&sqlx::Error::Protocol("gone".to_owned()));
        assert!(outage.has_broken(Duration::from_secs(60)));
        let felt = Instant::now();
        while outage.now() <= outage.0.last.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        assert!(outage.has_broken(felt.elapsed() + Duration::from_millis(2)));
        assert!(!outage.has_broken(Duration::ZERO));
    }
}
