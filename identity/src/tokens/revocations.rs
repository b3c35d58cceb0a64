//! Sessions that ended while access tokens of theirs still live: a bounded list that fails safe.
//!
//! A session ended by this process is refused by it at once. One ended by another process is refused as soon as
//! `People::sync_revocations` has read it from the database, and, should that never happen, when its last access token
//! expires (15 minutes).

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use domain::ids::SessionId;
use jiff::{SignedDuration, Timestamp};

/// About 5 MiB; reached only when 100 000 sessions end within one token's life.
pub(crate) const REVOKED_SESSIONS_MAX: usize = 100_000;

pub(crate) struct Revocations {
    /// How long a revoked session can still have a living access token.
    remember: SignedDuration,
    most: usize,
    ended: RwLock<Ended>,
}

struct Ended {
    sessions: HashMap<SessionId, Timestamp>,
    /// Tokens issued up to this second are refused whatever their session.
    floor_s: i64,
}

impl Revocations {
    pub(crate) fn new(remember: SignedDuration) -> Self {
        Self::bounded(remember, REVOKED_SESSIONS_MAX)
    }

    fn bounded(remember: SignedDuration, most: usize) -> Self {
        Self {
            remember,
            most,
            ended: RwLock::new(Ended {
                sessions: HashMap::new(),
                floor_s: i64::MIN,
            }),
        }
    }

    /// How long a revoked session can still have a living access token.
    pub(crate) const fn remember(&self) -> SignedDuration {
        self.remember
    }

    /// Whether a token of `session`, issued at that second, must be refused.
    pub(crate) fn covers(&self, session: SessionId, issued_at_s: i64) -> bool {
        let ended = self.read();
        issued_at_s <= ended.floor_s || ended.sessions.contains_key(&session)
    }

    /// Refuses the tokens of `sessions` from now on.
    pub(crate) fn add(&self, sessions: impl IntoIterator<Item = (SessionId, Timestamp)>, now: Timestamp) {
        let mut ended = self.write();
        for (session, ended_at) in sessions {
            if ended.sessions.len() >= self.most && !ended.sessions.contains_key(&session) {
                let since = now.checked_sub(self.remember).unwrap_or(Timestamp::MIN);
                ended.sessions.retain(|_, at| *at > since);
            }
            if ended.sessions.len() >= self.most {
                // No room to tell them apart: everybody's present token is refused and renewed by its refresh token.
                ended.floor_s = now.as_second();
                ended.sessions.clear();
            }
            ended.sessions.insert(session, ended_at);
        }
    }

    /// Forgets sessions whose last access token has expired.
    pub(crate) fn forget_old(&self, now: Timestamp) {
        let since = now.checked_sub(self.remember).unwrap_or(Timestamp::MIN);
        self.write().sessions.retain(|_, at| *at > since);
    }

    // A panic elsewhere while holding the lock leaves a map that is still a map.
    fn read(&self) -> RwLockReadGuard<'_, Ended> {
        self.ended.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ended> {
        self.ended.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn session() -> SessionId {
        SessionId::from_uuid(random::id_at(at(0)))
    }

    #[test]
    fn an_ended_session_is_covered_until_its_tokens_are_over() {
        let revocations = Revocations::bounded(SignedDuration::from_secs(900), 8);
        let (ended, other) = (session(), session());
        revocations.add([(ended, at(1_000))], at(1_000));
        assert!(revocations.covers(ended, 999));
        assert!(!revocations.covers(other, 999));
        revocations.forget_old(at(1_899));
        assert!(revocations.covers(ended, 999));
        revocations.forget_old(at(1_900));
        assert!(!revocations.covers(ended, 999));
    }

    #[test]
    fn a_full_list_drops_what_is_over() {
        let revocations = Revocations::bounded(SignedDuration::from_secs(900), 2);
        revocations.add([(session(), at(0)), (session(), at(0))], at(0));
        let ended = session();
        revocations.add([(ended, at(2_000))], at(2_000));
        assert!(revocations.covers(ended, 1_999));
        assert!(!revocations.covers(session(), 1_999));
    }

    #[test]
    fn a_list_full_of_the_living_refuses_everybody_rather_than_forgetting_one() {
        let revocations = Revocations::bounded(SignedDuration::from_secs(900), 2);
        let first = session();
        revocations.add(
            [(first, at(100)), (session(), at(100)), (session(), at(101))],
            at(101),
        );
        assert!(revocations.covers(first, 99));
        assert!(
            revocations.covers(session(), 101),
            "issued before the list overflowed"
        );
        assert!(!revocations.covers(session(), 102), "issued after");
    }
}
